import LyceumKit

/// The n-grams of one text: a buffer that is reused from text to text.
struct AnalyzedText {
    /// The text as it was prepared, then at least eight more bytes, so that eight can be read at once anywhere.
    var bytes: [UInt8] = []
    /// Where each n-gram lies in `bytes`, repetitions included.
    var terms: [Term] = []
    /// Where the pieces of which n-grams are made begin and end: words, or characters.
    fileprivate var pieces: [Term] = []

    /// A place in `bytes`.
    struct Term {
        var start: Int32
        var length: Int32

        @inline(__always) init(_ start: Int, _ length: Int) {
            self.start = Int32(truncatingIfNeeded: start)
            self.length = Int32(truncatingIfNeeded: length)
        }

        @inline(__always) var end: Int { Int(start) + Int(length) }
    }
}

/// Cuts texts into n-grams exactly as scikit-learn's `CountVectorizer` does.
///
/// Source: scikit-learn's feature_extraction/text.py, `_word_ngrams`, `_char_ngrams`, `_char_wb_ngrams`, and the
/// default `token_pattern`, `(?u)\b\w\w+\b`.
struct TextAnalyzer: Sendable, Equatable {
    /// What n-grams are made of.
    enum Unit: String, CaseIterable, Sendable {
        /// Words of two or more letters, digits and underscores; see `Pattern`.
        case word
        /// Characters, across words.
        case char
        /// Characters inside words that have a space on either side.
        case charWb = "char_wb"
    }

    /// Where words end.
    enum Pattern: String, SettingChoice {
        /// As scikit-learn has it, but each character of a script that is written without spaces is a word (`Words`),
        /// where scikit-learn takes a whole clause for one.
        case unicode
        /// As scikit-learn has it.
        case sklearn
    }

    /// What n-grams are made of.
    var unit: Unit = .word
    /// How many pieces make an n-gram.
    var ngrams: ClosedRange<Int> = 1...1
    /// Whether case is ignored.
    var lowercase = true
    /// Where words end.
    var pattern = Pattern.unicode

    /// Texts beyond this would not fit the 32-bit places.
    private static let longest = 1 << 29

    /// Fills `result` with the n-grams of `text`.
    ///
    /// - Throws: `LyceumError.invalid` for a text of more than half a gigabyte.
    func analyze(_ text: String, into result: inout AnalyzedText) throws {
        var text = text
        try text.withUTF8 { source in
            guard source.count <= Self.longest else {
                throw LyceumError.invalid(
                    "a text", expected: "at most 512 MiB", got: "\(source.count) bytes",
                    remedy: "split it into several texts")
            }
            // Lower case takes at most twice the bytes; two spaces around, and eight bytes that may be read.
            let room = 2 * source.count + 16
            if result.bytes.count < room {
                result.bytes.append(contentsOf: repeatElement(0, count: room - result.bytes.count))
            }
            result.terms.removeAll(keepingCapacity: true)
            result.pieces.removeAll(keepingCapacity: true)
            cut(source, into: &result)
        }
    }

    private func cut(_ source: UnsafeBufferPointer<UInt8>, into result: inout AnalyzedText) {
        switch unit {
        case .word:
            result.bytes.withUnsafeMutableBufferPointer { buffer in
                guard let bytes = buffer.baseAddress else { return }
                if ngrams == 1...1 {
                    copyWords(of: source, to: bytes, &result.terms)
                } else {
                    copyWords(of: source, to: bytes, &result.pieces)
                }
            }
            if ngrams != 1...1 { appendNGrams(of: result.pieces, to: &result.terms) }
        case .char:
            let count = prepare(source, &result.bytes)
            Self.findCharacters(count, &result.bytes, &result.pieces)
            appendNGrams(of: result.pieces, to: &result.terms)
        case .charWb:
            var reader = PaddedWords(end: prepare(source, &result.bytes) + 1)
            while reader.next(&result.bytes, &result.pieces) {
                appendWordBoundaryNGrams(of: result.pieces, to: &result.terms)
            }
        }
    }

