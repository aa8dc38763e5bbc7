import Foundation

/// What BERT's tokenizer does to a text before it is cut into words.
///
/// Source: `BertNormalizer` of tokenizers 0.22.
struct BertNormalizer: Sendable, Equatable {
    /// Whether control characters are left out, and all white space becomes a plain space.
    var cleansText = true
    /// Whether spaces are put around Chinese characters.
    var splitsChinese = true
    /// Whether accents are taken off.
    var stripsAccents = true
    /// Whether letters become small.
    var lowercases = true

    /// The normalised text.
    ///
    /// - Parameter text: valid UTF-8.
    func apply(to text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        // Consecutive characters outside ASCII are decomposed together: accents follow their letters.
        var run = String.UnicodeScalarView()
        var position = 0
        while position < text.count {
            let byte = text[position]
            if byte < 0x80 {
                flush(&run, into: &result)
                append(ascii: byte, to: &result)
                position += 1
                continue
            }
            let (scalar, length) = UTF8Text.scalar(in: text, at: position)
            position += length
            let character = BertCharacter.of(scalar)
            if cleansText, character.contains(.removed) { continue }
            if cleansText, character.contains(.space) {
                run.append(" ")
            } else if splitsChinese, character.contains(.chinese) {
                run.append(" ")
                run.append(scalar)
                run.append(" ")
            } else {
                run.append(scalar)
            }
        }
        flush(&run, into: &result)
        return result
    }

    /// ASCII has neither accents nor Chinese characters.
    private func append(ascii byte: UInt8, to result: inout [UInt8]) {
        if cleansText {
            if byte == 0x09 || byte == 0x0A || byte == 0x0D { return result.append(0x20) }
            if byte < 0x20 || byte == 0x7F { return }
        }
        let isCapital = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
        result.append(lowercases && isCapital ? byte | 0x20 : byte)
    }

    private func flush(_ run: inout String.UnicodeScalarView, into result: inout [UInt8]) {
        guard !run.isEmpty else { return }
        var scalars = run
        if stripsAccents {
            let decomposed = String(run).decomposedStringWithCanonicalMapping.unicodeScalars
            scalars = String.UnicodeScalarView(decomposed.filter { !BertCharacter.of($0).contains(.mark) })
        }
        for scalar in scalars {
            if lowercases, scalar.properties.changesWhenLowercased {
                result += scalar.properties.lowercaseMapping.utf8
            } else {
                result += UTF8.encode(scalar).map { Array($0) } ?? []
            }
        }
        run = String.UnicodeScalarView()
    }
}

/// Cuts a normalised text into words: at white space, and around every punctuation mark.
///
/// Source: `BertPreTokenizer` of tokenizers 0.22.
struct BertWords {
    private let text: UnsafeBufferPointer<UInt8>
    private var position = 0

    /// Begins at the start of a text, which is valid UTF-8.
    init(_ text: UnsafeBufferPointer<UInt8>) { self.text = text }

    /// Where the next word lies; nil at the end.
    mutating func next() -> Range<Int>? {
        var start = position
        while position < text.count {
            let (scalar, length) = UTF8Text.scalar(in: text, at: position)
            let character = BertCharacter.of(scalar)
            if character.contains(.space) {
                if start < position { return start..<position }
                start = position + length
            } else if character.contains(.punctuation) {
                if start < position { return start..<position }
                position += length
                return start..<position
            }
            position += length
        }
        return start < position ? start..<position : nil
    }
}
