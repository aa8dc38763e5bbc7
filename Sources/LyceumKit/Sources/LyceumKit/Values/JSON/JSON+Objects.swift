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
    ///   - bytes: the lines, UTF-8, ended by LF or CR LF. Blank ones are skipped.
    ///   - name: what to call it in errors: the path of a file.
    ///   - body: receives each object with its line, counted from 1. What it throws ends the reading.
    /// - Throws: `LyceumError.file` with the line and what was found there, or what `body` throws.
    public static func decodeObjectLines(
        _ bytes: [UInt8], name: String, _ body: (_ line: Int, _ fields: [Field]) throws -> Void
    ) throws {
        try forEachLine(of: bytes, name: name) { line, reader in
            guard let fields = reader.nextFields() else {
                throw LyceumError.file(
                    path: name, line: line, problem: "expected an object, found \(reader.next().shown)",
                    remedy: nil)
            }
            try body(line, fields)
        }
    }

    /// Reads a document that is a list of objects; the fields keep the order of the text.
    ///
    /// - Parameters:
    ///   - bytes: the document, UTF-8.
    ///   - name: what to call it in errors: the path of a file.
    ///   - body: receives each object with its place in the list, counted from 1. What it throws ends the
    ///     reading.
    /// - Throws: `LyceumError.file` with what was found, or what `body` throws.
    public static func decodeObjectList(
        _ bytes: [UInt8], name: String, _ body: (_ place: Int, _ fields: [Field]) throws -> Void
    ) throws {
        let parser = try JSONParser()
        // The nodes belong to the parser.
        defer { withExtendedLifetime(parser) {} }
        try bytes.withUnsafeBufferPointer { all in
            var reader = try parser.parse(withoutByteOrderMark(all[...]), in: all, name: name)
            guard let count = reader.nextListCount() else {
                throw LyceumError.file(
                    path: name, line: nil,
                    problem: "expected a list of objects, found \(reader.next().shown)",
                    remedy: "if it holds one object a line, call it .jsonl")
            }
            for place in 0..<count {
                guard let fields = reader.nextFields() else {
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
    /// The fields of an object inside a document, in the order of the text and with keys as they are spelt: of keys
    /// that Unicode takes for equal ("é" as one scalar and as two) a dictionary would keep one.
    ///
    /// - Parameters:
    ///   - bytes: the document, UTF-8.
    ///   - path: the keys that lead to the object.
    ///   - name: what to call the document in errors: the path of a file.
    /// - Returns: nil if there is no such object.
    /// - Throws: `LyceumError.file` if the document is no JSON.
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