    /// Copies a text, in lower case if so wanted, behind the byte that is the space before the first word.
    ///
    /// - Returns: its length there.
    private func prepare(_ source: UnsafeBufferPointer<UInt8>, _ target: inout [UInt8]) -> Int {
        target.withUnsafeMutableBufferPointer { buffer in
            guard let bytes = buffer.baseAddress else { return 0 }
            let text = bytes + 1
            if lowercase { return UTF8Text.lowercase(source, to: text) }
            _ = UnsafeMutableBufferPointer(start: text, count: source.count).update(from: source)
            return source.count
        }
    }

    /// Appends the n-grams of a whole text, shortest first.
    private func appendNGrams(of pieces: [AnalyzedText.Term], to terms: inout [AnalyzedText.Term]) {
        for n in ngrams {
            if n > pieces.count { break }
            for first in 0...(pieces.count - n) {
                let start = Int(pieces[first].start)
                terms.append(.init(start, pieces[first + n - 1].end - start))
            }
        }
    }

    /// Appends the n-grams of a padded word; one shorter than n counts once, whole, and no longer n is tried.
    private func appendWordBoundaryNGrams(
        of characters: [AnalyzedText.Term], to terms: inout [AnalyzedText.Term]
    ) {
        for n in ngrams {
            let length = min(n, characters.count)
            for first in 0...(characters.count - length) {
                let start = Int(characters[first].start)
                terms.append(.init(start, characters[first + length - 1].end - start))
            }
            if n >= characters.count { break }
        }
    }

    /// Replaces each run of two or more spaces in the text at 1 by one space, and notes where characters lie.
    private static func findCharacters(
        _ count: Int, _ buffer: inout [UInt8], _ characters: inout [AnalyzedText.Term]
    ) {
        buffer.withUnsafeMutableBufferPointer { buffer in
            guard let bytes = buffer.baseAddress else { return }
            var i = 1
            var out = 0
            while i <= count {
                let length = UTF8Text.scalar(bytes, at: i).length
                let end = UTF8Text.endOfSpace(in: bytes, from: i, to: count + 1)
                if end > i + length {
                    bytes[out] = 0x20
                    characters.append(.init(out, 1))
                    out += 1
                    i = end
                } else {
                    characters.append(.init(out, length))
                    UTF8Text.move(length, in: bytes, from: &i, to: &out)
                }
            }
        }
    }
}

/// Reads the words of the text at 1, each with a space on either side, which neighbours share.
private struct PaddedWords {
    /// Where the text ends.
    let end: Int
    private var i = 1
    private var out = 0

    init(end: Int) { self.end = end }

    /// Notes where the characters of the next word and its two spaces lie; false if there is none.
    mutating func next(_ buffer: inout [UInt8], _ characters: inout [AnalyzedText.Term]) -> Bool {
        characters.removeAll(keepingCapacity: true)
        var (i, out) = (self.i, self.out)
        let end = self.end
        buffer.withUnsafeMutableBufferPointer { buffer in
            guard let bytes = buffer.baseAddress else { return }
            i = UTF8Text.endOfSpace(in: bytes, from: i, to: end)
            guard i < end else { return }
            bytes[out] = 0x20
            characters.append(.init(out, 1))
            out += 1
            while i < end {
                let (scalar, length) = UTF8Text.scalar(bytes, at: i)
                if PythonCharacter.isSpace(scalar) { break }
                characters.append(.init(out, length))
                UTF8Text.move(length, in: bytes, from: &i, to: &out)
            }
            // Read past the space before the closing one is written over it.
            i = UTF8Text.endOfSpace(in: bytes, from: i, to: end)
            bytes[out] = 0x20
            characters.append(.init(out, 1))
        }
        (self.i, self.out) = (i, out)
        return !characters.isEmpty
    }
}
