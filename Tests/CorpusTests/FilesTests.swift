import Corpus
import LyceumKit
import TestSupport
import Testing

@Suite struct DatasetFilesTests {
    @Test func readsJSONLines() throws {
        let dataset = try Dataset.load(try fixture("mixed.jsonl"))
        #expect(dataset.columns == ["id", "document", "summary", "score", "tags"])
        #expect(try dataset.values("id") == [1, 2, 3])
        #expect(try dataset.values("document") == ["Première ligne.\nSeconde.", "", .null])
        #expect(try dataset.values("score") == [0.5, .null, 2])
        #expect(try dataset.values("tags") == [.null, ["a", ["b": .null]], .null])
    }

    @Test func readsAJSONList() throws {
        let dataset = try Dataset.load(try fixture("list.json"))
        #expect(dataset.columns == ["b", "a"])
        #expect(try dataset.values("b") == ["x", .null])
    }

    @Test func savesWhatItLoads() throws {
        try withFolder { folder in
            let path = Files.join(folder, "out.jsonl")
            let dataset = try Dataset.load(try fixture("mixed.jsonl"))
            try dataset.save(path)
            let again = try Dataset.load(path)
            #expect(again.columns == dataset.columns)
            #expect(again.fingerprint == dataset.fingerprint)
            let text = String(decoding: try Files.read(path), as: UTF8.self)
            #expect(
                text.hasPrefix(
                    #"{"id":1,"document":"Première ligne.\nSeconde.","summary":"Résumé","score":0.5,"tags":null}"#
                ))
            // Larger than one buffer.
            let large = Dataset(
                records: (0..<3000).map { ["text": .string(String(repeating: "é\($0)", count: 60))] })
            try large.save(path)
            #expect(try Dataset.load(path).fingerprint == large.fingerprint)
            #expect(Files.list(folder) == ["out.jsonl"])
        }
    }

    @Test func malformedLinesAreNamed() throws {
        let path = try fixture("broken.jsonl")
        let error = try #require(throws: LyceumError.self) { try Dataset.load(path) }
        #expect(error.description == "\(path):3: expected ',' or '}', found the end")
    }

    @Test func refusesWhatIsNoDataset() throws {
        try withFolder { folder in
            let missing = try #require(throws: LyceumError.self) { try Dataset.load(folder + "/none.jsonl") }
            #expect(
                missing.description.hasSuffix(
                    "cannot be opened (No such file or directory); check the name and the current folder"))
            let other = folder + "/data.xls"
            try Files.write("x", to: other)
            let kind = try #require(throws: LyceumError.self) { try Dataset.load(other) }
            #expect(
                kind.description.hasSuffix(
                    "its name must end in .jsonl, .ndjson, .json, .csv, .tsv (each also with .gz), .parquet, .arrow, .feather"
                ))
            let empty = folder + "/empty.JSONL"
            try Files.write("\n\n", to: empty)
            let error = try #require(throws: LyceumError.self) { try Dataset.load(empty) }
            #expect(error == .empty(empty, remedy: "it should hold at least one record"))
            #expect(throws: LyceumError.self) { try numbers(2).save(folder + "/no/such/folder.jsonl") }
        }
    }

    @Test func aCancelledSaveLeavesTheOldFile() throws {
        try withFolder { folder in
            let path = folder + "/out.jsonl"
            try Files.write("old", to: path)
            let job = Job.silent()
            job.cancel()
            #expect(throws: LyceumError.cancelled("\(path) is as it was")) {
                try numbers(3).save(path, job: job)
            }
            #expect(String(decoding: try Files.read(path), as: UTF8.self) == "old")
            #expect(Files.list(folder) == ["out.jsonl"])
        }
    }
}
