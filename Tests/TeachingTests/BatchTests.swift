import Foundation
import Lab
import LuaBridge
import LyceumKit
import Scripting
import Synchronization
import Testing

@testable import Teaching

@Suite("Batches are handed over once and fetched once")
struct BatchTests {
    typealias Reply = LoopbackServer.Reply

    private func withLab(_ body: (String) throws -> Void) throws {
        let folder = "/tmp/lyceum-batch-\(UInt64.random(in: 0...UInt64.max))"
        try Files.makeFolder(folder)
        defer { Files.removeTree(folder) }
        try body(folder)
    }

    private func setUp(_ baseURL: String, rows: Int, _ options: String = "") -> String {
        """
        local rows = {}
        for i = 1, \(rows) do rows[i] = { id = "r" .. i, text = "t" .. i } end
        d = data.from(rows)
        p = prompt "{{ text }}"
        gpt = teacher.open { "openai", model = "tiny", base_url = "\(baseURL)", \(options) }

        """
    }

    private func texts(_ count: Int) -> [String] { (1...count).map { "t\($0)" }.sorted() }

    @Test("a batch answers a dataset, in the order of its rows, with provenance, and is bought once")
    func roundTrip() throws {
        let server = try BatchServer()
        defer { server.stop() }
        try withLab { folder in
            let notes = Notes()
            try session(folder + "/lab", notes).run(
                setUp(server.baseURL, rows: 5, "seed = 7") + """
                    local out = gpt:generate(d, { prompt = p, batch = true, output = "answer" })
                    assert(#out == 5 and out.failed == nil)
                    local from = out:provenance()
                    for i = 1, 5 do assert(out[i].answer == "re: t" .. i and from[i].row == i) end
                    assert(from[1].model == "tiny-2024" and from[1].prompt_tokens == 10)
                    assert(from[1].seed == 7 and not pcall(function() return from[1].cost_usd end), "no price is known")
                    assert(gpt.usage.calls == 5 and gpt.usage.completion_tokens == 25)
                    -- The replies are those that would have come at once.
                    assert(#gpt:generate(d, { prompt = p }) == 5 and gpt.usage.calls == 5)
                    assert(#gpt:generate(d, { prompt = p, batch = true }) == 5 and gpt.usage.calls == 5)
                    """)
            #expect(server.asked == texts(5))
            #expect(server.batches.count == 1)
            #expect(server.batches.first?.questions.first?.name.utf8.count == 64)
            #expect(server.count("POST /v1/chat/completions") == 0)
            #expect(notes.lines.contains { $0.contains("5 replies, price not known") }, "\(notes.lines)")
            let lab = LabStore(folder: folder + "/lab")
            #expect(try lab.generation(1).answered == 5)
            #expect(try lab.sql("SELECT state, replies FROM batches").rows == [["completed", 5]])
            #expect(try lab.sql("SELECT count(*) FROM batch_requests").rows == [[0]])
        }
    }

    @Test("wait = false returns at once, and a later session fetches; meanwhile nothing is asked twice")
    func later() throws {
        let server = try BatchServer(.init(polls: 2))
        defer { server.stop() }
        try withLab { folder in
            try session(folder + "/lab").run(
                setUp(server.baseURL, rows: 3) + """
                    local out = gpt:generate(d, { prompt = p, batch = true, wait = false })
                    assert(#out == 0 and #out.failed == 3 and out.failed[1].reason:find("on its way in batch_1"))
                    local cost = gpt:estimate(d, { prompt = p, batch = true })
                    assert(cost.handed_over == 3 and cost.calls == 0)
                    for _, ask in ipairs { function() return gpt:generate(d, { prompt = p }) end,
                        function() return gpt:retry(out) end } do
                        local ok, problem = pcall(ask)
                        assert(not ok and tostring(problem):find("paid for twice"), tostring(problem))
                    end
                    """)
            // Another row joins: only that one is handed over anew.
            try session(folder + "/lab").run(
                setUp(server.baseURL, rows: 4) + """
                    local out = gpt:generate(d, { prompt = p, batch = true, fresh = true })
                    assert(#out == 4 and out[4].reply == "re: t4" and gpt.usage.calls == 1)
                    """)
            #expect(server.asked == texts(4))
        }
    }

