/// Splits text, English above all, into sentences by rules; no model, no state.
///
/// A sentence ends at `.`, `!`, `?` or `…` (with the quotes and brackets that close there) before white space,
/// unless the word before is a title or a unit ("Dr.", "No. 5"), an initial ("J. Smith"), an acronym that goes on
/// ("U.S. President"), or the next word begins in lower case. `。`, `！`, `？` and the full stops of other scripts
/// (`।`, `။`, `។`, `۔`, …) always end one, and so do `!` and `?` before a word of a script without spaces. A blank line ends
/// one, a line break does if the next line is a list item or the line ended a sentence; any other line break is
/// taken for wrapping.
public enum Sentences {
    /// The sentences of a text in order, white space around them removed; none is empty.
    public static func split(_ text: String) -> [String] {
        var text = text
        return text.withUTF8 { bytes in
            ranges(in: bytes).map { String(decoding: bytes[$0], as: UTF8.self) }
        }
    }

    /// The places of the sentences in UTF-8 text.
    public static func ranges(in bytes: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
        var splitter = Splitter(bytes: bytes)
        return splitter.split()
    }
}

/// One pass over one text.
private struct Splitter {
    let bytes: UnsafeBufferPointer<UInt8>
    var sentences: [Range<Int>] = []

    init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    mutating func split() -> [Range<Int>] {
        var start = 0
        var i = 0
        while i < bytes.count {
            if bytes[i] == 0x0A {
                if isParagraphBreak(at: i) { close(&start, at: i) }
                i += 1
                continue
            }
            let mark = endMark(at: i)
            if mark == 0 {
                i += 1
                continue
            }
            let isFullStop = mark > 1 && bytes[i] != 0xE2
            var end = i + mark
            while endMark(at: end) > 0 { end += endMark(at: end) }
            let marks = i..<end
            while closerLength(at: end) > 0 { end += closerLength(at: end) }
            if isFullStop || isEnd(marks: marks, closed: end, start: start) { close(&start, at: end) }
            i = end
        }
        close(&start, at: bytes.count)
        return sentences
    }

    private mutating func close(_ start: inout Int, at end: Int) {
        var low = start
        var high = end
        while low < high, isSpace(bytes[low]) { low += 1 }
        while high > low, isSpace(bytes[high - 1]) { high -= 1 }
        if low < high { sentences.append(low..<high) }
        start = end
    }

    private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private func byte(at i: Int) -> UInt8 { i < bytes.count ? bytes[i] : 0 }

    /// Whether the line break at `i` stands before a blank line or a list item.
    private func isParagraphBreak(at i: Int) -> Bool {
        var next = i + 1
        while byte(at: next) == 0x20 || byte(at: next) == 0x09 || byte(at: next) == 0x0D { next += 1 }
        if byte(at: next) == 0x0A { return true }
        let isBullet = byte(at: next) == UInt8(ascii: "*") || byte(at: next) == UInt8(ascii: "-")
        return (isBullet && byte(at: next + 1) == 0x20) || matches([0xE2, 0x80, 0xA2], at: next)
    }

    private func matches(_ pattern: [UInt8], at i: Int) -> Bool {
        i + pattern.count <= bytes.count && bytes[i..<(i + pattern.count)].elementsEqual(pattern)
    }

