import Foundation
import Lab
import LyceumKit
import Synchronization
import TestServers
import Testing

@testable import Teaching
@testable import Workbench

@Suite("Batches are submitted once and fetched once")
struct BatchTests {
    typealias Reply = LoopbackServer.Reply

    private func withFolder(_ body: (String) throws -> Void) throws {
        try withLab { folder in
            try Files.makeFolder(folder)
            try body(folder)
        }
    }

    private func texts(_ count: Int) -> [String] { (1...count).map { "t\($0)" }.sorted() }

    /// A session whose lab is in `folder`, and a teacher of it.
    private func open(_ folder: String, _ server: BatchServer, _ options: [String: Value] = [:]) throws -> (
        session: WorkSession, teacher: OpenTeacher
    ) {
        let session = workSession(folder + "/lab")
        let given: [String: Value] = ["model": "tiny", "base_url": .string(server.baseURL)]
        return (session, try session.openTeacher("openai", given.merging(options) { $1 }))
    }

    private func batch(
        _ opened: (session: WorkSession, teacher: OpenTeacher), rows count: Int, waits: Bool = true,
        reuse: GenerationPlan.Reuse = .all
    ) throws -> GenerationResult {
        try GenerationRun(
            try plan(rows(count), reuse: reuse), by: opened.teacher, in: opened.session
        ).askInBatches(waits: waits)
    }

    @Test("a batch answers a dataset, in the order of its rows, and is bought once")
    func roundTrip() throws {
        let server = try BatchServer()
        defer { server.stop() }
        try withFolder { folder in
            let opened = try open(folder, server, ["seed": 7])
            let result = try batch(opened, rows: 5)
            #expect(result.isComplete)
            #expect(try result.answered.strings("reply") == (1...5).map { "re: t\($0)" })
            #expect(result.answers[0].sent?.parameters["seed"] == 7 && result.answers[0].reply?.cost == nil)
            #expect(opened.teacher.usage.calls == 5 && opened.teacher.usage.completionTokens == 25)
            // The replies are those that would have come at once.
            #expect(try opened.session.generate(try plan(rows(5)), by: opened.teacher).isComplete)
            #expect(try batch(opened, rows: 5).isComplete && opened.teacher.usage.calls == 5)
            #expect(server.asked == texts(5) && server.batches.count == 1)
            #expect(server.batches.first?.questions.first?.name.utf8.count == 64)
            #expect(server.count("POST /v1/chat/completions") == 0)
            let lab = try opened.session.lab.store
            #expect(try lab.generation(1).answered == 5)
            #expect(try lab.sql("SELECT state, replies FROM batches").rows == [["completed", 5]])
            #expect(try lab.sql("SELECT count(*) FROM batch_requests").rows == [[0]])
        }
    }

    @Test("without waiting it returns at once, and a later session fetches; meanwhile nothing is asked twice")
    func later() throws {
        let server = try BatchServer(.init(polls: 2))
        defer { server.stop() }
        try withFolder { folder in
            let opened = try open(folder, server)
            let first = try batch(opened, rows: 3, waits: false)
            #expect(first.answered.count == 0)
            #expect(try first.failed?.strings("reason")[0].contains("on its way in batch_1") == true)
            let estimate = try opened.session.estimate(
                try plan(rows(3)), by: opened.teacher, isBatch: true)
            #expect(estimate.submitted == 3 && estimate.calls == 0)
            for ask in [
                { try opened.session.generate(try plan(rows(3)), by: opened.teacher) },
                { try opened.session.retry(first, by: opened.teacher) },
            ] {
                let error = #expect(throws: LyceumError.self) { try ask() }
                #expect(error?.description.contains("paid for twice") == true)
            }
            // Another row joins: only that one is submitted.
            let next = try open(folder, server)
            let whole = try batch(next, rows: 4, reuse: .none)
            #expect(try whole.answered.strings("reply").last == "re: t4" && next.teacher.usage.calls == 1)
            #expect(server.asked == texts(4))
        }
    }

