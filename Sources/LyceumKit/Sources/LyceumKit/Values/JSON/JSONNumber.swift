import Glibc

/// Numbers as they are written: which of them 64 bits hold.
public enum JSONNumber {
    /// The number that a text stands for, if it would be written back as it stood: to as many digits as the text has,
    /// and as the same whole number. "1.50" and 0.1 are such numbers; "12345678901234567890", "1e400" and
    /// "3.14159265358979323846" are not.
    ///
    /// - Parameter text: a JSON number.
    public static func exact(_ text: String) -> Value? {
        if let number = Int(text), !text.hasPrefix("+") { return .integer(number) }
        guard let number = Double(text), number.isFinite else { return nil }
        // What is written in the fewest digits that tell the number.
        if number.description == text { return .number(number) }
        let (digits, isWhole) = significantDigits(text)
        if digits.isEmpty { return .number(number) }
        if number == 0 { return nil }
        // Fifteen digits survive always, unless the number is so small that it has fewer.
        if digits.count <= 15, number.isNormal, !isWhole { return .number(number) }
        return Self.digits(of: number, count: digits.count) == digits ? .number(number) : nil
    }

    /// The digits of a number without the zeros before and behind, and whether it is written as a whole one.
    private static func significantDigits(_ text: String) -> (digits: [UInt8], isWhole: Bool) {
        var digits: [UInt8] = []
        var isWhole = true
        for byte in text.utf8 {
            if byte | 0x20 == UInt8(ascii: "e") {
                isWhole = false
                break
            }
            if byte == UInt8(ascii: ".") { isWhole = false }
            guard byte >= 0x30, byte <= 0x39, !digits.isEmpty || byte != 0x30 else { continue }
            digits.append(byte)
        }
        while digits.last == 0x30 { digits.removeLast() }
        return (digits, isWhole)
    }

    /// The first digits of a number, correctly rounded, without zeros behind.
    private static func digits(of number: Double, count: Int) -> [UInt8] {
        // A double has at most 767 digits that are not zeros.
        let count = min(max(count, 1), 800)
        var digits = withVaList([Int32(count - 1), abs(number)]) { arguments -> [UInt8] in
            var buffer = [CChar](repeating: 0, count: 850)
            vsnprintf(&buffer, buffer.count, "%.*e", arguments)
            return buffer.prefix { $0 != 0x65 }.map(UInt8.init(bitPattern:)).filter {
                $0 >= 0x30 && $0 <= 0x39
            }
        }
        while digits.last == 0x30 { digits.removeLast() }
        return digits
    }
}

extension JSON {
    /// What becomes of a number that 64 bits do not hold as it is written.
    public enum Numbers: Sendable {
        /// The nearest number there is.
        case nearest
        /// An error.
        case exact
        /// Every number stays the text that it is written as.
        case text
    }
}

/// Numbers and names in a JSON text that simdjson cannot take as they are, put into strings that begin with a mark.
///
/// Those are whole numbers beyond 64 bits, numbers of more digits than 64 bits hold, and `NaN`, `Infinity` and
/// `-Infinity`, which Python writes.
struct JSONMarkedNumbers {
    /// What a marked string begins with. No text of a user's begins so: it is drawn again for each process.
    static let mark: [UInt8] = {
        let drawn = (0..<2).map { _ in String(UInt64.random(in: .min ... .max), radix: 36) }.joined()
        return Array("\\u0000\(drawn):".utf8)
    }()
    /// The mark as it is read back.
    static let readMark: [UInt8] = [0] + mark.dropFirst(6)

    /// Which numbers to mark.
    enum Choice {
        /// Whole numbers beyond 64 bits, which simdjson refuses.
        case large
        /// Those, and the ones that `JSONNumber.exact` does not know.
        case inexact
        /// All.
        case all
    }

