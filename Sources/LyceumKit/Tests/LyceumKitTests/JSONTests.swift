import LyceumKit
import Testing

@Suite struct JSONTests {
    @Test func readsEveryKind() throws {
        let value = try JSON.decode(
            #" {"a": [1, -2.5, true, false, null], "ü": {"x": "q\"\\\n\u00e9\ud83d\ude00"}, "e": {}, "l": []} "#,
            name: "t")
        #expect(
            value
                == .object([
                    "a": [1, -2.5, true, false, .null], "ü": ["x": "q\"\\\né😀"], "e": [:], "l": [],
                ]))
    }

    @Test func keepsIntegersAndWidensTheRest() throws {
        #expect(try JSON.decode("9223372036854775807", name: "t") == .integer(.max))
        #expect(try JSON.decode("-9223372036854775808", name: "t") == .integer(.min))
        #expect(try JSON.decode("9223372036854775808", name: "t") == .number(9223372036854775808))
        #expect(
            try JSON.decode(
                #"{"model_max_length": 1000000000000000019884624838656, "s": "12345678901234567890123"}"#,
                name: "t")
                == ["model_max_length": 1e30, "s": "12345678901234567890123"])
        #expect(
            try JSON.decode("[123456789012345678901234,1.5e3]", name: "t") == [
                1.23456789012345678901234e23, 1500.0,
            ])
        #expect(
            try JSON.decode("[99999999999999999999, 1e-12345678901234567890]", name: "t")
                == [1e20, 0.0])
    }

    @Test func laterOfTwoKeysWins() throws {
        #expect(try JSON.decode(#"{"a":1,"a":2}"#, name: "t") == ["a": 2])
    }

    @Test func skipsAByteOrderMark() throws {
        #expect(try JSON.decode([0xEF, 0xBB, 0xBF] + Array("[1]".utf8), name: "t") == [1])
    }

    @Test(arguments: [
        ("", "expected a JSON value, found the end"),
        ("[1,\n 2,]", "t:2: expected a JSON value, found ']'"),
        ("{\"a\" 1}", "expected ':' after a key, found '1}'"),
        ("{a: 1}", "expected a key in double quotes, found 'a: 1}'"),
        ("{\"a\": 1\n\n \"b\": 2}", "t:3: expected ',' or '}', found '\"b\": 2}'"),
        ("[1", "expected ',' or ']', found the end"),
        ("[1] x", "expected the end after one JSON value, found 'x'"),
        ("[\"abc]", "a string that is never closed: '\"abc]'"),
        ("[\"a\tb\"]", "a control character (byte 0x9) inside a string must be escaped"),
        (#"["\x"]"#, "unknown escape, found '\\x\"]'"),
        (#"["\ud800"]"#, "half of a surrogate pair"),
        ("[01]", "no JSON number: '01]'"),
        ("[1.]", "no JSON number"),
        ("[-]", "no JSON number"),
        ("[+1]", "expected a JSON value, found '+1]'"),
        ("[Nan]", "expected a JSON value, found 'Nan]'"), ("[-e3]", "no JSON number"),
        ("[NaN", "found the end"),
        ("[NaN, +1]", "expected a JSON value, found '+1]'"), ("[-Infinity, 01]", "no JSON number: '01]'"),
        ("[1e999]", "a number is out of range: '1e999]'"),
        ("<html>", "expected a JSON value, found '<html>'"),
    ])
    func namesTheFault(text: String, problem: String) throws {
        let error = try #require(throws: LyceumError.self) { try JSON.decode(text, name: "t") }
        #expect(error.description.contains(problem), "\(error)")
        #expect(error.description.hasPrefix("t:"))
    }

    @Test func namesInvalidUTF8() throws {
        let error = try #require(throws: LyceumError.self) {
            try JSON.decode(Array("[1,\n\"".utf8) + [0xFF] + Array("\"]".utf8), name: "t")
        }
        #expect(error.description == "t:2: is not UTF-8: byte 0xff is out of place")
    }

    @Test func refusesDeepNesting() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(throws: Never.self) { try JSON.decode(nested(1000), name: "t") }
        let error = try #require(throws: LyceumError.self) { try JSON.decode(nested(5000), name: "t") }
        #expect(error.description.contains("is nested more than 1024 deep"))
    }

    @Test func readsLines() throws {
        var seen: [Int: Value] = [:]
        try JSON.decodeLines(Array("{\"a\":1}\r\n\n  \n[2]\n\"end\"".utf8), name: "t") { seen[$0] = $1 }
        #expect(seen == [1: ["a": 1], 4: [2], 5: "end"])
    }

    @Test func namesTheLine() throws {
        var count = 0
        let error = try #require(throws: LyceumError.self) {
            try JSON.decodeLines(Array("{\"a\":1}\n{\"a\":2}\n{\"a\":\n{\"a\":4}".utf8), name: "t.jsonl") {
                _, _ in
                count += 1
            }
        }
        #expect(count == 2)
        #expect(error.description == "t.jsonl:3: expected a JSON value, found the end")
    }

    @Test func writesSortedAndEscaped() {
        let value: Value = ["b": [1, 2.0, .null, true], "a": "é\"\\\n\u{1}\u{1f}/", "c": [:], "d": []]
        #expect(
            JSON.encode(value)
                == #"{"a":"é\"\\\n\u0001\u001f/","b":[1,2.0,null,true],"c":{},"d":[]}"#)
        #expect(
            JSON.encode(["b": [1, 2], "a": [:]], pretty: true)
                == "{\n  \"a\": {},\n  \"b\": [\n    1,\n    2\n  ]\n}")
        #expect(JSON.encode([.number(.nan), .number(.infinity), .number(-.infinity)]) == "[null,null,null]")
    }

    @Test func numbersSurviveTheRoundTrip() throws {
        var generator = SeededGenerator(seed: 7)
        var numbers: [Value] = [
            .number(0.1), .number(.leastNonzeroMagnitude), .number(-0.0), .number(.greatestFiniteMagnitude),
        ]
        while numbers.count < 5000 {
            let number = Double(bitPattern: generator.next())
            if number.isFinite { numbers.append(.number(number)) }
        }
        #expect(try JSON.decode(JSON.encode(.list(numbers)), name: "t") == .list(numbers))
    }
}

