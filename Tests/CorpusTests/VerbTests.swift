import LyceumKit
import Testing

@testable import Corpus

@Suite struct VerbTests {
    @Test func declaredFiltersAreTheFunctionsTheyDescribe() throws {
        let texts: [Value] = ["", "one", "two words", "  äöü ß  ", .null, "three more words", 12345, true]
        let dataset = Dataset(
            records: texts.enumerated().map { ["text": $1, "n": .integer($0), "even": .bool($0 % 2 == 0)] },
            columns: ["n"])
        func kept(_ change: (inout RowFilter) -> Void) throws -> [Int] {
            var filter = RowFilter()
            change(&filter)
            return try dataset.filter(filter).n
        }
        #expect(try kept { _ in } == Array(0..<8))
        #expect(try kept { $0.maxCharacters["text"] = 4 } == [0, 1, 7])
        #expect(try kept { $0.minCharacters["text"] = 5 } == [2, 3, 5, 6])
        #expect(try kept { $0.maxCharacters["text"] = 8 } == [0, 1, 6, 7])
        #expect(try kept { $0.minWords["text"] = 2 } == [2, 3, 5])
        #expect(
            try kept {
                $0.maxWords["text"] = 2
                $0.minWords["text"] = 2
            } == [2, 3])
        #expect(try kept { $0.equals["text"] = ["one", 12345, .null] } == [1, 4, 6])
        #expect(try kept { $0.contains["text"] = "words" } == [2, 5])
        #expect(try kept { $0.contains["text"] = "öü" } == [3])
        #expect(try kept { $0.notEmpty = ["text"] } == [1, 2, 3, 5, 6, 7])
        #expect(throws: LyceumError.self) { try kept { $0.notEmpty = ["none"] } }
        var filter = RowFilter()
        filter.maxCharacters["text"] = 4
        filter.equals["even"] = [true]
        #expect(filter.description == "max_chars text = 4, equals even = true")
    }

    @Test func declaredFiltersCancel() {
        let job = Job.silent()
        job.cancel()
        #expect(throws: LyceumError.cancelled("")) { try numbers(5).filter(RowFilter(), job: job) }
    }

    @Test func sortIsStableAndPutsNothingLast() throws {
        let dataset = Dataset(
            records: [
                ["k": "b", "n": 1], ["k": .null, "n": 2], ["k": 2, "n": 3], ["k": "a", "n": 4],
                ["k": 1.5, "n": 5], ["k": "b", "n": 6], ["k": false, "n": 7], ["k": .number(.nan), "n": 8],
            ])
        #expect(try dataset.sort(by: "k").n == [5, 3, 4, 1, 6, 7, 2, 8])
        #expect(try dataset.sort(by: "k", descending: true).n == [7, 1, 6, 4, 3, 5, 2, 8])
        #expect(try numbers(5).shuffle(seed: 1).sort(by: "n").n == [1, 2, 3, 4, 5])
    }

    @Test func groupCounts() throws {
        let dataset = Dataset(records: ["x", "y", "x", .null, "z", "x", "z"].map { ["label": $0] })
        let groups = try dataset.group(by: "label")
        #expect(try groups.values("label") == ["x", "z", "y", .null])
        #expect(try groups.values("count") == [3, 2, 1, 1])
    }

    @Test func stratifiedPartsKeepShares() throws {
        let rows = (0..<1000).map { i -> [String: Value] in
            ["n": .integer(i), "label": i % 10 == 0 ? "rare" : i % 10 < 4 ? "some" : "most"]
        }
        let dataset = Dataset(records: rows)
        let parts = try dataset.split(
            ["train": .fraction(0.8), "test": .fraction(0.2)], seed: 3, stratify: "label")
        #expect(parts.values.flatMap(\.n).sorted() == Array(0..<1000))
        for (name, share) in [("train", 800), ("test", 200)] {
            let part = try #require(parts[name])
            #expect(part.count == share)
            let counts = try part.group(by: "label")
            for (row, expected) in [0.6, 0.3, 0.1].enumerated() {
                let count = try #require(counts.record(at: row)["count"]?.number)
                #expect(abs(count - expected * Double(share)) <= 1, "\(name), \(row): \(count)")
            }
            // No label stands at regular distances.
            let labels = try part.strings("label").prefix(40)
            #expect(Set(labels.indices.filter { labels[$0] == "rare" }.map { $0 % 10 }).count > 1)
        }
        #expect(throws: LyceumError.self) {
            try dataset.split(["a": .count(1)], seed: 1, group: "n", stratify: "label")
        }
    }

    @Test func statisticsAreNumPys() throws {
        let lengths = [3, 1, 10, 2]
        let dataset = Dataset(
            records: lengths.map { ["t": .string(Array(repeating: "é", count: $0).joined(separator: " "))] }
                + [["t": .null]], columns: ["t"])
        let table = try dataset.statistics { $0.utf8.count }
        #expect(try table.values("unit") == ["chars", "words", "tokens"])
        let words = try table.record(at: 1)
        // numpy.percentile([1, 2, 3, 10], [50, 95])
        #expect(words["rows"] == 4 && words["min"] == 1 && words["max"] == 10)
        #expect(words["median"] == 2.5 && words["mean"] == 4.0)
        #expect(abs((words["p95"]?.number ?? 0) - 8.95) < 1e-12)
        #expect(try table.record(at: 0)["max"] == 19)
        #expect(try table.record(at: 2)["max"] == 29)
        #expect(throws: RowError.self) {
            try dataset.statistics { _ in throw LyceumError.failed("no", remedy: nil) }
        }
    }

    @Test func columnsKnowTheRunThatMadeThem() throws {
        let rows = Dataset(records: [["text": "a"], ["text": "b"]])
        let made = try rows.adding(column: "x", values: ["p", "q"], run: 3)
        let both = try made.adding(column: "y", values: ["r", "s"], run: 5)
        #expect(both.runs == [5, 3])
        #expect(try both.filter { $0["x"]?.string == "p" }.run(ofColumn: "x") == 3)
        #expect(try both.rename(["x": "z", "y": "x"]).run(ofColumn: "z") == 3)
        #expect(try both.rename(["x": "z", "y": "x"]).run(ofColumn: "x") == 5)
        #expect(both.run(ofColumn: "text") == nil)
        #expect(try both.adding(column: "x", values: ["", ""]).run(ofColumn: "x") == nil)
        #expect(both.concat([rows]).run(ofColumn: "x") == nil)
    }

    @Test func historyTellsTheWay() throws {
        let path = try fixture("mixed.jsonl")
        var filter = RowFilter()
        filter.notEmpty = ["id"]
        let loaded = try Dataset.load(path)
        let dataset = try loaded.filter(filter).select(["id"]).take(2).concat([loaded])
        #expect(dataset.history.map(\.operation) == ["load", "filter", "select", "take", "concat"])
        #expect(dataset.history.map(\.rows) == [3, 3, 3, 2, 5])
        #expect(
            dataset.history.map(\.detail) == [path, "not_empty id", "id", "2", "3 rows (\(path))"])
        #expect(dataset.history[0].fingerprint == nil)
        #expect(loaded.fingerprint == dataset.history[0].fingerprint)
        #expect(dataset.fingerprint == dataset.history.last?.fingerprint)
        #expect(dataset.fingerprint != loaded.fingerprint)
    }
}
