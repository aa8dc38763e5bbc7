import LyceumKit
import Testing

@testable import Lab

@Suite struct ReplyTests {
    private let folder = TemporaryFolder()

    @Test func nothingIsMadeBeforeItIsNeeded() throws {
        let lab = LabStore(folder: folder.lab)
        #expect(try lab.replies(for: [request(1).key]).isEmpty)
        #expect(try lab.runs().isEmpty)
        #expect(try lab.spending() == .none)
        #expect(try lab.check().isEmpty)
        #expect(!Files.exists(folder.lab))
        try lab.keep([newReply(1)])
        #expect(Files.isFolder(folder.lab))
    }

    @Test func whatWasKeptIsFound() throws {
        let ids = try LabStore(folder: folder.lab).keep([
            newReply(1), newReply(2, text: "Zwölf 🐢\n\0end", cost: nil),
        ])
        let found = try LabStore(folder: folder.lab).replies(for: (1...3).map { request($0).key })
        #expect(found.count == 2)
        let first = try #require(found[request(1).key])
        #expect(first.id == ids[0])
        #expect(first.reply == newReply(1).reply.reply)
        #expect(first.cost == 0.25)
        #expect(abs(first.created.seconds(since: .now)) < 60)
        let second = try #require(found[request(2).key])
        // SQLite's texts cannot hold U+0000; what stands behind it must not be lost.
        #expect(second.reply.text == "Zwölf 🐢\n\u{FFFD}end")
        #expect(second.cost == nil)
    }

    @Test func logprobsAreKept() throws {
        var new = newReply(1).reply.reply
        new.logprobs = [
            TokenLogprob("An", -0.125, top: [TokenLogprob("An", -0.125), TokenLogprob("A\0🐢", -9999)]),
            TokenLogprob("swer", 0),
        ]
        let reply = (request: request(1), reply: StoredReply(new, cost: nil))
        try LabStore(folder: folder.lab).keep([reply, newReply(2)])
        let found = try LabStore(folder: folder.lab).replies(for: [request(1).key, request(2).key])
        #expect(found[request(1).key]?.reply == new)
        #expect(found[request(2).key]?.reply.logprobs == nil)
    }

    @Test func theNewestAnswers() throws {
        let lab = LabStore(folder: folder.lab)
        try lab.keep([newReply(1, text: "old")])
        try lab.keep([newReply(1, text: "new")])
        #expect(try lab.replies(for: [request(1).key])[request(1).key]?.reply.text == "new")
        // Both were paid for.
        #expect(try lab.spending().replies == 2)
    }

    @Test func manyKeysAtOnce() throws {
        let lab = LabStore(folder: folder.lab)
        try lab.keep((0..<1500).map { newReply($0) })
        let found = try lab.replies(for: (0..<2000).map { request($0).key })
        #expect(found.count == 1500)
        #expect(found[request(1234).key]?.reply.text == "Answer 1234.")
        #expect(found[request(1600).key] == nil)
    }

    @Test func whatDecidesTheAnswerDecidesTheKey() {
        let chat = [ChatMessage(.user, "Hello")]
        func key(
            kind: String = "openai", server: String = "https://a.b/v1", model: String = "m",
            messages: [ChatMessage]? = nil, _ parameters: [String: Value] = ["temperature": 1, "seed": 3],
            sample: Int = 0
        ) -> ReplyKey {
            SentRequest(
                kind: kind, server: server, model: model, messages: messages ?? chat, parameters: parameters,
                sample: sample
            ).key
        }
        let others = [
            key(kind: "anthropic"), key(server: "https://c.d/v1"), key(model: "n"), key(sample: 1),
            key(messages: [ChatMessage(.system, "Hello")]), key(messages: chat + chat),
            key(["temperature": 1.5, "seed": 3]), key(["temperature": 1]),
        ]
        #expect(Set(others + [key()]).count == others.count + 1)
        #expect(key() == key(["seed": 3, "temperature": 1.0, "stop": .null]))
        #expect(key() == key(server: "HTTPS://A.B/v1/"))
        // The key of a stored reply must stay the same in all versions to come.
        #expect(key().digest == "eb5a09ed2ba86688a7010b61e96db97354e1c8c2f3107b0625051cfb136c60fe")
    }

    @Test func secretsAreNotKept() throws {
        let secret = "sk-verysecret"
        let asked = SentRequest(
            kind: "openai", server: "https://me:\(secret)@host:8000/v1/?api-key=\(secret)", model: "m",
            messages: [ChatMessage(.user, "Hi")],
            parameters: [
                "api_key": .string(secret), "headers": ["Authorization": .string("Bearer \(secret)")],
                "Authorization": .string(secret), "max_tokens": 5,
            ])
        #expect(asked.server == "https://host:8000/v1")
        #expect(asked.parameters == ["max_tokens": 5])
        do {
            let lab = LabStore(folder: folder.lab)
            try lab.keep([(asked, StoredReply(TeacherReply(text: "Ho", model: "m"), cost: nil))])
        }
        for name in Files.list(folder.lab) where !Files.isFolder(Files.join(folder.lab, name)) {
            let bytes = try Files.read(Files.join(folder.lab, name))
            #expect(bytes.firstRange(of: Array(secret.utf8)) == nil)
        }
    }