    /// The length of the mark at `i` that may end a sentence; 0 if there is none.
    private func endMark(at i: Int) -> Int {
        switch byte(at: i) {
        case UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "?"): return 1
        case 0xE2: return matches([0xE2, 0x80, 0xA6], at: i) ? 3 : 0  // …
        case 0xD8, 0xDB, 0xE0, 0xE1, 0xE3, 0xEF:
            return Self.fullStops.first { matches($0, at: i) }?.count ?? 0
        default: return 0
        }
    }

    /// The length of the closing quote or bracket at `i`; 0 if there is none.
    private func closerLength(at i: Int) -> Int {
        switch byte(at: i) {
        case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: "\""), UInt8(ascii: "'"):
            return 1
        case 0xC2: return byte(at: i + 1) == 0xBB ? 2 : 0  // »
        case 0xE2: return byte(at: i + 1) == 0x80 && [0x99, 0x9D].contains(byte(at: i + 2)) ? 3 : 0  // ’ ”
        case 0xE3:  // 」 』 】 》
            return byte(at: i + 1) == 0x80 && [0x8D, 0x8F, 0x91, 0x8B].contains(byte(at: i + 2)) ? 3 : 0
        case 0xEF: return matches([0xEF, 0xBC, 0x89], at: i) ? 3 : 0  // ）
        default: return 0
        }
    }

    /// Whether `marks`, with what closes up to `closed`, end the sentence that began at `start`.
    private func isEnd(marks: Range<Int>, closed: Int, start: Int) -> Bool {
        if closed == bytes.count { return true }
        guard isSpace(bytes[closed]) else {
            return [UInt8(ascii: "!"), UInt8(ascii: "?")].contains(bytes[marks.lowerBound])
                && standsAlone(at: closed)
        }
        var next = closed
        var isLineEnd = false
        while next < bytes.count, isSpace(bytes[next]) {
            isLineEnd = isLineEnd || bytes[next] == 0x0A
            next += 1
        }
        if next == bytes.count { return true }
        if isLowercase(at: next) { return false }
        let isSinglePeriod = marks.count == 1 && bytes[marks.lowerBound] == UInt8(ascii: ".")
        // Behind a closing quote or bracket stands no abbreviation: 'he said "etc." Then …'.
        if !isSinglePeriod || closed > marks.upperBound { return true }
        return !isAbbreviation(before: marks.lowerBound, start: start, next: next)
    }

    private func isLowercase(at i: Int) -> Bool { scalar(at: i)?.properties.isLowercase ?? false }

    /// Whether a word of a script without spaces begins there, or one of its opening brackets stands there.
    private func standsAlone(at i: Int) -> Bool {
        scalar(at: i).map { Words.role(of: $0) == .word || "（「『《〈【".unicodeScalars.contains($0) } ?? false
    }

    private func scalar(at i: Int) -> Unicode.Scalar? {
        var decoder = UTF8()
        var rest = bytes[i...].prefix(4).makeIterator()
        if case .scalarValue(let scalar) = decoder.decode(&rest) { return scalar }
        return nil
    }

    /// Whether the word that ends before the period at `period` is a short form inside a sentence.
    private func isAbbreviation(before period: Int, start: Int, next: Int) -> Bool {
        var begin = period
        while begin > start, !isSpace(bytes[begin - 1]), !"(\"'[".utf8.contains(bytes[begin - 1]) {
            begin -= 1
        }
        let word = String(decoding: bytes[begin..<period], as: UTF8.self)
        let lower = word.lowercased()
        if Self.titles.contains(lower) { return true }
        let isNumberNext = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[next])
        if Self.beforeNumbers.contains(lower) { return isNumberNext }
        let parts = word.split(separator: ".", omittingEmptySubsequences: false)
        let isLettered = parts.allSatisfy { $0.utf8.count == 1 && $0.first?.isLetter == true }
        if !isLettered { return false }
        // "J. Smith" and "U.S. Army" go on; "in the U.S. The army" does not. "I." is a pronoun, not an initial.
        if parts.count == 1 { return word.first?.isUppercase == true && word != "I" }
        if isNumberNext { return false }
        let following = bytes[next...].prefix { !isSpace($0) && $0 != UInt8(ascii: ",") }
        return !Self.starters.contains(String(decoding: following, as: UTF8.self))
    }

    /// Marks that end a sentence whatever follows.
    private static let fullStops: [[UInt8]] = [
        "。", "！", "？", "｡", "．", "।", "॥", "။", "។", "៕", "።", "፧", "؟", "۔", "᠃",
    ].map { Array($0.utf8) }

    private static let titles: Set<String> = [
        "mr", "mrs", "ms", "dr", "prof", "st", "gen", "sen", "rep", "gov", "lt", "col", "sgt", "capt", "cmdr",
        "maj", "adm", "rev", "hon", "messrs", "mt", "vs", "e.g", "i.e", "cf", "viz", "resp", "incl", "approx",
    ]
    private static let beforeNumbers: Set<String> = [
        "no", "nos", "fig", "figs", "p", "pp", "vol", "ch", "sec", "art", "eq", "ver",
        "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec",
    ]
    private static let starters: Set<String> = [
        "A", "After", "An", "And", "As", "At", "But", "For", "He", "Her", "His", "However", "I", "If", "In",
        "It", "Its", "On", "She", "Some", "That", "The", "Their", "There", "These", "They", "This", "Those",
        "We", "What", "When", "While", "You",
    ]
}
