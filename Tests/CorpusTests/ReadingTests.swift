import Foundation
import LyceumKit
import TestSupport
import Testing

@testable import Corpus

/// Files as other people have them: quotes that do not pair up, other encodings, numbers of many digits.
@Suite struct ReadingTests {
    private func load(
        _ bytes: [UInt8], as name: String, _ options: LoadOptions = LoadOptions(),
        notes: ((String) -> Void)? = nil
    ) throws -> Dataset {
        try withFolder { folder in
            let path = Files.join(folder, name)
            try Files.write(bytes, to: path)
            let box = NoteBox()
            let job = Job(
                "loading", obeysInterrupt: false,
                listener: .init(progress: { _ in }, note: { box.add($0) }))
            let dataset = try Dataset.load(path, options: options, job: job)
            for note in box.notes { notes?(note) }
            return dataset
        }
    }

    private func load(
        _ text: String, as name: String, _ options: LoadOptions = LoadOptions(),
        notes: ((String) -> Void)? = nil
    ) throws -> Dataset {
        try load(Array(text.utf8), as: name, options, notes: notes)
    }

    private func message(_ body: () throws -> Dataset) throws -> String {
        try #require(throws: LyceumError.self) { _ = try body() }.description
    }

    private final class NoteBox: @unchecked Sendable {
        private let lock = NSLock()
        private var all: [String] = []
        var notes: [String] { lock.withLock { all } }
        func add(_ note: String) { lock.withLock { all.append(note) } }
    }

    // MARK: Quotes

    @Test("a TSV whose quotes do not pair up has no quoting, and says so")
    func unpairedQuotes() throws {
        var notes: [String] = []
        let rows = try load("1\tt\n1\t\"a\n0\tb\n1\tc\"\n0\td", as: "d.tsv") { notes.append($0) }
        #expect(try rows.values("t") == ["\"a", "b", "c\"", "d"])
        #expect(notes.count == 1 && notes.first?.contains("quotes do not pair up") == true)
        // The same in other places: never closed, text behind a closing quote, with CR LF, packed.
        for text in ["n\tt\n1\t\"a\n2\tb\n", "n\tt\n1\t\"a\" b\n2\tb\n", "n\tt\r\n1\t\"a\r\n2\tb\"\r\n"] {
            #expect(try load(text, as: "d.tsv").count == 2, "\(text)")
        }
    }

    @Test("a TSV whose quotes pair up keeps its quoting, whatever is in the cells")
    func pairedQuotes() throws {
        var notes: [String] = []
        let rows = try load("n\tt\tu\n1\t\"a\nb\"\tx\n2\t\"c\td\"\t\"e\"\"f\"\n", as: "d.tsv") {
            notes.append($0)
        }
        #expect(try rows.values("t") == ["a\nb", "c\td"])
        #expect(try rows.values("u") == ["x", "e\"f"] && notes.isEmpty)
        // One column of quoted lines stays what save writes.
        #expect(try load("t\n\"a\nb\"\nc\n", as: "d.tsv").values("t") == ["a\nb", "c"])
        // And whoever says so has it either way.
        let text = "n\tt\n1\t\"a\n0\tb\n1\tc\"\n0\td"
        #expect(try load(text, as: "d.tsv", LoadOptions(quotes: true)).count == 2)
        #expect(try load("a,b\n\"x\",y\n", as: "d.csv", LoadOptions(quotes: false)).values("a") == ["\"x\""])
        #expect(try message { try load("a,b\n1,\"x\n", as: "d.csv") }.contains("quotes = false"))
        #expect(try message { try load("[]", as: "d.json", LoadOptions(quotes: true)) }.contains("quotes"))
    }

