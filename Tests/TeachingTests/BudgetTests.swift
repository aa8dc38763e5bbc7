import LyceumKit
import TestServers
import Testing

@testable import Teaching

@Suite("Budgets")
struct BudgetTests {
    /// What a run of so many questions gives under a budget.
    private func run(_ count: Int, _ options: [String: Value], tokens: (Int, Int) = (10, 5)) throws -> (
        result: TeacherRun.Result, sent: Int
    ) {
        let server = try LoopbackServer { _ in LoopbackServer.Reply(200, completion("x", tokens: tokens)) }
        defer { server.stop() }
        let teacher = try open(server.baseURL, options)
        return (TeacherRun.run(questions(count), teacher: teacher, job: .silent()), server.requests.count)
    }

    @Test("a budget of calls ends the run, replies kept")
    func calls() throws {
        let (result, sent) = try run(10, ["budget_calls": 3])
        #expect(sent == 3 && result.replyCount == 3 && result.failures.isEmpty)
        #expect(result.stopText.contains("budget of 3 calls"))
        #expect(try run(3, ["budget_calls": 3]).result.stopped == nil)
        #expect(try run(1, ["budget_calls": 0]).sent == 0)
    }

    @Test("a budget in USD is never passed when replies are bounded", arguments: [1, 4])
    func dollars(_ concurrency: Int) throws {
        // Each reply costs exactly 0.01 USD: 1000 tokens at 10 USD for a million.
        let (result, sent) = try run(
            100,
            [
                "budget_usd": 0.1, "price_in": 0, "price_out": 10, "max_tokens": 1000,
                "concurrency": .integer(concurrency),
            ], tokens: (10, 1000))
        let cost = try #require(result.usage.cost)
        #expect(cost <= 0.1 + 1e-9)
        #expect(sent == 10 && result.replyCount == 10, "\(sent)")
        #expect(result.stopText.contains("budget of 0.1 USD"))
    }

    @Test("money that was reserved and not needed is spent on further requests")
    func reservations() throws {
        // Reserved: 1000 tokens each; used: 100. 0.1 USD are 10,000 tokens.
        let (result, sent) = try run(
            500, ["budget_usd": 0.1, "price_in": 0, "price_out": 10, "max_tokens": 1000], tokens: (10, 100))
        let cost = try #require(result.usage.cost)
        #expect((0.088...0.1).contains(cost), "\(cost)")
        #expect(sent >= 90)
    }

    @Test("the budget holds for the life of a teacher; tokens that a server does not say are estimated")
    func life() throws {
        let text = String(repeating: "word ", count: 80)  // 400 bytes, about 100 tokens
        let server = try LoopbackServer { _ in
            LoopbackServer.Reply(200, JSON.encode(["choices": [["message": ["content": .string(text)]]]]))
        }
        defer { server.stop() }
        let options: [String: Value] = [
            "budget_usd": 0.005, "price_in": 0, "price_out": 10, "max_tokens": 100, "concurrency": 1,
        ]
        let teacher = try open(server.baseURL, options)
        let first = TeacherRun.run(questions(3), teacher: teacher, job: .silent())
        #expect(first.replyCount == 3 && first.stopped == nil)
        #expect(first.replies.allSatisfy { $0?.isEstimated == true && $0?.completionTokens == 100 })
        let second = TeacherRun.run(questions(3), teacher: teacher, job: .silent())
        #expect(second.replyCount == 2 && second.stopped != nil)
        #expect(abs((teacher.usage.cost ?? 0) - 0.005) < 1e-9)
        #expect(abs((second.usage.cost ?? 0) - 0.002) < 1e-9)
        #expect(teacher.usage.estimatedReplies == 5 && teacher.usage.completionTokens == 500)
    }

    @Test("a budget without a price is refused")
    func unknownPrice() {
        let error = #expect(throws: LyceumError.self) { try open("http://localhost:1", ["budget_usd": 1]) }
        #expect(error?.description.contains("price_in and price_out") == true)
        #expect(throws: LyceumError.self) { try open("http://localhost:1", ["price_in": 1]) }
        #expect(throws: Never.self) {
            try open(
                "https://api.openai.com/v1",
                ["model": "gpt-4o-mini", "budget_usd": 1, "api_key": "key-12345"])
        }
    }

    @Test("prices are per million tokens; the list that comes along is readable")
    func price() {
        let list = PriceList.builtIn
        let price = list.price(of: "gpt-4o-mini", at: "api.openai.com")
        #expect(price?.cost(promptTokens: 1_000_000, completionTokens: 500_000) == 0.45)
        #expect(list.price(of: "gpt-4o-mini", at: "localhost:8000") == nil)
        #expect(list.price(of: "gpt-4o-mini-2024-07-18", at: "api.openai.com") == nil)
        #expect(list.models(at: "api.anthropic.com").contains("claude-3-5-haiku-20241022"))
        // Anthropic's names with a date and without are the same model.
        for (dated, undated) in [
            ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5"),
            ("claude-opus-4-1-20250805", "claude-opus-4-1"), ("claude-opus-4-20250514", "claude-opus-4-0"),
        ] {
            let price = list.price(of: dated, at: "api.anthropic.com")
            #expect(price != nil && price == list.price(of: undated, at: "api.anthropic.com"))
        }
        #expect(list.price(of: "claude", at: "api.anthropic.com") == nil)
        #expect(price?.batchCost(promptTokens: 1_000_000, completionTokens: 500_000) == 0.225)
    }

    @Test("the user's own prices stand next to and before those that come along; a bad file is named")
    func ownPrices() throws {
        let folder = "/tmp/lyceum-prices-\(UInt64.random(in: 0...UInt64.max))"
        defer { Files.removeTree(folder) }
        try Files.makeFolder(folder + "/lyceum")
        let path = folder + "/lyceum/prices.json"
        let environment = ["XDG_CONFIG_HOME": folder]
        func cost(_ model: String, _ address: String) throws -> Double? {
            try open(address, ["model": .string(model), "api_key": "key-12345"], environment: environment)
                .cost(promptTokens: 1_000_000, completionTokens: 0)
        }
        #expect(try cost("mine", "http://localhost:8000/v1") == nil)
        try Files.write(
            """
            { "localhost:8000": { "note": "my GPU", "models": { "mine": { "input": 0.5, "output": 1 } } },
              "api.openai.com": { "models": { "gpt-4o": { "input": 7, "output": 8 } } } }
            """, to: path)
        #expect(try cost("mine", "http://localhost:8000/v1") == 0.5)
        #expect(try cost("gpt-4o", "https://api.openai.com/v1") == 7)
        #expect(try cost("gpt-4.1", "https://api.openai.com/v1") == 2)
        for bad in ["{", "[]", #"{"h":{}}"#, #"{"h":{"models":{"m":{"input":-1,"output":1}}}}"#] {
            try Files.write(bad, to: path)
            let error = #expect(throws: LyceumError.self) { try cost("mine", "http://localhost:8000/v1") }
            #expect(error?.description.contains(path) == true)
        }
    }
}
