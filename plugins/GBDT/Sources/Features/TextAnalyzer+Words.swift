import LyceumKit

// Finding words, eight bytes at a time.
extension TextAnalyzer {
    /// Copies the words of a text, one space between any two, and notes where they lie.
    ///
    /// - Parameters:
    ///   - source: valid UTF-8.
    ///   - target: room for twice the length of `source` and sixteen bytes more.
    ///   - words: the words are appended to it.
    func copyWords(
        of source: UnsafeBufferPointer<UInt8>, to target: UnsafeMutablePointer<UInt8>,
        _ words: inout [AnalyzedText.Term]
    ) {
        guard let bytes = source.baseAddress else { return }
        withUnsafeTemporaryAllocation(of: AnalyzedText.Term.self, capacity: 256) { buffer in
            var writer = WordWriter(bytes: target, found: buffer, pattern: pattern)
            var i = 0
            while i < source.count {
                let block = WordBlock(UTF8Text.eight(bytes, at: i, of: source.count))
                let length = writer.append(block, lowercase: lowercase)
                i += length
                if length == 8 { continue }
                if i >= source.count { break }
                if bytes[i] < 0x80 {
                    writer.endWord(&words)
                    i += 1
                } else {
                    let (value, length) = UTF8Text.scalar(bytes, at: i)
                    if !lowercase {
                        writer.append(value, &words)
                    } else if let lower = PythonCharacter.simpleLowercase(value) {
                        writer.append(lower, &words)
                    } else {
                        for lower in UTF8Text.specialLowercase(value, in: source, at: i, length: length) {
                            writer.append(lower.value, &words)
                        }
                    }
                    i += length
                }
            }
            writer.endWord(&words)
            writer.flush(&words)
        }
    }
}

/// Eight bytes of text as one number, the first one lowest, and which of them are ASCII letters, digits, underscores.
///
/// Each question is answered for all bytes at once in their highest bits: the lower seven of a byte plus 0x80 - c
/// reach 0x80 if it is at least c, and never carry into the next byte.
private struct WordBlock {
    /// The bytes.
    let bytes: UInt64
    /// The bytes with capitals made small.
    let lowered: UInt64
    /// How many bytes at the beginning belong to a word.
    let wordLength: Int

    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let high: UInt64 = 0x8080_8080_8080_8080

    @inline(__always) init(_ bytes: UInt64) {
        func isAtLeast(_ byte: UInt64, _ values: UInt64) -> UInt64 { values &+ Self.ones &* (0x80 &- byte) }
        let seven = bytes & ~Self.high
        let small = seven | Self.ones &* 0x20
        let letters = isAtLeast(0x61, small) & ~isAtLeast(0x7B, small)
        let digits = isAtLeast(0x30, seven) & ~isAtLeast(0x3A, seven)
        let underscores = ~((seven ^ Self.ones &* 0x5F) &+ ~Self.high)
        let capitals = letters & ~(bytes << 2) & ~bytes & Self.high
        self.bytes = bytes
        // 0x80 a quarter is 0x20, the distance between the cases.
        lowered = bytes | capitals >> 2
        let others = ~(letters | digits | underscores) & Self.high | bytes & Self.high
        wordLength = others == 0 ? 8 : others.trailingZeroBitCount >> 3
    }
}

/// Writes words one after the other.
private struct WordWriter {
    let bytes: UnsafeMutablePointer<UInt8>
    /// Words that are not yet in the list that receives them: appending one by one would cost more than finding them.
    let found: UnsafeMutableBufferPointer<AnalyzedText.Term>
    let pattern: TextAnalyzer.Pattern
    private var foundCount = 0
    /// Where the current word begins.
    private var start = 0
    /// Where the next byte goes.
    private var out = 0
    /// How many characters the current word has.
    private var characters = 0

    init(
        bytes: UnsafeMutablePointer<UInt8>, found: UnsafeMutableBufferPointer<AnalyzedText.Term>,
        pattern: TextAnalyzer.Pattern
    ) {
        (self.bytes, self.found, self.pattern) = (bytes, found, pattern)
    }

    /// Writes what at the beginning of a block belongs to the word; returns its length.
    @inline(__always) mutating func append(_ block: WordBlock, lowercase: Bool) -> Int {
        // All eight are written: what follows the word is written over, or is never looked at.
        UnsafeMutableRawPointer(bytes + out).storeBytes(
            of: (lowercase ? block.lowered : block.bytes).littleEndian, as: UInt64.self)
        out += block.wordLength
        characters += block.wordLength
        return block.wordLength
    }

    /// Writes a character, or ends the word at it.
    mutating func append(_ scalar: UInt32, _ words: inout [AnalyzedText.Term]) {
        guard PythonCharacter.isWord(scalar) else { return endWord(&words) }
        // Without spaces between words, scikit-learn's pattern would take a whole clause for one.
        let standsAlone =
            pattern == .unicode && Unicode.Scalar(scalar).map { Words.role(of: $0) == .word } ?? false
        if standsAlone { endWord(&words) }
        out += UTF8Text.write(scalar, to: bytes, at: out)
        characters += 1
        guard standsAlone else { return }
        // A word of one character: two are the fewest elsewhere.
        characters += 1
        endWord(&words)
    }

    /// Keeps a word of two or more characters, and begins the next one.
    @inline(__always) mutating func endWord(_ words: inout [AnalyzedText.Term]) {
        if characters >= 2 {
            if foundCount == found.count { flush(&words) }
            found[foundCount] = .init(start, out - start)
            foundCount += 1
            bytes[out] = 0x20
            start = out + 1
        }
        out = start
        characters = 0
    }

    /// Hands the words over.
    mutating func flush(_ words: inout [AnalyzedText.Term]) {
        words.append(contentsOf: UnsafeBufferPointer(rebasing: found[..<foundCount]))
        foundCount = 0
    }
}