    @Test("a call about some of a batch's questions keeps the replies to all")
    func superset() throws {
        let server = try BatchServer()
        defer { server.stop() }
        try withLab { folder in
            try session(folder + "/lab").run(
                setUp(server.baseURL, rows: 6) + """
                    gpt:generate(d, { prompt = p, batch = true, wait = false })
                    local out = gpt:generate(d:take(2), { prompt = p, batch = true })
                    assert(#out == 2 and out[2].reply == "re: t2")
                    assert(#gpt:generate(d, { prompt = p }) == 6 and gpt.usage.calls == 6)
                    """)
            #expect(server.batches.count == 1)
        }
    }

    @Test("what came of an expired batch is kept, the rest is reported by reason and asked anew")
    func expired() throws {
        let server = try BatchServer(
            .init(status: "expired") { text, batch in
                if batch > 0 { return .reply }
                return ["t2": .refused, "t3": .expired, "t4": .nothing, "t5": .cutShort][text] ?? .reply
            })
        defer { server.stop() }
        try withLab { folder in
            try session(folder + "/lab").run(
                setUp(server.baseURL, rows: 6) + """
                    local out = gpt:generate(d, { prompt = p, batch = true })
                    assert(#out == 2 and out[1].id == "r1" and out[2].id == "r6")
                    local why = out.failed:column("reason")
                    assert(why[1]:find("answered 400: bad row"), why[1])
                    assert(why[2]:find("not within the completion window"), why[2])
                    assert(why[3]:find("batch_1 is expired and brought no reply"), why[3])
                    assert(why[4]:find("cut short"), why[4])
                    out = gpt:generate(d, { prompt = p, batch = true })
                    assert(#out == 5 and #out.failed == 1 and gpt.usage.calls == 9)
                    """)
            // The reply that was cut short was paid for.
            #expect(server.batches.map { $0.questions.count } == [6, 3])
        }
    }

