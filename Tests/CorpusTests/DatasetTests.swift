import Corpus
import LyceumKit
import Testing

@Suite struct DatasetTests {
    @Test func keepsValuesOfEveryKind() throws {
        let records: [[String: Value]] = [
            ["a": "x", "b": 1], ["a": .null, "b": 2.5, "c": true], ["b": ["l", ["k": .null]], "a": "é😀"], [:],
        ]
        let dataset = Dataset(records: records, columns: ["b"])
        #expect(dataset.columns == ["b", "a", "c"])
        #expect(dataset.count == 4)
        #expect(try dataset.values("a") == ["x", .null, "é😀", .null])
        #expect(try dataset.values("b") == [1, 2.5, ["l", ["k": .null]], .null])
        #expect(try dataset.values("c") == [.null, true, .null, .null])
        let record = try dataset.record(at: 2)
        #expect(record.columns == dataset.columns)
        #expect(record["a"] == "é😀")
        #expect(Dataset(records: try (0..<4).map(dataset.record(at:))).fingerprint == dataset.fingerprint)
    }

    @Test func textThatTurnsIntoValues() throws {
        let dataset = Dataset(records: [["a": "x"], ["a": .null], ["a": 3], ["a": "y"]])
        #expect(try dataset.values("a") == ["x", .null, 3, "y"])
    }

    @Test func errorsNameWhatIsMissing() throws {
        let dataset = numbers(3)
        var error = try #require(throws: LyceumError.self) { try dataset.values("txet") }
        #expect(error.description == "no column 'txet'; did you mean 'text'?")
        error = try #require(throws: LyceumError.self) { try dataset.record(at: 3) }
        #expect(error.description == "row: expected 0 to 2, got 3")
        #expect(throws: LyceumError.self) { try dataset.record(at: -1) }
        #expect(throws: LyceumError.self) { try dataset.value(row: 9, column: "n") }
        #expect(throws: LyceumError.self) { try Dataset(records: [[:]]).select(["a"]) }
    }

    @Test func stringsTakeNumbersAndNameTheRowOfNull() throws {
        #expect(try numbers(2).strings("n") == ["1", "2"])
        let error = try #require(throws: LyceumError.self) {
            try Dataset(records: [["a": "x"], ["a": .null]]).strings("a")
        }
        #expect(
            error.description == "column 'a', row 2: expected a string, got nil; drop such rows with :filter")
    }

    @Test func fingerprintIsOfContentAlone() throws {
        let dataset = numbers(10)
        #expect(dataset.fingerprint == numbers(10).fingerprint)
        #expect(dataset.fingerprint.count == 32)
        #expect(try dataset.take(10).fingerprint == dataset.fingerprint)
        #expect(dataset.concat([]).fingerprint == dataset.fingerprint)
        let others = [
            numbers(9), dataset.shuffle(seed: 1), try dataset.rename(["n": "m"]),
            try dataset.select(["text", "n", "even"]),
            try dataset.adding(column: "n", values: (1...10).map { .number(Double($0)) }),
            Dataset(records: [["n": "ab", "m": "c"]]), Dataset(records: [["n": "a", "m": "bc"]]),
            Dataset(records: [["n": "", "m": .null]]), Dataset(records: [["n": .null, "m": ""]]),
            Dataset(records: [["n": ["a"]]]), Dataset(records: [["n": "a"]]), Dataset(records: []),
            Dataset(records: [["n": "12345678"]]), Dataset(records: [["n": "12345678\0"]]),
        ]
        #expect(Set(others.map(\.fingerprint) + [dataset.fingerprint]).count == others.count + 1)
    }

    @Test func examplesReadPairs() throws {
        let source = try numbers(3).examples(input: "text", target: "n")
        #expect(source.count == 3)
        #expect(try source.example(at: 2) == Example(input: "row 3", target: "3"))
        let pairs = try numbers(3).select(["text", "n"])
        #expect(source.fingerprint == pairs.fingerprint)
        #expect(throws: LyceumError.self) { try source.example(at: 3) }
        let empty = try #require(throws: LyceumError.self) {
            try numbers(3).take(0).examples(input: "text", target: "n")
        }
        #expect(empty.description == "the dataset is empty; there is nothing to learn from")
        let missing = try #require(throws: LyceumError.self) {
            try numbers(3).adding(column: "t", values: ["a", .null, "b"]).examples(input: "text", target: "t")
        }
        #expect(missing.description.hasPrefix("column 't', row 2: expected a string, got nil"))
    }
}
