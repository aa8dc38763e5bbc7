import Corpus
import LyceumKit
import Testing

@Suite struct TransformTests {
    @Test func filterKeepsOrderAndComposes() throws {
        let even = try numbers(10).filter { $0["even"] == true }
        #expect(even.n == [2, 4, 6, 8, 10])
        #expect(
            try even.filter { ($0["n"]?.integer ?? 0) > 4 }.strings("text") == ["row 6", "row 8", "row 10"])
        #expect(try even.skip(1).take(2).n == [4, 6])
    }

    @Test func addedColumnsFollowLaterSelections() throws {
        // The new column has rows of its own, the old ones go through the filter's.
        let even = try numbers(6).filter { $0["even"] == true }
        let marked = try even.adding(column: "mark", values: ["a", "b", "c"])
        let chosen = try marked.filter { $0["mark"] != "b" }.shuffle(seed: 3)
        for row in 0..<2 {
            let record = try chosen.record(at: row)
            #expect(record["n"] == (record["mark"] == "a" ? 2 : 6))
            #expect(record["text"] == (record["mark"] == "a" ? "row 2" : "row 6"))
        }
        #expect(try marked.adding(column: "n", values: [7, 8, 9]).n == [7, 8, 9])
        #expect(try marked.adding(column: "n", values: [7, 8, 9]).columns == marked.columns)
        #expect(throws: LyceumError.self) { try even.adding(column: "x", values: [1]) }
    }

    @Test func mapKeepsColumnOrder() throws {
        let mapped = try numbers(3).map { record in
            let n = record["n"]?.integer ?? 0
            return ["z": .integer(n * n), "a": "new", "text": record["text"] ?? .null, "n": .integer(-n)]
        }
        #expect(mapped.columns == ["n", "text", "a", "z"])
        #expect(mapped.n == [-1, -2, -3])
        #expect(try mapped.values("z") == [1, 4, 9])
    }

    @Test func errorsNameTheRow() throws {
        struct Odd: Error {}
        let error = try #require(throws: RowError.self) {
            try numbers(5).filter { if $0["n"] == 3 { throw Odd() } else { true } }
        }
        #expect(error.row == 3)
        #expect(error.underlying is Odd)
        #expect(error.description == "filter, row 3: Odd()")
        #expect(throws: LyceumError.cancelled("x")) {
            try numbers(5).map { _ in throw LyceumError.cancelled("x") }
        }
    }

    @Test func columnsAreChosenRenamedDropped() throws {
        let dataset = numbers(2)
        #expect(try dataset.select(["text", "n"]).columns == ["text", "n"])
        #expect(try dataset.dropping(["text"]).columns == ["n", "even"])
        let swapped = try dataset.rename(["n": "even", "even": "n"])
        #expect(swapped.columns == ["even", "text", "n"])
        #expect(try swapped.values("even") == [1, 2])
        #expect(throws: LyceumError.self) { try dataset.rename(["n": "text"]) }
        #expect(throws: LyceumError.self) { try dataset.rename(["x": "y"]) }
        #expect(throws: LyceumError.self) { try dataset.select(["n", "n"]) }
        #expect(throws: LyceumError.self) { try dataset.dropping(["x"]) }
    }

    @Test func shuffleIsSeeded() throws {
        let dataset = numbers(100)
        #expect(dataset.shuffle(seed: 1).n == dataset.shuffle(seed: 1).n)
        #expect(dataset.shuffle(seed: 1).n != dataset.shuffle(seed: 2).n)
        #expect(dataset.shuffle(seed: 1).n.sorted() == Array(1...100))
        #expect(try dataset.sample(10, seed: 4).n.count == 10)
        #expect(throws: LyceumError.self) { try dataset.take(-1) }
    }

    @Test func splitSharesNoRow() throws {
        let parts = try numbers(1000).split(
            ["train": .fraction(0.9), "valid": .fraction(0.05), "test": .fraction(0.05)], seed: 13)
        #expect(parts.mapValues(\.count) == ["train": 900, "valid": 50, "test": 50])
        #expect(parts.values.flatMap(\.n).sorted() == Array(1...1000))
        let mixed = try numbers(10).split(["a": .count(3), "b": .fraction(0.5)], seed: 1)
        #expect(mixed.mapValues(\.count) == ["a": 3, "b": 5])
        let thirds = try numbers(100).split(
            ["a": .fraction(1.0 / 3), "b": .fraction(1.0 / 3), "c": .fraction(1.0 / 3)], seed: 1)
        #expect(thirds.values.map(\.count).sorted() == [33, 33, 34])
        #expect(try numbers(5).split(["all": .fraction(1.0)], seed: 0)["all"]?.count == 5)
    }

    @Test func splitRefusesWhatCannotBe() throws {
        let tooMany = try #require(throws: LyceumError.self) {
            try numbers(10).split(["a": .fraction(0.9), "b": .count(2)], seed: 1)
        }
        #expect(tooMany.description.contains("a = 0.9, b = 2"))
        let none = try #require(throws: LyceumError.self) {
            try numbers(4).split(["a": .fraction(0.9), "b": .fraction(0.05)], seed: 1)
        }
        #expect(none.description.contains("split part 'b'"))
        #expect(try SplitSize(1, part: "a") == .count(1))
        #expect(try SplitSize(1.0, part: "a") == .fraction(1))
        #expect(try SplitSize(0.25, part: "a") == .fraction(0.25))
        #expect(try SplitSize(20.0, part: "a") == .count(20))
        for bad: Value in [0, -1, 0.0, 1.5, "x", .number(.nan)] {
            #expect(throws: LyceumError.self) { try SplitSize(bad, part: "a") }
        }
    }

    @Test func concatAlignsColumns() throws {
        let other = Dataset(records: [["text": "x", "new": 1]])
        let both = try numbers(2).take(1).concat([other])
        #expect(both.columns == ["n", "text", "even", "new"])
        #expect(try both.values("text") == ["row 1", "x"])
        #expect(try both.values("n") == [1, .null])
        #expect(try both.values("new") == [.null, 1])
    }

    @Test func dedupKeepsTheFirst() throws {
        let dataset = Dataset(records: [
            ["a": "x", "b": 1], ["a": "x", "b": 2], ["a": "y", "b": 1], ["a": .null, "b": 1],
            ["a": "", "b": 1],
            ["a": "x", "b": 1],
        ])
        #expect(try dataset.dedup().count == 5)
        #expect(try dataset.dedup(by: ["a"]).values("b") == [1, 1, 1, 1])
        #expect(try dataset.dedup(by: ["b"]).values("a") == ["x", "x"])
        #expect(throws: LyceumError.self) { try dataset.dedup(by: ["c"]) }
    }
}
