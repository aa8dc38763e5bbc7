import LyceumKit
import TestSupport
import Testing

@testable import Corpus

@Suite struct DelimitedTests {
    private func load(_ text: String, as name: String = "data.csv") throws -> Dataset {
        try withFolder { folder in
            let path = Files.join(folder, name)
            try Files.write(text, to: path)
            return try Dataset.load(path)
        }
    }

    @Test func readsWhatTheStandardAllows() throws {
        // RFC 4180, section 2, rules 1 to 7.
        let dataset = try load("a,b,c\r\n\"b\r\nb\",\"say \"\"hi\"\"\",\"x,y\"\r\n1 2,,\"\"\r\n")
        #expect(dataset.columns == ["a", "b", "c"])
        #expect(try dataset.values("a") == ["b\r\nb", "1 2"])
        #expect(try dataset.values("b") == ["say \"hi\"", .null])
        #expect(try dataset.values("c") == ["x,y", ""])
    }

    @Test func lineEndsBlankLinesAndMarksAreNoData() throws {
        let dataset = try load("\u{FEFF}a\tb\n\nx\t\"y\nz\"\n\nü\tb\"c", as: "data.TSV")
        #expect(dataset.columns == ["a", "b"])
        #expect(try dataset.values("a") == ["x", "ü"])
        #expect(try dataset.values("b") == ["y\nz", "b\"c"])
    }

    @Test func columnsHaveTheTypeThatAllCellsHave() throws {
        let dataset = try load(
            """
            whole,number,flag,text,code,quoted,id,gap
            1,1,true,1,007,"1",12345678901234567890,
            -20,2.5,false,x,12,"2",1,3
            0,-1e-3,true,,1,"3",2,
            """)
        #expect(try dataset.values("whole") == [1, -20, 0])
        #expect(try dataset.values("number") == [1, 2.5, -0.001])
        #expect(try dataset.values("flag") == [true, false, true])
        #expect(try dataset.values("text") == ["1", "x", .null])
        #expect(try dataset.values("code") == ["007", "12", "1"])
        #expect(try dataset.values("quoted") == ["1", "2", "3"])
        #expect(try dataset.values("id") == ["12345678901234567890", "1", "2"])
        #expect(try dataset.values("gap") == [.null, 3, .null])
    }

    @Test(arguments: [
        ("a,b\n1,2\n\n1,2,3\n", "data.csv:4: 3 cells, but the header has 2"),
        ("a,b\n1\n", "data.csv:2: 1 cells, but the header has 2"),
        ("a,b\n1,\"2\nx\n", "data.csv:2: a quote that is opened here is never closed"),
        ("a,b\n\"x\ny\",2\n1,\"2\"x\n", "data.csv:4: text behind a closing quote"),
        ("a,a\n1,2\n", "data.csv:1: the header names column 'a' twice"), ("", "data.csv is empty"),
        ("a,b\n", "data.csv is empty"),
    ])
    func faultsAreNamed(text: String, message: String) throws {
        let error = try #require(throws: LyceumError.self) { try load(text) }
        #expect(error.description.contains(message), "\(error)")
    }

    @Test func bytesThatAreNoTextAreRefused() throws {
        try withFolder { folder in
            let path = Files.join(folder, "data.csv")
            try Files.write(Array("a\nx\n".utf8) + [0xFF, 0x0A], to: path)
            let error = try #require(throws: LyceumError.self) { try Dataset.load(path) }
            #expect(
                error.description.contains(
                    "data.csv:3: row 2, column 'a': byte 0xff at position 1 is not UTF-8"))
        }
    }

    /// Pieces that end anywhere give the same rows.
    @Test func piecesMayEndAnywhere() throws {
        var text = "id,text\r\n"
        var expected: [Value] = []
        for i in 0..<60_000 {
            text += "\(i),\"line \(i)\r\n\"\"quoted\"\", with \(String(repeating: "é", count: i % 90))\"\r\n"
            expected.append(.string("line \(i)\r\n\"quoted\", with \(String(repeating: "é", count: i % 90))"))
        }
        let dataset = try load(text)
        #expect(text.utf8.count > 5 << 20)
        #expect(try dataset.values("id") == (0..<60_000).map(Value.integer))
        #expect(try dataset.values("text") == expected)
    }

    @Test func savingAndLoadingKeepsEveryValue() throws {
        let rows: [[String: Value]] = [
            ["t": "plain", "n": 1, "f": 0.5, "b": true], ["t": "", "n": .null, "f": -2.0, "b": false],
            ["t": .null, "n": -7, "f": 1e300, "b": .null],
            ["t": "a,b\tc\"d\r\ne", "n": 0, "f": .null, "b": true],
            ["t": "12", "n": 5, "f": 0.1, "b": true], ["t": "true", "n": 6, "f": 2.5, "b": true],
        ]
        let dataset = Dataset(records: rows, columns: ["t", "n", "f", "b"])
        try withFolder { folder in
            for name in ["d.csv", "d.tsv", "d.json", "d.jsonl", "d.csv.gz", "d.json.gz", "d.jsonl.gz"] {
                let path = Files.join(folder, name)
                try dataset.save(path)
                #expect(try Dataset.load(path).fingerprint == dataset.fingerprint, "\(name)")
            }
            let names = try dataset.rename(["t": "a,\"b"])
            try names.save(folder + "/names.csv")
            #expect(try Dataset.load(folder + "/names.csv").columns == names.columns)
        }
    }
}