    @Test("a batch that the server refuses to run is reported in its words")
    func refused() throws {
        let server = try BatchServer(
            .init(status: "failed", problem: "the queue is full", outcome: { _, _ in .nothing }))
        defer { server.stop() }
        try withLab { folder in
            try session(folder + "/lab").run(
                setUp(server.baseURL, rows: 2) + """
                    local out = gpt:generate(d, { prompt = p, batch = true })
                    assert(#out == 0 and #out.failed == 2)
                    assert(out.failed[1].reason:find("batch_1 is failed and brought no reply to this: the queue is full"))
                    """)
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
        try withLab { folder in
            try session(folder + "/lab").run(
                setUp(server.baseURL, rows: 3) + """
                    assert(#gpt:generate(d, { prompt = p, batch = true }) == 3)
                    """)
            #expect(isLost.withLock { $0 })
            #expect(server.asked == texts(3))
        }
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
        try withLab { folder in
            try Files.write(
                setUp(server.baseURL, rows: 4) + """
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
        try withLab { folder in
            try Files.makeFolder(folder + "/.config/lyceum")
            try Files.write(
                """
                { "127.0.0.1:\(server.server.port)":
                    { "batch": 0.5, "models": { "tiny": { "input": 1, "output": 2 } } } }
                """, to: folder + "/.config/lyceum/prices.json")
            try Files.write(
                setUp(server.baseURL, rows: 4, "budget_usd = 1") + """
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
        try withLab { folder in
            let prices = "{ \"127.0.0.1:\(server.server.port)\": { \"batch\": 0.5, \"models\": {} } }"
            try Files.makeFolder(folder + "/lyceum")
            try Files.write(prices, to: folder + "/lyceum/prices.json")
            let teacher = try open(
                server.baseURL, ["price_in": 1, "price_out": 1, "max_tokens": 100, "budget_usd": 0.001],
                environment: ["XDG_CONFIG_HOME": folder])
            let batches = try teacher.batches(job: .silent())
            // 150 tokens at most each, half the price: 75 millionths.
            try batches.checkBudget([Int](repeating: 50, count: 13))
            #expect(throws: LyceumError.self) { try batches.checkBudget([Int](repeating: 50, count: 14)) }
            batches.count(mark: "a", bytes: [Int](repeating: 50, count: 13))
            #expect(throws: LyceumError.self) { try batches.checkBudget([50]) }
            batches.settle(mark: "a")
            try batches.checkBudget([50])
            try session(folder + "/lab").run(
                setUp(server.baseURL, rows: 3, "budget_calls = 2") + """
                    local ok, problem = pcall(gpt.generate, gpt, d, { prompt = p, batch = true })
                    assert(not ok and tostring(problem):find("nothing was handed over"), tostring(problem))
                    gpt = teacher.open { "openai", model = "tiny", base_url = "\(server.baseURL)",
                        price_in = 1, price_out = 1, budget_usd = 9 }
                    ok, problem = pcall(gpt.generate, gpt, d, { prompt = p, batch = true })
                    assert(not ok and tostring(problem):find("what a batch costs there is not known"))
                    """)
        }
        #expect(server.server.requests.isEmpty)
    }

    @Test("a teacher or a server without the API, and a session without a lab, are told so")
    func unsupported() throws {
        let server = try LoopbackServer { _ in Reply(404, "page not found") }
        defer { server.stop() }
        try withLab { folder in
            func problem(_ kind: String, lab: String?) throws -> String {
                let state = try session(lab)
                try state.run(
                    """
                    d = data.from { { text = "a" } }
                    local t = \(kind)
                    local ok, problem = pcall(t.generate, t, d, { prompt = prompt "{{ text }}", batch = true })
                    assert(not ok)
                    error(problem, 0)
                    """)
                return ""
            }
            func text(_ kind: String, lab: String? = nil) -> String {
                do { return try problem(kind, lab: lab) } catch { return "\(error)" }
            }
            let open = "teacher.open { \"openai\", model = \"tiny\", base_url = \"\(server.baseURL)\" }"
            let other =
                "teacher.open { \"anthropic\", model = \"tiny\", api_key = \"key-12345\", base_url = \"\(server.baseURL)\" }"
            #expect(text(open).contains("needs a lab"))
            #expect(text(open, lab: folder + "/a").contains("has no Batch API"))
            // Nothing is left that would stand in the way of asking at once.
            #expect(!text(open, lab: folder + "/a").contains("twice"))
            #expect(text(other, lab: folder + "/b").contains("speaks OpenAI's Batch API"))
            #expect(
                text(
                    "teacher.open { \"replay\", file = d, question = \"text\", reply = \"text\" }",
                    lab: folder
                )
                .isEmpty == false)
        }
    }

    @Test("questions beyond what one batch takes make several")
    func parts() throws {
        let teacher = try open("http://127.0.0.1:1/v1")
        var batches = try teacher.batches(job: .silent())
        let named = questions(7).enumerated().map { (name: "q\($0)", request: $1) }
        batches.limits = .init(requests: 3, bytes: 1 << 20)
        #expect(try batches.parts(of: named).map(\.questions) == [0..<3, 3..<6, 6..<7])
        let size = try #require(try batches.parts(of: named).first?.bytes.first)
        batches.limits = .init(requests: 100, bytes: 2 * size + 1)
        #expect(try batches.parts(of: named).map(\.questions) == [0..<2, 2..<4, 4..<6, 6..<7])
        batches.limits = .init(requests: 100, bytes: size - 1)
        #expect(throws: LyceumError.self) { try batches.parts(of: named) }
        #expect(try batches.parts(of: []).isEmpty)
    }
}