    @Test("a call about some of a batch's questions keeps the replies to all")
    func superset() throws {
        let server = try BatchServer()
        defer { server.stop() }
        try withFolder { folder in
            let opened = try open(folder, server)
            _ = try batch(opened, rows: 6, waits: false)
            #expect(try batch(opened, rows: 2).answered.strings("reply").last == "re: t2")
            #expect(try opened.session.generate(try plan(rows(6)), by: opened.teacher).isComplete)
            #expect(opened.teacher.usage.calls == 6 && server.batches.count == 1)
        }
    }

    @Test("what came of an expired batch is kept, the rest is reported by reason and asked again")
    func expired() throws {
        let server = try BatchServer(
            .init(status: "expired") { text, batch in
                if batch > 0 { return .reply }
                return ["t2": .refused, "t3": .expired, "t4": .nothing, "t5": .cutShort][text] ?? .reply
            })
        defer { server.stop() }
        try withFolder { folder in
            let opened = try open(folder, server)
            let first = try batch(opened, rows: 6)
            #expect(try first.answered.strings("id") == ["r1", "r6"])
            let why = try #require(first.failed).strings("reason")
            #expect(why[0].contains("answered 400: bad row"))
            #expect(why[1].contains("not within the completion window"))
            #expect(why[2].contains("batch_1 is expired and brought no reply"))
            #expect(why[3].contains("cut short"))
            let second = try batch(opened, rows: 6)
            #expect(second.answered.count == 5 && opened.teacher.usage.calls == 9)
            // The reply that was cut short was paid for.
            #expect(server.batches.map { $0.questions.count } == [6, 3])
        }
    }

