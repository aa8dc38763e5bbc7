/// Takes off what a model thought before its answer.
///
/// Blocks are looked for at the beginning of a reply only: an answer may write about `<think>`. An opening tag that
/// the model's own template holds, and that is therefore missing, is supplied: everything before the first closing
/// tag was thought.
public enum Reasoning {
    private static let tags: [(open: String, close: String)] =
        ["think", "thinking", "thought", "thoughts", "reasoning", "reason", "seed:think", "reflection"].map {
            ("<\($0)>", "</\($0)>")
        } + [
            ("[THINK]", "[/THINK]"), ("◁think▷", "◁/think▷"),
            ("<|begin_of_thought|>", "<|end_of_thought|>"), ("<|START_THINKING|>", "<|END_THINKING|>"),
            ("<|channel|>analysis<|message|>", "<|end|>"),
        ]
    /// Marks around the answer that follow such blocks.
    private static let around = [
        "<|begin_of_solution|>", "<|end_of_solution|>", "<|START_RESPONSE|>", "<|END_RESPONSE|>",
        "<|start|>assistant<|channel|>final<|message|>", "<|channel|>final<|message|>", "<answer>",
        "</answer>",
    ]

    /// The answer of a text, and what was thought before it; nil if nothing was.
    public static func separated(_ text: String) -> (answer: String, reasoning: String?) {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "<") || $0 == UInt8(ascii: "[") || $0 == 0xE2 })
        else { return (text, nil) }
        var rest = Substring(text)
        var thoughts: [String] = []
        while let (thought, after) = block(rest) {
            thoughts.append(thought)
            rest = after
        }
        if thoughts.isEmpty, let (thought, after) = withoutOpening(rest) {
            thoughts.append(thought)
            rest = after
            while let (thought, after) = block(rest) {
                thoughts.append(thought)
                rest = after
            }
        }
        if thoughts.isEmpty { return (text, nil) }
        let reasoning = thoughts.filter { !$0.isEmpty }.joined(separator: "\n\n")
        return (answer(rest), reasoning)
    }

    /// Whether a reply that begins like this may still turn out to be reasoning: it begins with an opening tag, or with a
    /// part of one.
    public static func mayBegin(_ text: String) -> Bool {
        let start = text.drop(while: \.isWhitespace)
        if start.isEmpty { return true }
        return tags.contains { start.hasCaselessPrefix($0.open) || $0.open.hasCaselessPrefix(start) }
    }

    /// A block at the beginning; one that is never closed goes to the end.
    private static func block(_ text: Substring) -> (thought: String, rest: Substring)? {
        let start = text.drop(while: \.isWhitespace)
        guard let tag = tags.first(where: { start.hasCaselessPrefix($0.open) }) else { return nil }
        let inside = start[start.index(start.startIndex, offsetBy: tag.open.count)...]
        // Blocks in blocks end with the last of them.
        var depth = 1
        var place = inside.startIndex
        while let close = inside[place...].caselessRange(of: tag.close) {
            depth += inside[place..<close.lowerBound].caselessCount(of: tag.open) - 1
            if depth <= 0 {
                return (String(inside[..<close.lowerBound]).trimmed, inside[close.upperBound...])
            }
            place = close.upperBound
        }
        if place > inside.startIndex {
            // More were opened than closed: the last closing tag ends them.
            let end = inside.index(place, offsetBy: -tag.close.count)
            return (String(inside[..<end]).trimmed, inside[place...])
        }
        return (String(inside).trimmed, "")
    }

    private static func withoutOpening(_ text: Substring) -> (thought: String, rest: Substring)? {
        var first: (close: Range<Substring.Index>, tag: (open: String, close: String))?
        for tag in tags where tag.close != "<|end|>" {
            guard let close = text.caselessRange(of: tag.close) else { continue }
            // A tag that was opened in the middle of the answer belongs to the answer.
            if text[..<close.lowerBound].caselessRange(of: tag.open) != nil { continue }
            if first.map({ close.lowerBound < $0.close.lowerBound }) ?? true { first = (close, tag) }
        }
        guard let first else { return nil }
        return (String(text[..<first.close.lowerBound]).trimmed, text[first.close.upperBound...])
    }

    private static func answer(_ rest: Substring) -> String {
        var text = String(rest).trimmed
        for mark in around {
            if text.hasPrefix(mark) { text = String(text.dropFirst(mark.count)).trimmed }
            if text.hasSuffix(mark) { text = String(text.dropLast(mark.count)).trimmed }
        }
        return text
    }
}

extension String {
    /// The text without the reasoning that a model wrote before its answer (`<think>…</think>` and its kin).
    public var withoutReasoning: String { Reasoning.separated(self).answer }
}

extension StringProtocol where SubSequence == Substring {
    fileprivate func hasCaselessPrefix(_ prefix: some StringProtocol) -> Bool {
        var rest = self[startIndex...]
        for wanted in prefix {
            guard let next = rest.popFirst(), next == wanted || next.lowercased() == wanted.lowercased()
            else {
                return false
            }
        }
        return true
    }

    /// Where a tag stands, in whatever case; tags are ASCII or exact.
    fileprivate func caselessRange(of tag: String) -> Range<Substring.Index>? {
        let text = self[startIndex...]
        let (bytes, wanted) = (text.utf8, Array(tag.lowercased().utf8))
        var place = bytes.startIndex
        while let start = bytes[place...].firstIndex(where: { $0.lowercase == wanted[0] }) {
            var end = start
            var matched = 0
            while matched < wanted.count, end < bytes.endIndex, bytes[end].lowercase == wanted[matched] {
                end = bytes.index(after: end)
                matched += 1
            }
            if matched == wanted.count { return start..<end }
            place = bytes.index(after: start)
        }
        return nil
    }

    fileprivate func caselessCount(of tag: String) -> Int {
        var count = 0
        var rest = self[startIndex...]
        while let found = rest.caselessRange(of: tag) {
            count += 1
            rest = rest[found.upperBound...]
        }
        return count
    }
}

extension UInt8 {
    fileprivate var lowercase: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }
}
