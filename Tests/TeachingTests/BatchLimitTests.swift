import LyceumKit
import TestServers
import Testing

@testable import Teaching

@Suite("What a batch may hold and cost")
struct BatchLimitTests {
    @Test("a budget holds the most that a batch may cost until its replies are there")
    func budget() throws {
        try withLab { folder in
            let prices = "{ \"127.0.0.1:1\": { \"batch\": 0.5, \"models\": {} } }"
            try Files.makeFolder(folder + "/lyceum")
            try Files.write(prices, to: folder + "/lyceum/prices.json")
            let teacher = try open(
                "http://127.0.0.1:1/v1",
                ["price_in": 1, "price_out": 1, "max_tokens": 100, "budget_usd": 0.001],
                environment: ["XDG_CONFIG_HOME": folder])
            let batches = try teacher.batches(job: .silent())
            // 150 tokens at most each, half the price: 75 millionths.
            try batches.checkBudget([Int](repeating: 50, count: 13))
            #expect(throws: LyceumError.self) { try batches.checkBudget([Int](repeating: 50, count: 14)) }
            batches.count(mark: "a", bytes: [Int](repeating: 50, count: 13))
            #expect(throws: LyceumError.self) { try batches.checkBudget([50]) }
            batches.settle(mark: "a")
            try batches.checkBudget([50])
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
