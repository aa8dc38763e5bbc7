extension JSON {
    /// A field of an object.
    public struct Field: Sendable, Hashable {
        /// The key.
        public let name: String
        /// The value.
        public let value: Value

        /// Makes a field.
        public init(name: String, value: Value) {
            self.name = name
            self.value = value
        }
    }

    /// Reads JSON Lines whose every line is an object; the fields keep the order of the text.
    ///
    /// - Parameters:
    ///   - bytes: the lines, UTF-8, ended by LF, CR LF or CR. Blank ones are skipped.
    ///   - name: what to call it in errors: the path of a file.
    ///   - numbers: what becomes of the numbers in a field, by its name; nil keeps the nearest.
    ///   - body: receives each object with its line, counted from 1. What it throws ends the reading.
    /// - Throws: `LyceumError.file` with the line and what was found there, or what `body` throws.
    public static func decodeObjectLines(
        _ bytes: [UInt8], name: String, numbers: FieldNumbers? = nil,
        _ body: (_ line: Int, _ fields: [Field]) throws -> Void
    ) throws {
        try forEachLine(of: bytes, name: name, numbers: numbers?.parsing ?? .nearest) { line, reader in
            guard let fields = try reader.nextFields(numbers, name, line) else {
                throw LyceumError.file(
                    path: name, line: line, problem: "expected an object, found \(reader.next().shown)",
                    remedy: nil)
            }
            try body(line, fields)
        }
    }

    /// What becomes of the numbers in the fields of an object.
    public struct FieldNumbers: Sendable {
        /// By the name of a field; `exact` for all others.
        public let byName: [String: Numbers]

        /// Numbers are exact, save in these fields.
        public init(_ byName: [String: Numbers] = [:]) { self.byName = byName }

        /// What the parser has to mark for it.
        fileprivate var parsing: Numbers { byName.values.contains(.text) ? .text : .exact }
    }

    /// Reads a document that is a list of objects, or objects one after the other with white space between them; the
    /// fields keep the order of the text.
    ///
    /// - Parameters:
    ///   - bytes: the document, UTF-8.
    ///   - name: what to call it in errors: the path of a file.
    ///   - numbers: what becomes of the numbers in a field, by its name; nil keeps the nearest.
    ///   - body: receives each object with its place, counted from 1. What it throws ends the reading.
    /// - Throws: `LyceumError.file` with what was found, or what `body` throws.
    public static func decodeObjectList(
        _ bytes: [UInt8], name: String, numbers: FieldNumbers? = nil,
        _ body: (_ place: Int, _ fields: [Field]) throws -> Void
    ) throws {
        let parser = try JSONParser(numbers: numbers?.parsing ?? .nearest)
        // The nodes belong to the parser.
        defer { withExtendedLifetime(parser) {} }
        try bytes.withUnsafeBufferPointer { all in
            let text = withoutByteOrderMark(all[...])
            if text.first(where: { !isSpace($0) }) == UInt8(ascii: "{") {
                return try decodeObjects(text, in: all, name: name, parser, numbers, body)
            }
            var reader = try parser.parse(text, in: all, name: name)
            guard let count = reader.nextListCount() else {
                throw LyceumError.file(
                    path: name, line: nil,
                    problem: "expected a list of objects, found \(reader.next().shown)",
                    remedy: "a .json file holds a list of objects, or objects one after the other")
            }
            for place in 0..<count {
                guard let fields = try reader.nextFields(numbers, name, nil, place: place + 1) else {
                    throw LyceumError.file(
                        path: name, line: nil,
                        problem: "element \(place + 1): expected an object, found \(reader.next().shown)",
                        remedy: nil)
                }
                try body(place + 1, fields)
            }
        }
    }
}

