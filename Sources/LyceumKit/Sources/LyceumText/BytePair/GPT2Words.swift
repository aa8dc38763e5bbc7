/// Cuts a text into GPT-2's words: letters, numbers and other signs apart, each with the space before it.
///
/// Does what this regular expression does, without an engine for it:
/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
/// Source: GPT-2's encoder.py (2019).
struct GPT2Words {
    private let text: UnsafeBufferPointer<UInt8>
    private let classes = CharacterClass.basicPlane
    private var position = 0

    /// Begins at the start of a text, which is valid UTF-8.
    init(_ text: UnsafeBufferPointer<UInt8>) { self.text = text }

    /// Where the next word lies; nil at the end.
    mutating func next() -> Range<Int>? {
        guard position < text.count else { return nil }
        let start = position
        position = endOfWord(from: start)
        return start..<position
    }

    private func endOfWord(from start: Int) -> Int {
        if let end = endOfContraction(from: start) { return end }
        let (kind, length) = character(at: start)
        guard kind == .space else { return endOfRun(of: kind, from: start + length) }
        let second = start + length
        guard second < text.count else { return second }
        let next = character(at: second)
        if next.kind != .space {
            // One plain space belongs to the word behind it; any other white space stands alone.
            return text[start] == 0x20 ? endOfRun(of: next.kind, from: second + next.length) : second
        }
        return endOfSpaces(from: second + next.length, last: second)
    }

    /// The end of a run of white space: its last character is left to the next word, if there is one.
    ///
    /// - Parameter last: where the last character read so far begins.
    private func endOfSpaces(from start: Int, last: Int) -> Int {
        var end = start
        var last = last
        while end < text.count {
            let (kind, length) = character(at: end)
            guard kind == .space else { return last }
            last = end
            end += length
        }
        return end
    }

    private func endOfRun(of kind: CharacterClass, from start: Int) -> Int {
        var end = start
        while end < text.count {
            let next = character(at: end)
            guard next.kind == kind else { break }
            end += next.length
        }
        return end
    }

    private func endOfContraction(from start: Int) -> Int? {
        guard text[start] == UInt8(ascii: "'"), start + 1 < text.count else { return nil }
        switch text[start + 1] {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return start + 2
        case UInt8(ascii: "r"), UInt8(ascii: "v"): return isByte(UInt8(ascii: "e"), at: start + 2)
        case UInt8(ascii: "l"): return isByte(UInt8(ascii: "l"), at: start + 2)
        default: return nil
        }
    }

    /// The place behind `position` if that byte lies there.
    private func isByte(_ byte: UInt8, at position: Int) -> Int? {
        position < text.count && text[position] == byte ? position + 1 : nil
    }

    @inline(__always)
    private func character(at position: Int) -> (kind: CharacterClass, length: Int) {
        let (scalar, length) = UTF8Text.scalar(in: text, at: position)
        let value = Int(scalar.value)
        return (value < classes.count ? classes[value] : CharacterClass(of: scalar), length)
    }
}
