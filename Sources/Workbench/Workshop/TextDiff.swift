import LyceumKit

/// What changed between two texts, word by word: `[-what was taken away-]{+what was put in+}`, as wdiff writes it.
public struct TextDiff: Sendable, Equatable {
    /// A stretch of words.
    public enum Part: Sendable, Equatable {
        /// In both texts.
        case same(String)
        /// In the first only.
        case removed(String)
        /// In the second only.
        case added(String)
    }

    /// The stretches, in order.
    public let parts: [Part]

    /// Words beyond this are not compared: the time grows with the number of changes times the length.
    static let longest = 4000

    /// Compares two texts; where more than `longest` pieces are left between what both begin and end with, line by line.
    public init(_ first: String, _ second: String) {
        var (old, new) = (Self.pieces(first), Self.pieces(second))
        var common = Self.commonEnds(old, new)
        if max(old.count, new.count) - common.start - common.end > Self.longest {
            (old, new) = (Self.lines(first), Self.lines(second))
            common = Self.commonEnds(old, new)
        }
        let head = old.prefix(common.start).joined()
        let tail = old.suffix(common.end).joined()
        old = old.dropFirst(common.start).dropLast(common.end)
        new = new.dropFirst(common.start).dropLast(common.end)
        var parts: [Part] = head.isEmpty ? [] : [.same(head)]
        if max(old.count, new.count) > Self.longest {
            parts += [.removed(old.joined()), .added(new.joined())]
        } else {
            parts += Self.compare(Array(old), Array(new))
        }
        if !tail.isEmpty { parts.append(.same(tail)) }
        self.parts = parts
    }

    /// How many pieces both begin and end with.
    private static func commonEnds(_ a: ArraySlice<Substring>, _ b: ArraySlice<Substring>) -> (
        start: Int, end: Int
    ) {
        let start = zip(a, b).prefix { $0 == $1 }.count
        let end = zip(a.dropFirst(start).reversed(), b.dropFirst(start).reversed()).prefix { $0 == $1 }.count
        return (start, end)
    }

    private static func compare(_ old: [Substring], _ new: [Substring]) -> [Part] {
        var removed: Set<Int> = []
        var added: Set<Int> = []
        for change in new.difference(from: old) {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): added.insert(offset)
            }
        }
        var parts: [Part] = []
        var (i, j) = (0, 0)
        while i < old.count || j < new.count {
            if i < old.count, removed.contains(i) {
                var text = ""
                while i < old.count, removed.contains(i) { (text, i) = (text + old[i], i + 1) }
                parts.append(.removed(text))
            } else if j < new.count, added.contains(j) {
                var text = ""
                while j < new.count, added.contains(j) { (text, j) = (text + new[j], j + 1) }
                parts.append(.added(text))
            } else if i < old.count, j < new.count {
                var text = ""
                while i < old.count, j < new.count, !removed.contains(i), !added.contains(j) {
                    text += old[i]
                    (i, j) = (i + 1, j + 1)
                }
                parts.append(.same(text))
            } else {
                break
            }
        }
        return parts
    }

    /// Words, and the white space between them.
    private static func pieces(_ text: String) -> ArraySlice<Substring> {
        var pieces: [Substring] = []
        var start = text.startIndex
        while start < text.endIndex {
            let isSpace = text[start].isWhitespace
            let end = text[start...].firstIndex { $0.isWhitespace != isSpace } ?? text.endIndex
            pieces.append(text[start..<end])
            start = end
        }
        return pieces[...]
    }

    private static func lines(_ text: String) -> ArraySlice<Substring> {
        var lines: [Substring] = []
        var start = text.startIndex
        while start < text.endIndex {
            let end =
                text[start...].firstIndex(where: \.isNewline).map { text.index(after: $0) } ?? text.endIndex
            lines.append(text[start..<end])
            start = end
        }
        return lines[...]
    }

    /// Whether nothing changed.
    public var isEmpty: Bool {
        parts.allSatisfy {
            if case .same = $0 { return true }
            return false
        }
    }

    /// The texts with their changes marked.
    ///
    /// - Parameter isColoured: red and green for a terminal, instead of brackets.
    public func text(isColoured: Bool = false) -> String {
        parts.map { part in
            switch part {
            case .same(let text): return text
            case .removed(let text): return isColoured ? "\u{1B}[31m\(text)\u{1B}[39m" : "[-\(text)-]"
            case .added(let text): return isColoured ? "\u{1B}[32m\(text)\u{1B}[39m" : "{+\(text)+}"
            }
        }.joined()
    }
}