    /// The text with its odd numbers marked; nil if it has none.
    ///
    /// - Parameter names: whether NaN and the like are marked.
    static func marking(
        _ text: Slice<UnsafeBufferPointer<UInt8>>, _ choice: Choice, names: Bool
    ) -> [UInt8]? {
        var result: [UInt8] = []
        var copied = text.startIndex
        forEachToken(of: text) { token in
            let bytes = text[token]
            let isOdd: Bool
            if bytes.elementsEqual("NaN".utf8) || bytes.elementsEqual("Infinity".utf8)
                || bytes.elementsEqual("-Infinity".utf8)
            {
                isOdd = names
            } else if !isNumber(bytes) {
                // Left for the parser to refuse.
                isOdd = false
            } else {
                switch choice {
                case .all: isOdd = true
                case .large: isOdd = isLarge(bytes)
                case .inexact:
                    // Short numbers without an exponent are held as they are; simdjson refuses large whole ones.
                    isOdd =
                        isLarge(bytes)
                        || (bytes.count > 15 || bytes.contains { $0 | 0x20 == 0x65 })
                            && JSONNumber.exact(String(decoding: bytes, as: UTF8.self)) == nil
                }
            }
            guard isOdd else { return }
            result.append(contentsOf: text[copied..<token.lowerBound])
            result.append(UInt8(ascii: "\""))
            result.append(contentsOf: mark)
            result.append(contentsOf: bytes)
            result.append(UInt8(ascii: "\""))
            copied = token.upperBound
        }
        if copied == text.startIndex { return nil }
        result.append(contentsOf: text[copied...])
        return result
    }

    /// Whether bytes are a number as JSON writes it.
    private static func isNumber(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
        var rest = bytes.first == UInt8(ascii: "-") ? bytes.dropFirst() : bytes
        let whole = rest.prefix(while: isDigit)
        guard let first = whole.first, first != UInt8(ascii: "0") || whole.count == 1 else { return false }
        rest = rest.dropFirst(whole.count)
        if rest.first == UInt8(ascii: ".") {
            let digits = rest.dropFirst().prefix(while: isDigit).count
            if digits == 0 { return false }
            rest = rest.dropFirst(1 + digits)
        }
        guard let exponent = rest.first else { return true }
        guard exponent | 0x20 == UInt8(ascii: "e") else { return false }
        rest = rest.dropFirst()
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        return !rest.isEmpty && rest.allSatisfy(isDigit)
    }

    private static func isLarge(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        bytes.count >= 19 && bytes.allSatisfy { $0 == 0x2D || ($0 >= 0x30 && $0 <= 0x39) }
    }

    /// Calls `body` with the place of each number and each NaN, Infinity and -Infinity outside strings.
    private static func forEachToken(
        of text: Slice<UnsafeBufferPointer<UInt8>>, _ body: (Range<Int>) -> Void
    ) {
        var place = text.startIndex
        let end = text.endIndex
        func isNumberByte(_ byte: UInt8) -> Bool {
            (byte >= 0x30 && byte <= 0x39) || byte == 0x2E || byte | 0x20 == 0x65 || byte == 0x2B
                || byte == 0x2D
        }
        func matches(_ name: StaticString, at start: Int) -> Bool {
            let count = name.utf8CodeUnitCount
            return start + count <= end
                && memcmp(name.utf8Start, text.base.baseAddress.map { $0 + start } ?? name.utf8Start, count)
                    == 0
        }
        while place < end {
            let byte = text[place]
            if byte == UInt8(ascii: "\"") {
                place = endOfString(text, from: place + 1)
            } else if byte == UInt8(ascii: "-") || (byte >= 0x30 && byte <= 0x39) {
                let start = place
                place += 1
                if byte == UInt8(ascii: "-"), matches("Infinity", at: place) {
                    place += 8
                } else {
                    while place < end, isNumberByte(text[place]) { place += 1 }
                }
                body(start..<place)
            } else if byte == UInt8(ascii: "N"), matches("NaN", at: place) {
                body(place..<(place + 3))
                place += 3
            } else if byte == UInt8(ascii: "I"), matches("Infinity", at: place) {
                body(place..<(place + 8))
                place += 8
            } else {
                place += 1
            }
        }
    }

    /// Behind the quote that ends a string.
    static func endOfString(_ text: Slice<UnsafeBufferPointer<UInt8>>, from start: Int) -> Int {
        guard let base = text.base.baseAddress else { return text.endIndex }
        var place = start
        while place < text.endIndex, let found = memchr(base + place, 0x22, text.endIndex - place) {
            let quote = UnsafePointer(found.assumingMemoryBound(to: UInt8.self)) - base
            var escapes = 0
            while quote - escapes - 1 >= start, text[quote - escapes - 1] == UInt8(ascii: "\\") {
                escapes += 1
            }
            place = quote + 1
            if escapes % 2 == 0 { return place }
        }
        return text.endIndex
    }
}
