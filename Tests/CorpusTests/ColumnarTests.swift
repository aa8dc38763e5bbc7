import Foundation
import LyceumKit
import Testing

@testable import Corpus
@testable import Parquet

/// Parquet and Arrow files through the real helper; scripts/fixtures/parquet.py wrote the files with pyarrow.
@Suite struct ColumnarTests {
    private func fixture(_ name: String) -> String {
        Files.parent(of: #filePath) + "/Fixtures/parquet/" + name
    }

    private func inFolder<T>(_ body: (String) throws -> T) throws -> T {
        let folder = "/tmp/lyceum-columnar-\(UInt64.random(in: 0...UInt64.max))"
        try Files.makeFolder(folder)
        defer { Files.removeTree(folder) }
        return try body(folder)
    }

    private func problem(_ body: () throws -> Any) -> String {
        do { return "no error, but \(try body())" } catch { return "\(error)" }
    }

    /// Every type, with nulls, nested and in several row groups.
    @Test func types() throws {
        let data = try Dataset.load(fixture("types.parquet"))
        let expected = try Dataset.load(fixture("types.json"))
        #expect(data.count == 5 && Set(data.columns) == Set(expected.columns))
        for column in data.columns {
            #expect(try data.values(column) == expected.values(column), "\(column)")
        }
        #expect(data.columns.first == "text" && data.columns.last == "map")
    }

    @Test(arguments: ["none", "snappy", "gzip", "brotli", "zstd", "lz4"])
    func codecs(_ codec: String) throws {
        let data = try Dataset.load(fixture(codec + ".parquet"))
        #expect(try data.values("n") == (0..<100).map { .integer($0) })
        #expect(try data.value(row: 9, column: "text").string == "line 9 line 9 ")
        #expect(try data.fingerprint == Dataset.load(fixture("stream.arrow")).fingerprint)
        #expect(try data.fingerprint == Dataset.load(fixture("file.feather")).fingerprint)
    }

    @Test func columnsAndRowGroups() throws {
        let path = fixture("snappy.parquet")
        let some = try Dataset.load(path, columns: ["text"], rowGroups: [2, 4])
        #expect(some.columns == ["text"] && some.count == 40)
        #expect(try some.value(row: 0, column: "text").string == "line 30 line 30 ")
        #expect(try Dataset.load(path, columns: ["text", "n"]).columns == ["text", "n"])
        #expect(
            try Dataset.load(fixture("types.parquet"), columns: ["records", "struct"]).columns == [
                "records", "struct",
            ])
        #expect(
            problem { try Dataset.load(path, columns: ["texd"]) }.contains(
                "no column 'texd'; the columns are n, text"))
        #expect(problem { try Dataset.load(path, rowGroups: [5]) }.contains("no row group 5; it has 4"))
        #expect(
            problem { try Dataset.load(fixture("types.json"), rowGroups: [1]) }.contains(
                "use :skip and :take"))
        #expect(try Dataset.load(fixture("types.json"), columns: ["int8"]).columns == ["int8"])
    }

    /// What was saved is read back as it was, by every format and codec.
    @Test(
        arguments: [
            ("x.parquet", "zstd"), ("x.parquet", "snappy"), ("x.parquet", "gzip"), ("x.parquet", "brotli"),
            ("x.parquet", "lz4"), ("x.parquet", "none"), ("x.arrow", "zstd"), ("x.arrow", "none"),
            ("x.feather", "lz4"),
        ])
    func roundTrips(_ name: String, _ codec: String) throws {
        let rows: [[String: Value]] = (0..<50).map { n in
            [
                "text": n % 5 == 0 ? .null : .string("é\(n)"), "n": .integer(n - 25),
                "x": n % 2 == 0 ? .integer(n) : .number(0.5),
                "yes": .bool(n % 3 == 0), "none": .null,
                "list": n == 7 ? .null : .list((0..<(n % 4)).map { .string("e\($0)") }),
                "deep": .list([.list([.integer(n)]), .list([])]),
                "table": ["a": .integer(n), "b": n == 1 ? .null : .string("s")],
            ]
        }
        let data = Dataset(records: rows)
        try inFolder { folder in
            let path = folder + "/" + name
            try data.save(path, compression: codec, rowGroup: 16)
            let back = try Dataset.load(path)
            #expect(back.count == 50 && back.columns == data.columns)
            for column in data.columns where column != "x" {
                #expect(try back.values(column) == data.values(column), "\(column)")
            }
            // Whole numbers among fractions are fractions.
            #expect(try back.values("x") == data.values("x").map { $0.number.map(Value.number) ?? .null })
            if name.hasSuffix(".parquet") { #expect(try Dataset.load(path, rowGroups: [4]).count == 2) }
            #expect(Files.list(folder) == [name])
        }
    }

    @Test func emptyAndLarge() throws {
        try inFolder { folder in
            try Dataset(records: [["a": .string("x")]]).filter { _ in false }.save(folder + "/empty.parquet")
            #expect(problem { try Dataset.load(folder + "/empty.parquet") }.contains("is empty"))
            let long = String(repeating: "0123456789", count: 100_000)
            let data = Dataset(
                records: (0..<40).map { ["n": .integer($0), "text": .string(long + String($0))] })
            try data.save(folder + "/large.parquet")
            #expect(try Dataset.load(folder + "/large.parquet").fingerprint == data.fingerprint)
            // Many files are one dataset, and a folder holds one kind.
            try data.take(3).save(folder + "/a-1.arrow")
            try data.skip(3).save(folder + "/a-2.arrow")
            #expect(try Dataset.load(folder + "/a-*.arrow").fingerprint == data.fingerprint)
            #expect(
                problem { try Dataset.load(folder) }.contains("files of several kinds (.arrow and .parquet)"))
        }
    }

    @Test func refusals() throws {
        #expect(
            problem { try Dataset.load(fixture("odd.arrow")) }.contains(
                "column 'gap' is of the type month_day_nano_interval"))
        #expect(try Dataset.load(fixture("odd.arrow"), columns: ["n"]).count == 1)
        #expect(problem { try Dataset.load(fixture("invalid.parquet")) }.contains("not UTF-8"))
        #expect(problem { try Dataset.load("none.parquet") }.contains("none.parquet: cannot be opened"))
        let mixed = Dataset(records: [["a": .integer(1)], ["a": .string("x")]])
        try inFolder { folder in
            let path = folder + "/x.parquet"
            try Files.write("old", to: path)
            let text = problem { try mixed.save(path) }
            #expect(
                text.contains("column 'a', row 2: expected a number, as in the rows before it, got a string"),
                "\(text)")
            let codec = problem {
                try Dataset(records: [["a": .integer(1)]]).save(folder + "/x.arrow", compression: "gzip")
            }
            #expect(codec.contains("compressed with zstd, lz4 or none"), "\(codec)")
            #expect(try Files.read(path) == Array("old".utf8) && Files.list(folder) == ["x.parquet"])
            let job = Job.silent()
            job.cancel()
            #expect(
                problem { try Dataset(records: [["a": .integer(1)]]).save(path, job: job) }.contains(
                    "interrupted"))
            #expect(problem { try Dataset.load(fixture("snappy.parquet"), job: job) }.contains("interrupted"))
            #expect(try Files.read(path) == Array("old".utf8))
        }
    }

    /// Damaged files give rows or a `LyceumError` that names the file; the helper may die, this program may not.
    @Test(arguments: ["snappy.parquet", "types.parquet", "stream.arrow", "file.feather"])
    func damage(_ name: String) throws {
        let count = ProcessInfo.processInfo.environment["LYCEUM_FUZZ"].flatMap(Int.init) ?? 24
        let bytes = try Files.read(fixture(name))
        var generator = SeededGenerator(seed: 3)
        try inFolder { folder in
            let path = folder + "/" + name
            var refused = 0
            for round in 0..<count {
                var damaged = bytes
                for _ in 0..<Int.random(in: 1...6, using: &generator) {
                    // The end of a Parquet file describes all of it.
                    let bound = round % 2 == 0 ? damaged.count : min(damaged.count, 600)
                    let place = damaged.count - 1 - Int.random(in: 0..<bound, using: &generator)
                    damaged[place] = UInt8.random(in: .min ... .max, using: &generator)
                }
                if round % 4 == 3 { damaged.removeLast(Int.random(in: 1..<damaged.count, using: &generator)) }
                try Files.write(damaged, to: path)
                do {
                    _ = try Dataset.load(path).fingerprint
                } catch let error as LyceumError {
                    refused += 1
                    #expect("\(error)".contains(name) || "\(error)".contains("is empty"), "\(error)")
                }
            }
            #expect(refused > count / 8)
        }
    }

    /// The stream of a helper that lies is refused, whatever it says.
    @Test func hostileStreams() throws {
        func read(_ bytes: [UInt8]) throws {
            var place = 0
            let reader = ColumnStreamReader { buffer in
                guard buffer.count <= bytes.count - place else { throw HelperProcess.Ended() }
                buffer.copyBytes(from: bytes[place..<(place + buffer.count)])
                place += buffer.count
            }
            let header = try reader.header()
            while try reader.batch(columns: header.columns.count) != nil {}
        }
        let json = #"{"rows":1,"groups":1,"columns":["a"]}"#
        let head = Array("LYC1H".utf8) + [UInt8(json.utf8.count), 0, 0, 0] + Array(json.utf8)
        func word(_ number: Int) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) } }
        let batch = head + [UInt8(ascii: "B")] + word(1)
        try read(batch + [4, 0] + word(1) + word(0) + word(2) + [0x68, 0x69] + [UInt8(ascii: "E")])
        for node in [
            [9, 0] + word(1), [4, 0] + word(1) + word(5) + word(2), [4, 0] + word(1) + word(0) + word(-1),
            [4, 0] + word(1) + word(0) + word(1) + [0xFF], [2, 0] + word(2) + word(1) + word(2),
            [2, 0] + word(1 << 60),
            [5, 0] + word(1) + word(0) + word(3) + [0, 0] + word(1), [4, 0] + word(-1),
            (0..<80).flatMap { _ in [5, 0] + word(0) + word(0) }, [6, 0] + word(1) + [255, 255, 255, 255],
        ] as [[UInt8]] { #expect(throws: (any Error).self) { try read(batch + node) } }
        #expect(throws: (any Error).self) { try read(Array("LYC2".utf8)) }
    }

    /// CNN/DailyMail by its three roads gives the same records.
    @Test func threeRoads() throws {
        try inFolder { folder in
            try Files.makeFolder(folder + "/stories")
            let story =
                "LONDON, England (CNN) -- A cat sat.\n\nIt ran\n\n@highlight\n\nA cat sat\n\n@highlight\n\nNEW: It ran\n"
            for n in 0..<3 {
                try Files.write(story + "\n@highlight\n\nStory \(n)", to: "\(folder)/stories/\(n)a.story")
            }
            let stories = try Dataset.load(folder + "/stories")
            for name in ["x.parquet", "x.jsonl", "x.arrow"] {
                try stories.save(folder + "/" + name)
                #expect(try Dataset.load(folder + "/" + name).fingerprint == stories.fingerprint)
            }
        }
    }
}