    @Test("a batch that the server refuses to run is reported in its words")
    func refused() throws {
        let server = try BatchServer(
            .init(status: "failed", problem: "the queue is full", outcome: { _, _ in .nothing }))
        defer { server.stop() }
        try withFolder { folder in
            let result = try batch(try open(folder, server), rows: 2)
            #expect(result.answered.count == 0)
            #expect(
                try result.failed?.strings("reason").allSatisfy {
                    $0.contains("batch_1 is failed and brought no reply to this: the queue is full")
                } == true)
        }
    }

    @Test(
        "a lost answer starts no second batch, and a broken download is fetched again",
        arguments: ["POST /v1/files ", "POST /v1/batches ", "GET /v1/batches/", "GET /v1/files/"])
    func lostAnswers(_ line: String) throws {
        let isLost = Mutex(false)
        let server = try BatchServer()
        server.set {
            $0.replace = { request in
                guard request.line.hasPrefix(line) else { return nil }
                let isFirst = isLost.withLock { lost in
                    defer { lost = true }
                    return !lost
                }
                return isFirst ? Reply(200, "{\"id\":\"half", fault: .drop(after: 5)) : nil
            }
        }
        defer { server.stop() }
        try withFolder { folder in
            let opened = try open(folder, server)
            #expect(try batch(opened, rows: 3).isComplete)
            #expect(isLost.withLock { $0 })
            #expect(server.asked == texts(3))
        }
    }

    private func script(_ baseURL: String, rows: Int, _ options: String = "") -> String {
        """
        local rows = {}
        for i = 1, \(rows) do rows[i] = { id = "r" .. i, text = "t" .. i } end
        d = data.from(rows)
        p = prompt "{{ text }}"
        gpt = teacher.open { "openai", model = "tiny", base_url = "\(baseURL)", \(options) }

        """
    }

    /// Where a process is killed: when the server gets this request, before or after it has done its work.
    @Test(
        "killed at any step, the next process fetches, and nothing is bought twice",
        arguments: [
            ("POST /v1/files ", true), ("POST /v1/files ", false), ("POST /v1/batches ", true),
            ("POST /v1/batches ", false), ("GET /v1/batches/", true), ("GET /v1/files/", true),
        ])
    func kills(_ line: String, _ isBefore: Bool) throws {
        let server = try BatchServer()
        defer { server.stop() }
        let hold: @Sendable (LoopbackServer.Request) -> Reply? = { request in
            request.line.hasPrefix(line) ? Reply(500, "too late", delay: 5) : nil
        }
        server.set { if isBefore { $0.intercept = hold } else { $0.replace = hold } }
        try withFolder { folder in
            try Files.write(
                script(server.baseURL, rows: 4) + """
                    local out = gpt:generate(d, { prompt = p, batch = true })
                    assert(#out == 4 and out.failed == nil and out[4].reply == "re: t4")
                    """, to: folder + "/run.lua")
            let first = try startProgram(folder)
            while !server.server.requests.contains(where: { $0.line.hasPrefix(line) }), first.isRunning {
                usleep(1000)
            }
            #expect(first.isRunning)
            kill(first.processIdentifier, SIGKILL)
            first.waitUntilExit()
            server.set {
                $0.intercept = { _ in nil }
                $0.replace = { _ in nil }
            }
            let second = try startProgram(folder)
            second.waitUntilExit()
            #expect(second.terminationStatus == 0)
            #expect(server.asked == texts(4))
            let lab = LabStore(folder: folder + "/lab")
            #expect(try lab.sql("SELECT count(*), count(DISTINCT key) FROM replies").rows == [[4, 4]])
        }
    }

    @Test("replies of a batch that is fetched by another process cost the share that the price file names")
    func price() throws {
        let server = try BatchServer(.init(polls: 1_000_000))
        defer { server.stop() }
        try withFolder { folder in
            try Files.makeFolder(folder + "/.config/lyceum")
            try Files.write(
                """
                { "127.0.0.1:\(server.server.port)":
                    { "batch": 0.5, "models": { "tiny": { "input": 1, "output": 2 } } } }
                """, to: folder + "/.config/lyceum/prices.json")
            try Files.write(
                script(server.baseURL, rows: 4, "budget_usd = 1") + """
                    local out = gpt:generate(d, { prompt = p, batch = true })
                    assert(#out == 4 and math.abs(out:cost().cost_usd - 4 * 10e-6) < 1e-12)
                    assert(math.abs(gpt.usage.cost_usd - 4 * 10e-6) < 1e-12)
                    """, to: folder + "/run.lua")
            let first = try startProgram(folder)
            while server.count("GET /v1/batches/batch_1") < 2, first.isRunning { usleep(1000) }
            kill(first.processIdentifier, SIGKILL)
            first.waitUntilExit()
            server.set { $0.polls = 0 }
            let second = try startProgram(folder)
            second.waitUntilExit()
            #expect(second.terminationStatus == 0)
            #expect(server.asked == texts(4))
        }
    }

    @Test("budgets count a batch before anything is sent")
    func budgets() throws {
        let server = try BatchServer()
        defer { server.stop() }
        try withFolder { folder in
            let few = try open(folder, server, ["budget_calls": 2])
            let error = #expect(throws: LyceumError.self) { try batch(few, rows: 3) }
            #expect(error?.description.contains("nothing was handed over") == true)
            let unknown = try open(folder, server, ["price_in": 1, "price_out": 1, "budget_usd": 9])
            let other = #expect(throws: LyceumError.self) { try batch(unknown, rows: 3) }
            #expect(other?.description.contains("what a batch costs there is not known") == true)
        }
        #expect(server.server.requests.isEmpty)
    }

    @Test("a teacher or a server without the API, and a session without a lab, get a clear error")
    func unsupported() throws {
        let server = try LoopbackServer { _ in Reply(404, "page not found") }
        defer { server.stop() }
        try withFolder { folder in
            func problem(_ kind: String, _ lab: String?, _ options: [String: Value] = [:]) -> String {
                do {
                    let session = workSession(lab)
                    let given: [String: Value] = ["model": "tiny", "base_url": .string(server.baseURL)]
                    let teacher = try session.openTeacher(kind, given.merging(options) { $1 })
                    _ = try GenerationRun(try plan(rows(1)), by: teacher, in: session).askInBatches(
                        waits: true)
                    return ""
                } catch {
                    return "\(error)"
                }
            }
            #expect(problem("openai", nil).contains("needs a lab"))
            #expect(problem("openai", folder + "/a").contains("has no Batch API"))
            // Nothing is left that would stand in the way of asking at once.
            #expect(!problem("openai", folder + "/a").contains("twice"))
            #expect(
                problem("anthropic", folder + "/b", ["api_key": "key-12345"])
                    .contains("speaks OpenAI's Batch API"))
        }
    }
}