@Suite struct JSONFaultTests {
    /// Whatever simdjson refuses, the scanner finds a reason for; nothing crashes.
    @Test func everyRefusalHasAReason() throws {
        let document = Array(
            #"{"a": [1, -2.5e3, true, null, "x\u00e9\n"], "b": {"é漢": {}}, "c": [[], 0]}"#.utf8)
        let pieces = Array(#"{}[],:"\ue.-+0129tfn "#.utf8) + [0x00, 0x0A, 0x80, 0xC3, 0xED, 0xF4, 0xFF]
        var generator = SeededGenerator(seed: 11)
        var refused = 0
        for _ in 0..<20_000 {
            var bytes = document
            for _ in 0...generator.index(below: 3) {
                let place = generator.index(below: bytes.count)
                switch generator.index(below: 4) {
                case 0: bytes.remove(at: place)
                case 1: bytes.insert(pieces[generator.index(below: pieces.count)], at: place)
                case 2: bytes[place] = pieces[generator.index(below: pieces.count)]
                default: bytes.removeLast(min(place, 10))
                }
            }
            do {
                let value = try JSON.decode(bytes, name: "t")
                #expect(try JSON.decode(JSON.encode(value), name: "t") == value)
            } catch let error as LyceumError {
                refused += 1
                #expect(
                    !error.description.hasSuffix("is not a valid JSON"),
                    "\(String(decoding: bytes, as: UTF8.self))")
            }
        }
        #expect(refused > 5000)
    }
}

@Suite struct JSONObjectTests {
    @Test func fieldsKeepTheirOrder() throws {
        var rows: [[String]] = []
        try JSON.decodeObjectLines(Array("{\"b\":1,\"a\":[{}],\"c\":{\"x\":1}}\n{\"c\":2}".utf8), name: "t") {
            rows.append($1.map { "\($0.name)=\($0.value.text)" })
        }
        #expect(rows == [["b=1", "a=[{}]", "c={\"x\":1}"], ["c=2"]])
        rows = []
        try JSON.decodeObjectList(Array("[{\"b\":1,\"a\":2},{}]".utf8), name: "t") {
            rows.append([String($0)] + $1.map(\.name))
        }
        #expect(rows == [["1", "b", "a"], ["2"]])
    }

    @Test func nestedFieldsKeepTheirOrder() throws {
        let text = #"{"z":1,"a":{"y":[{"q":1,"p":2}],"x":2},"m":{}}"#
        let value = try JSON.decode(text, name: "t")
        #expect(JSON.encode(value) == text)
        #expect(value.fields?.names == ["z", "a", "m"])
        let other = try JSON.decode(#"{"m":{},"a":{"x":2,"y":[{"p":2,"q":1}]},"z":1}"#, name: "t")
        #expect(value == other && value.hashValue == other.hashValue)
        // Of two equal keys the later wins, in the place of the first.
        #expect(JSON.encode(try JSON.decode(#"{"b":1,"a":2,"b":3}"#, name: "t")) == #"{"b":3,"a":2}"#)
        #expect(JSON.encode(.object(["b": 1, "a": 2])) == #"{"a":2,"b":1}"#)
    }

    @Test func refusesWhatIsNoObject() throws {
        var error = try #require(throws: LyceumError.self) {
            try JSON.decodeObjectLines(Array("{}\n\n[1]\n".utf8), name: "t") { _, _ in }
        }
        #expect(error.description == "t:3: expected an object, found a list")
        error = try #require(throws: LyceumError.self) {
            try JSON.decodeObjectList(Array("[{}, \"a\\u001bb\"]".utf8), name: "t") { _, _ in }
        }
        #expect(error.description == "t: element 2: expected an object, found the string 'a·b'")
        error = try #require(throws: LyceumError.self) {
            try JSON.decodeObjectList(Array("3".utf8), name: "t") { _, _ in }
        }
        #expect(error.description.hasPrefix("t: expected a list of objects, found 3; a .json file holds"))
    }
}