    @Test("line ends of CR alone", arguments: ["d.csv", "d.jsonl", "d.json"])
    func carriageReturns(name: String) throws {
        let text =
            name == "d.csv"
            ? "a,b\r1,\"x\ry\"\r2,z\r" : "{\"a\":1,\"b\":\"x\\ry\"}\r{\"a\":2,\"b\":\"z\"}\r"
        let rows = try load(text, as: name)
        #expect(try rows.values("a") == [1, 2] && rows.values("b") == ["x\ry", "z"])
        // In a file of other line ends a CR is a character.
        if name == "d.csv" { #expect(try load("a,b\n1,x\ry\n", as: name).values("b") == ["x\ry"]) }
    }

    // MARK: JSON

    @Test("a .json of objects one after the other", arguments: ["\n", " ", "\n\n", "", "\r\n"])
    func objectsOneAfterTheOther(separator: String) throws {
        let text = ["{\"a\": 1, \"b\": \"}{\\\"\"}", "{\n\"a\": 2}", "{\"a\":3,\"c\":{\"d\":[{}]}}"]
        let rows = try load(text.joined(separator: separator), as: "d.json")
        #expect(try rows.values("a") == [1, 2, 3] && rows.values("b") == ["}{\"", .null, .null])
        #expect(try load("  " + text[0], as: "d.json").count == 1)
        let broken = try message { try load("{\"a\":1}\n{\"a\":}\n", as: "d.json") }
        #expect(broken.contains("d.json:2: expected a JSON value"), "\(broken)")
        let list = try message { try load("{\"a\":1}\n[1]\n", as: "d.json") }
        #expect(list.contains(":2: expected an object, found a list"), "\(list)")
    }

    @Test("the keys of nested objects keep their order")
    func nestedOrder() throws {
        let line = #"{"z":{"b":1,"a":{"y":[{"q":1,"p":2}],"x":2}},"a":0}"#
        try withFolder { folder in
            for name in ["d.jsonl", "d.json"] {
                try load(line, as: name).save(folder + "/" + name)
                let saved = String(decoding: try Files.read(folder + "/" + name), as: UTF8.self)
                #expect(saved.contains(line), "\(saved)")
            }
            // In a different order it is the same value.
            let other = #"{"z":{"a":{"x":2,"y":[{"p":2,"q":1}]},"b":1},"a":0}"#
            #expect(try load(line, as: "d.jsonl").fingerprint == load(other, as: "d.jsonl").fingerprint)
            #expect(try load(line + "\n" + other, as: "d.jsonl").dedup().count == 1)
        }
    }

    @Test("NaN and the infinities are read, and not saved as null")
    func infinities() throws {
        let text = #"{"n": NaN, "s": "NaN Infinity", "l": [-Infinity, {"x": Infinity}], "b": 1}"#
        for name in ["d.jsonl", "d.json"] {
            let rows = try load(text, as: name)
            #expect(try rows.values("n").first?.number?.isNaN == true)
            #expect(try rows.values("s") == ["NaN Infinity"])
            #expect(try rows.values("l") == [[.number(-.infinity), ["x": .number(.infinity)]]])
            try withFolder { folder in
                for saved in ["s.jsonl", "s.json", "s.csv", "s.tsv.gz"] {
                    let error = try #require(throws: LyceumError.self) { try rows.save(folder + "/" + saved) }
                    #expect(error.description.contains("column 'n', row 1"), "\(error)")
                    #expect(error.description.contains("NaN") && Files.list(folder).isEmpty)
                }
                let error = try #require(throws: LyceumError.self) {
                    try rows.select(["l"]).save(folder + "/l.jsonl")
                }
                #expect(error.description.contains("-Infinity"))
            }
        }
        #expect(
            try message { try load("{\"a\": NaN, \"b\": }", as: "d.jsonl") }.contains("expected a JSON value")
        )
        #expect(throws: LyceumError.self) { try load("{\"a\": Nan}", as: "d.jsonl") }
    }

    // MARK: Numbers

    @Test(
        "numbers that 64 bits do not hold as they are written are an error in JSON",
        arguments: [
            "12345678901234567890", "-98765432109876543210", "3.14159265358979323846", "1e400", "1e-400",
            "123456789012345678901234567890.5",
        ])
    func inexactNumbers(number: String) throws {
        for (name, line) in [
            ("d.jsonl", "{\"id\": \(number)}"), ("d.json", "[{\"id\": \(number)}]"),
            ("d.jsonl", "{\"a\": 1, \"id\": {\"deep\": [\(number)]}}"),
            ("d.json", "{\"id\":\(number)}{\"id\":1}"),
        ] {
            let text = try message { try load(line, as: name) }
            #expect(text.contains(number) && text.contains("column 'id'"), "\(text)")
            #expect(text.contains("types = { [\"id\"] = \"text\" }"), "\(text)")
            let nearest = try load(line, as: name, LoadOptions(types: ["id": .number]))
            if line.contains("deep") { continue }
            #expect(try nearest.values("id").first?.number == Double(number))
        }
        let texts = try load(
            "{\"id\": \(number), \"n\": 1.50}", as: "d.jsonl", LoadOptions(types: ["id": .text]))
        #expect(try texts.values("id") == [.string(number)] && texts.values("n") == [1.5])
    }

    @Test("numbers that 64 bits hold stay numbers")
    func exactNumbers() throws {
        let rows = try load(
            #"{"a": 9223372036854775807, "b": 0.1, "c": 0.30000000000000004, "d": 1e22, "e": 1.50, "f": 0.10000000000000001, "g": 1000000000000000019884624838656, "h": 5e-324, "i": -0.0, "j": 18446744073709551616}"#,
            as: "d.jsonl")
        let expected: [(String, Value)] = [
            ("a", .integer(.max)), ("b", 0.1), ("c", .number(0.1 + 0.2)), ("d", 1e22), ("e", 1.5), ("f", 0.1),
            ("g", 1e30), ("h", .number(.leastNonzeroMagnitude)), ("i", .number(-0.0)), ("j", .number(0x1p64)),
        ]
        for (column, value) in expected { #expect(try rows.values(column) == [value], "\(column)") }
    }

    @Test("in CSV such a column stays text, and is saved as it stood")
    func inexactCells() throws {
        let text =
            "a,b,c,d,e,f,g\r\n1e400,3.14159265358979323846,12345678901234567890,9223372036854775807,1e-400,1.5,2\r\n1,1,1,1,1,1.25,-3\r\n"
        let rows = try load(text, as: "d.csv")
        #expect(try rows.values("a") == ["1e400", "1"] && rows.values("e") == ["1e-400", "1"])
        #expect(try rows.values("b") == ["3.14159265358979323846", "1"])
        #expect(try rows.values("c") == ["12345678901234567890", "1"])
        #expect(try rows.values("d") == [.integer(.max), 1] && rows.values("f") == [1.5, 1.25])
        let typed = try load(
            text, as: "d.csv", LoadOptions(types: ["a": .number, "c": .number, "g": .text]))
        #expect(try typed.values("a") == [.number(.infinity), 1])
        #expect(try typed.values("c") == [.number(1.2345678901234567e19), 1])
        #expect(try typed.values("g") == ["2", "-3"])
    }

    @Test("types that do not fit are named with row and column")
    func types() throws {
        let csv = try message {
            try load("a,b\n1,x\n2,y\n", as: "d.csv", LoadOptions(types: ["b": .number]))
        }
        #expect(
            csv.contains("d.csv:2: row 1, column 'b': expected a number, as types says, got 'x'"), "\(csv)")
        let lines = try message {
            try load("{\"a\":1}\n{\"a\":\"x\"}\n", as: "d.jsonl", LoadOptions(types: ["a": .number]))
        }
        #expect(
            lines.contains("d.jsonl:2") && lines.contains("column 'a'") && lines.contains("'x'"), "\(lines)")
        let missing = try message { try load("a,b\n1,x\n", as: "d.csv", LoadOptions(types: ["c": .text])) }
        #expect(missing.contains("no column 'c'"))
        let converted = try load(
            "{\"a\":\"1\",\"b\":\"TRUE\",\"c\":1,\"d\":true}", as: "d.jsonl",
            LoadOptions(types: ["a": .number, "b": .boolean, "c": .text, "d": .text]))
        #expect(try converted.values("a") == [1] && converted.values("b") == [true])
        #expect(try converted.values("c") == ["1"] && converted.values("d") == ["true"])
        let codes = try load("zip,ok\n00501,true\n10001,\n", as: "d.csv", LoadOptions(types: ["zip": .text]))
        #expect(try codes.values("zip") == ["00501", "10001"] && codes.values("ok") == [true, .null])
    }

    // MARK: Encodings

    @Test("other encodings, by name or by their byte order mark")
    func encodings() throws {
        let text = "a,b\nnaïve,“x€”\n"
        let windows: [UInt8] = text.unicodeScalars.map { scalar in
            scalar.value < 0x100
                ? UInt8(scalar.value)
                : UInt8((TextEncoding.windowsCharacters.firstIndex(of: scalar.value) ?? 0) + 0x80)
        }
        let rows = try load(windows, as: "d.csv", LoadOptions(encoding: .windows1252))
        #expect(try rows.values("a") == ["naïve"] && rows.values("b") == ["“x€”"])
        let latin = try load(Array("a\n".utf8) + [0xE9, 0x0A], as: "d.csv", LoadOptions(encoding: .latin1))
        #expect(try latin.values("a") == ["é"])
        let wide = "{\"a\":\"né😀\"}\n{\"a\":\"x\"}\n"
        for (isBig, mark) in [(false, true), (true, true), (false, false)] {
            var bytes: [UInt8] = mark ? (isBig ? [0xFE, 0xFF] : [0xFF, 0xFE]) : []
            for unit in wide.utf16 {
                let (low, high) = (UInt8(unit & 0xFF), UInt8(unit >> 8))
                bytes += isBig ? [high, low] : [low, high]
            }
            let options = LoadOptions(encoding: mark ? .utf8 : .utf16)
            #expect(try load(bytes, as: "d.jsonl", options).values("a") == ["né😀", "x"])
            #expect(throws: LyceumError.self) {
                try load(Array(bytes.dropLast()), as: "d.jsonl", LoadOptions(encoding: .utf16))
            }
        }
        let undefined = try message {
            try load(Array("a\n".utf8) + [0x81], as: "d.csv", LoadOptions(encoding: .windows1252))
        }
        #expect(undefined.contains("0x81 at position 3"))
    }

    @Test(
        "bytes that are not UTF-8 are named by row, column, byte and the option",
        arguments: [
            ("d.csv", "a,b\nx,y\nx,n\u{1}z\n", "row 2, column 'b'"),
            ("d.jsonl", "{\"a\":1}\n{\"a\":2,\"b\":\"n\u{1}z\"}\n", "row 2, column 'b'"),
            ("d.json", "{\"a\":1}\n{\"a\":2,\"b\":\"n\u{1}z\"}\n", "row 2, column 'b'"),
            ("d.json", "[{\"a\":1},\n{\"a\":2,\"b\":[\"n\u{1}z\"]}]", "row 2, column 'b'"),
            ("d.csv", "a,n\u{1}\nx,y\n", "the header, column 2"),
        ])
    func bytesThatAreNoText(name: String, text: String, place: String) throws {
        let bytes = text.utf8.map { $0 == 1 ? 0xE9 : $0 }
        let error = try message { try load(bytes, as: name) }
        #expect(error.contains(place) && error.contains("0xe9"), "\(error)")
        #expect(error.contains("encoding = \"windows-1252\""), "\(error)")
        #expect(try load(bytes, as: name, LoadOptions(encoding: .latin1)).count > 0)
    }

    // MARK: Folders, sizes

    @Test("hidden files in a folder are not data")
    func hiddenFiles() throws {
        try withFolder { folder in
            try Files.write("{\"a\":1}\n", to: folder + "/part.jsonl")
            try Files.write([0, 5, 22, 7], to: folder + "/._part.jsonl")
            try Files.write("x", to: folder + "/.hidden.csv")
            try Files.write("x", to: folder + "/.part.jsonl.swp")
            #expect(try Dataset.load(folder).count == 1)
            #expect(try Dataset.load(folder + "/*.jsonl").count == 1)
        }
    }

    @Test("rows that have nothing in common cost in proportion to the file")
    func sparseColumns() throws {
        let count = 10_000
        let text = (0..<count).map { "{\"id\":\($0),\"k\($0)\":\"v\($0)\"}" }.joined(separator: "\n")
        let before = residentMegabytes()
        let rows = try load(text, as: "d.jsonl")
        #expect(rows.count == count && rows.columns.count == count + 1)
        #expect(residentMegabytes() - before < 200)
        #expect(try rows.values("k77")[77] == "v77" && rows.values("k77")[78] == .null)
        try withFolder { folder in
            let few = try rows.take(40)
            try few.save(folder + "/s.jsonl")
            let saved = String(decoding: try Files.read(folder + "/s.jsonl"), as: UTF8.self)
            #expect(saved == (0..<40).map { "{\"id\":\($0),\"k\($0)\":\"v\($0)\"}\n" }.joined())
        }
    }

    @Test("loading is cancelled while one long line is gathered")
    func aLongLineIsCancelled() throws {
        try withFolder { folder in
            let path = folder + "/d.jsonl"
            try Files.write([UInt8](repeating: 0x20, count: 5 << 20), to: path)
            let job = Job.silent()
            job.cancel()
            for name in ["d.jsonl", "d.json", "d.csv"] {
                rename(path, folder + "/" + name)
                #expect(throws: LyceumError.cancelled("")) {
                    _ = try Dataset.load(folder + "/" + name, job: job)
                }
                rename(folder + "/" + name, path)
            }
        }
    }

    private func residentMegabytes() -> Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096 >> 20
    }
}
