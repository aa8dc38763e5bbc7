import CSimdjson

/// What is wrong with a text that is not JSON, and where. simdjson says only that it is wrong; this scanner reads
/// the text once more, slowly, to tell the person who has to fix it.
struct JSONFault {
    /// What was found and what was expected.
    let problem: String
    /// The line, counted from 0 within the text.
    let line: Int

    /// The error, for a text that begins on line `firstLine` of `name`.
    func error(name: String, firstLine: Int) -> LyceumError {
        .file(path: name, line: firstLine + line, problem: problem, remedy: nil)
    }

    /// Finds the first fault; if the scanner sees none, the parser's status is all that can be told.
    static func find(in text: Slice<UnsafeBufferPointer<UInt8>>, status: CSimdjsonStatus) -> JSONFault {
        if let place = firstInvalidUTF8(in: text) {
            return JSONFault(
                problem: "is not UTF-8: byte 0x\(String(text[place], radix: 16)) is out of place",
                line: newlines(in: text[..<place]))
        }
        var scanner = JSONScanner(text: text)
        do {
            try scanner.scanDocument()
        } catch {
            return JSONFault(problem: error.problem, line: newlines(in: text[..<error.place]))
        }
        let problem =
            switch status {
            case CSIMDJSON_NO_SPACE: "is too large to be read as one JSON document (4 GB at most)"
            case CSIMDJSON_NUMBER_RANGE: "a number is out of range"
            default: "is not a valid JSON"
            }
        return JSONFault(problem: problem, line: 0)
    }

    private static func newlines(in text: Slice<UnsafeBufferPointer<UInt8>>) -> Int {
        text.reduce(0) { $0 + ($1 == 0x0A ? 1 : 0) }
    }

    private static func firstInvalidUTF8(in text: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
        var decoder = UTF8()
        var rest = text.makeIterator()
        var place = text.startIndex
        while true {
            switch decoder.decode(&rest) {
            case .scalarValue(let scalar): place += UTF8.width(scalar)
            case .emptyInput: return nil
            case .error: return place < text.endIndex ? place : nil
            }
        }
    }
}

/// A strict JSON scanner that stops at the first fault.
private struct JSONScanner {
    struct Stop: Error {
        let problem: String
        let place: Int
    }

    let text: Slice<UnsafeBufferPointer<UInt8>>
    var place: Int
    var depth = 0

    init(text: Slice<UnsafeBufferPointer<UInt8>>) {
        self.text = text
        place = text.startIndex
    }

    mutating func scanDocument() throws(Stop) {
        skipSpace()
        try scanValue()
        skipSpace()
        if place < text.endIndex { throw stop("expected the end after one JSON value") }
    }

    private var current: UInt8? { place < text.endIndex ? text[place] : nil }

    private mutating func skipSpace() {
        while let byte = current, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { place += 1 }
    }

    private mutating func scanValue() throws(Stop) {
        switch current ?? 0 {
        case UInt8(ascii: "{"): try scanGroup(close: UInt8(ascii: "}"), isObject: true)
        case UInt8(ascii: "["): try scanGroup(close: UInt8(ascii: "]"), isObject: false)
        case UInt8(ascii: "\""): try scanString()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try scanNumber()
        default:
            for word in ["true", "false", "null", "NaN", "Infinity"]
            where text[place...].starts(with: word.utf8) {
                place += word.utf8.count
                return
            }
            throw stop("expected a JSON value")
        }
    }

    private mutating func scanGroup(close: UInt8, isObject: Bool) throws(Stop) {
        depth += 1
        if depth > Int(CSIMDJSON_MAX_DEPTH) {
            throw Stop(problem: "is nested more than \(CSIMDJSON_MAX_DEPTH) deep", place: place)
        }
        place += 1
        skipSpace()
        if current == close {
            place += 1
            depth -= 1
            return
        }
        while true {
            if isObject {
                if current != UInt8(ascii: "\"") { throw stop("expected a key in double quotes") }
                try scanString()
                skipSpace()
                if current != UInt8(ascii: ":") { throw stop("expected ':' after a key") }
                place += 1
                skipSpace()
            }
            try scanValue()
            skipSpace()
            if current == close { break }
            if current != UInt8(ascii: ",") { throw stop("expected ',' or '\(Unicode.Scalar(close))'") }
            place += 1
            skipSpace()
        }
        place += 1
        depth -= 1
    }

    private mutating func scanString() throws(Stop) {
        let start = place
        place += 1
        while let byte = current {
            if byte == UInt8(ascii: "\"") {
                place += 1
                return
            }
            if byte < 0x20 {
                throw Stop(
                    problem:
                        "a control character (byte 0x\(String(byte, radix: 16))) inside a string must be "
                        + "escaped, as in \\n",
                    place: place)
            }
            if byte == UInt8(ascii: "\\") { try scanEscape() } else { place += 1 }
        }
        throw Stop(problem: "a string that is never closed: \(excerpt(from: start))", place: start)
    }

    private mutating func scanEscape() throws(Stop) {
        let escape = text[place...].dropFirst().first
        if let escape, "\"\\/bfnrt".utf8.contains(escape) {
            place += 2
            return
        }
        guard escape == UInt8(ascii: "u"), let unit = codeUnit(at: place) else {
            throw stop("unknown escape")
        }
        place += 6
        if unit & 0xF800 != 0xD800 { return }
        guard unit < 0xDC00, let low = codeUnit(at: place), low & 0xFC00 == 0xDC00 else {
            place -= 6
            throw stop("half of a surrogate pair")
        }
        place += 6
    }

    /// The number in a `\uXXXX` at `start`.
    private func codeUnit(at start: Int) -> UInt16? {
        guard text.endIndex - start >= 6, text[start] == UInt8(ascii: "\\"),
            text[start + 1] == UInt8(ascii: "u")
        else { return nil }
        let digits = text[(start + 2)..<(start + 6)]
        guard digits.allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }) else { return nil }
        return UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    }

    private mutating func scanNumber() throws(Stop) {
        let start = place
        if text[place...].starts(with: "-Infinity".utf8) {
            place += 9
            return
        }
        while let byte = current, "+-.eE0123456789".utf8.contains(byte) { place += 1 }
        let digits = String(decoding: text[start..<place], as: UTF8.self)
        let unsigned = digits.hasPrefix("-") ? digits.dropFirst() : digits[...]
        let parts = unsigned.split(omittingEmptySubsequences: false) { $0 == "." || $0 == "e" || $0 == "E" }
        let whole = parts.first ?? ""
        let isWritten =
            (whole == "0" || (whole.first != "0" && !whole.isEmpty)) && whole.allSatisfy(\.isASCIIDigit)
            && !parts.contains { $0.isEmpty } && parts.last?.last?.isASCIIDigit == true
        guard isWritten, let number = Double(digits) else {
            throw Stop(problem: "no JSON number: \(excerpt(from: start))", place: start)
        }
        if !number.isFinite {
            throw Stop(problem: "a number is out of range: \(excerpt(from: start))", place: start)
        }
    }

    private func stop(_ expectation: String) -> Stop {
        Stop(
            problem: "\(expectation), found " + (place < text.endIndex ? excerpt(from: place) : "the end"),
            place: min(place, text.endIndex))
    }

    /// The next few characters, quoted.
    private func excerpt(from start: Int) -> String {
        let line = text[start...].prefix(120).prefix { $0 >= 0x20 }
        let shown = String(decoding: line, as: UTF8.self)
        if shown.isEmpty { return "a line break" }
        return shown.count > 30 ? "'\(shown.prefix(30))…'" : "'\(shown)'"
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { isASCII && isWholeNumber }
}