extension JSON {
    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    /// Reads objects one after the other.
    private static func decodeObjects(
        _ text: Slice<UnsafeBufferPointer<UInt8>>, in all: UnsafeBufferPointer<UInt8>, name: String,
        _ parser: JSONParser, _ numbers: FieldNumbers?,
        _ body: (_ place: Int, _ fields: [Field]) throws -> Void
    ) throws {
        var rest = text
        var line = 1
        var count = 0
        func skip(to end: Int) {
            for byte in rest[..<end] where byte == 0x0A { line += 1 }
            rest = rest[end...]
        }
        while true {
            let start = rest.firstIndex { !isSpace($0) } ?? rest.endIndex
            skip(to: start)
            if rest.isEmpty { return }
            let end = endOfDocument(rest)
            var reader = try parser.parse(rest[..<end], in: all, name: name, firstLine: line)
            count += 1
            guard let fields = try reader.nextFields(numbers, name, line) else {
                throw LyceumError.file(
                    path: name, line: line, problem: "expected an object, found \(reader.next().shown)",
                    remedy: "a .json file holds a list of objects, or objects one after the other")
            }
            try body(count, fields)
            skip(to: end)
        }
    }

    /// Behind the object or list that a text begins with; behind the line for anything else.
    private static func endOfDocument(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Int {
        var depth = 0
        var place = text.startIndex
        while place < text.endIndex {
            switch text[place] {
            case UInt8(ascii: "\""): place = JSONMarkedNumbers.endOfString(text, from: place + 1)
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                place += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                place += 1
                if depth <= 0 { return place }
            case 0x0A where depth == 0: return place
            default: place += 1
            }
        }
        return place
    }
}

extension JSONNodeReader {
    /// The fields of the next value; nil, and nothing read, if it is not an object.
    ///
    /// - Throws: `LyceumError.file` for a number that is not held as it is written, where it should be.
    fileprivate mutating func nextFields(
        _ numbers: JSON.FieldNumbers?, _ name: String, _ line: Int?, place: Int? = nil
    ) throws -> [JSON.Field]? {
        guard let numbers, isMarked else { return nextFields() }
        var column = ""
        var faulty: String?
        let fields = nextFields { reader, field in
            if reader.inexact != nil, faulty == nil { faulty = column }
            column = field
            reader.numbers = numbers.byName[field] ?? .exact
        }
        guard let number = inexact else { return fields }
        inexact = nil
        let field = faulty ?? column
        throw LyceumError.file(
            path: name, line: line,
            problem: (place.map { "element \($0): " } ?? "")
                + "column '\(field)': the number \(number) cannot be held as it is written: 64 bits are too few",
            remedy:
                "types = { [\"\(field)\"] = \"text\" } keeps it as text, \"number\" takes the nearest number")
    }
}

extension JSON {
    /// The fields of an object inside a document, in the order of the text and with keys as they are spelt: of keys
    /// that Unicode takes for equal ("é" as one scalar and as two) a dictionary would keep one.
    ///
    /// - Parameters:
    ///   - bytes: the document, UTF-8.
    ///   - path: the keys that lead to the object.
    ///   - name: what to call the document in errors: the path of a file.
    /// - Returns: nil if there is no such object.
    /// - Throws: `LyceumError.file` if the document is not JSON.
    public static func fields(_ bytes: [UInt8], at path: [String], name: String) throws -> [Field]? {
        let parser = try JSONParser()
        // The nodes belong to the parser.
        defer { withExtendedLifetime(parser) {} }
        return try bytes.withUnsafeBufferPointer { all in
            var reader = try parser.parse(withoutByteOrderMark(all[...]), in: all, name: name)
            return reader.nextFields(at: path[...])
        }
    }
}

extension Value {
    /// The value in a few words, for an error: "the string 'abc'".
    fileprivate var shown: String {
        switch self {
        case .null: return "null"
        case .bool, .integer, .number: return text
        case .string(let text): return "the string '\(DisplayWidth.cut(DisplayWidth.oneLine(text), to: 40))'"
        case .list: return "a list"
        case .object: return "an object"
        }
    }
}
