/// Reads and writes JSON and JSON Lines; the reading is simdjson's.
public enum JSON {
    /// Reads one document.
    ///
    /// Whole numbers that fit 64 bits become integers, all others floating-point numbers; `NaN`, `Infinity` and
    /// `-Infinity`, as Python writes them, are such, too. Of two equal keys the later wins. A byte order mark is
    /// skipped.
    ///
    /// - Parameters:
    ///   - bytes: the document, UTF-8.
    ///   - name: what to call it in errors: the path of a file.
    ///   - numbers: what becomes of a number that 64 bits do not hold as it is written.
    /// - Throws: `LyceumError.file` with the line and what was found there.
    public static func decode(
        _ bytes: [UInt8], name: String, numbers: Numbers = .nearest
    ) throws -> Value {
        try bytes.withUnsafeBufferPointer { all in
            let parser = try JSONParser(numbers: numbers)
            var reader = try parser.parse(withoutByteOrderMark(all[...]), in: all, name: name)
            // The nodes belong to the parser.
            let value = withExtendedLifetime(parser) { reader.next() }
            if let number = reader.inexact {
                throw LyceumError.file(
                    path: name, line: nil,
                    problem: "the number \(number) cannot be held as it is written: 64 bits are too few",
                    remedy: "write it as a string")
            }
            return value
        }
    }

    /// Reads a document out of a text.
    public static func decode(_ text: String, name: String) throws -> Value {
        try decode(Array(text.utf8), name: name)
    }

    /// Reads JSON Lines: one document a line, blank lines skipped.
    ///
    /// - Parameters:
    ///   - bytes: the lines, UTF-8, ended by LF, CR LF or CR.
    ///   - name: what to call it in errors: the path of a file.
    ///   - body: receives each value with its line, counted from 1. What it throws ends the reading.
    /// - Throws: `LyceumError.file` with the line and what was found there, or what `body` throws.
    public static func decodeLines(
        _ bytes: [UInt8], name: String, _ body: (_ line: Int, _ value: Value) throws -> Void
    ) throws {
        try forEachLine(of: bytes, name: name) { line, reader in try body(line, reader.next()) }
    }

    static func forEachLine(
        of bytes: [UInt8], name: String, numbers: Numbers = .nearest,
        _ body: (_ line: Int, _ reader: inout JSONNodeReader) throws -> Void
    ) throws {
        let parser = try JSONParser(numbers: numbers)
        try bytes.withUnsafeBufferPointer { all in
            var rest = withoutByteOrderMark(all[...])
            var line = 0
            let lineFeed = UInt8(ascii: "\n")
            // Old Macs ended lines in CR alone.
            let lineEnd = rest.contains(lineFeed) ? lineFeed : UInt8(ascii: "\r")
            while !rest.isEmpty {
                line += 1
                let end = rest.firstIndex(of: lineEnd) ?? rest.endIndex
                let text = rest[..<end]
                rest = end < rest.endIndex ? rest[(end + 1)...] : rest[end...]
                if text.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
                var reader = try parser.parse(text, in: all, name: name, firstLine: line)
                try withExtendedLifetime(parser) { try body(line, &reader) }
            }
        }
    }

    static func withoutByteOrderMark(
        _ bytes: Slice<UnsafeBufferPointer<UInt8>>
    ) -> Slice<UnsafeBufferPointer<UInt8>> {
        bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes
    }
}