    @Test func spending() throws {
        let lab = LabStore(folder: folder.lab)
        try lab.keep([newReply(1, cost: 0.5), newReply(2, cost: 0.25), newReply(3, cost: nil)])
        let spending = try lab.spending()
        #expect(spending.replies == 3)
        #expect(spending.promptTokens == 30)
        #expect(spending.completionTokens == 15)
        #expect(spending.cost == 0.75)
        #expect(spending.unpriced == 1)
        let unknown = LabStore(folder: folder.file("other"))
        try unknown.keep([newReply(1, cost: nil)])
        // An unknown price is unknown, never 0.
        #expect(try unknown.spending().cost == nil)
    }

    @Test func aFolderThatWasRemovedIsMadeAgain() throws {
        let lab = LabStore(folder: folder.lab)
        try lab.keep([newReply(1)])
        Files.removeTree(folder.lab)
        #expect(try lab.replies(for: [request(1).key]).isEmpty)
        #expect(!Files.exists(folder.lab))
        try lab.keep([newReply(2)])
        #expect(try LabStore(folder: folder.lab).replies(for: [request(2).key]).count == 1)
    }
}

@Suite struct GenerationTests {
    private let folder = TemporaryFolder()

    private func start(_ rows: Int) -> GenerationStart {
        GenerationStart(
            title: "gpt over gold", teacher: "openai", model: "gpt-4o-mini", prompt: "abc",
            inputData: "gold-1",
            rows: rows, options: ["temperature": 0.7], seed: 4)
    }

    @Test func aRunAndItsResumption() throws {
        let lab = LabStore(folder: folder.lab)
        let first = try lab.startGeneration(start(3))
        let ids = try lab.keep(
            [
                GenerationRow(row: 0, outcome: .reply(newReply(0, cost: 0.5))),
                GenerationRow(row: 1, outcome: .failed("timed out")),
            ], of: first)
        try lab.finishRun(first, .cancelled)
        #expect(ids[1] == nil)
        #expect(try lab.failures(of: first).map(\.reason) == ["timed out"])

        let second = try lab.startGeneration(start(3))
        let known = try lab.replies(for: (0..<3).map { request($0).key })
        let reused = try #require(known[request(0).key]?.id)
        #expect(reused == ids[0])
        try lab.keep(
            [
                GenerationRow(row: 0, outcome: .reused(reused)),
                GenerationRow(row: 1, outcome: .failed("again")),
                GenerationRow(row: 2, outcome: .reply(newReply(2, cost: nil))),
            ], of: second)
        // A retried row replaces its failure.
        try lab.keep([GenerationRow(row: 1, outcome: .reply(newReply(1, cost: 0.25)))], of: second)
        try lab.setOutput("pseudo-1", of: second)
        try lab.finishRun(second, .finished)

        let record = try lab.generation(second)
        #expect(record.rows == 3)
        #expect(record.answered == 2)
        #expect(record.reused == 1)
        #expect(record.failed == 0)
        #expect(record.promptHash == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(record.spending.cost == 0.75)
        #expect(record.spending.unpriced == 1)
        let run = try lab.run(second)
        #expect(run.kind == .generate)
        #expect(run.state == .finished)
        #expect(run.data == ["input": "gold-1"])
    }

    @Test func whatADatasetCost() throws {
        let lab = LabStore(folder: folder.lab)
        #expect(try lab.spending(ofDataset: "gold-1") == nil)
        let first = try lab.startGeneration(start(2))
        let id = try lab.keep([GenerationRow(row: 0, outcome: .reply(newReply(0, cost: 0.5)))], of: first)[0]
        let second = try lab.startGeneration(start(2))
        try lab.keep(
            [
                GenerationRow(row: 0, outcome: .reused(try #require(id))),
                GenerationRow(row: 1, outcome: .reply(newReply(1, cost: 0.25))),
            ], of: second)
        try lab.setOutput("pseudo-1", of: second)
        // A reply that two generations used was bought once.
        #expect(try lab.spending(ofDataset: "gold-1")?.cost == 0.75)
        #expect(try lab.spending(ofDataset: "gold-1")?.replies == 2)
        #expect(try lab.spending(ofDataset: "pseudo-1")?.cost == 0.75)
        // Forgetting the run does not forget the replies.
        try lab.finishRun(second, .finished)
        try lab.deleteRun(second)
        #expect(try lab.spending(ofDataset: "pseudo-1") == nil)
        #expect(try lab.replies(for: [request(1).key]).count == 1)
    }

    @Test func unknownGeneration() {
        let lab = LabStore(folder: folder.lab)
        let text = message { try lab.keep([GenerationRow(row: 0, outcome: .failed("x"))], of: 7) }
        #expect(text == "unknown generation '7'; runs.list() shows what there is")
    }
}
