import LyceumKit

/// What assistants write that is not an answer: refusals, and words around the answer. English only.
enum Boilerplate {
    /// How an answer begins that is none, in lower case with straight apostrophes.
    private static let refusals = [
        "i'm sorry, but", "i am sorry, but", "i'm sorry, i", "sorry, but i", "sorry, i can't",
        "sorry, i cannot",
        "i apologize, but", "i cannot assist", "i can't assist", "i cannot help", "i can't help",
        "i cannot provide",
        "i can't provide", "i cannot fulfill", "i can't fulfill", "i cannot create", "i can't create",
        "i cannot write",
        "i can't write", "i cannot comply", "i can't comply", "i'm unable to", "i am unable to",
        "i'm not able to",
        "i am not able to", "i won't be able to", "i must decline", "as an ai language model",
        "as a large language model",
        "as an ai assistant", "as an ai model", "as an ai, i", "unfortunately, i cannot",
        "unfortunately, i can't",
    ]
    private static let openers = [
        "sure", "certainly", "of course", "absolutely", "great", "okay", "ok", "here is", "here's",
        "here are",
        "here you go", "below is", "the following is", "as requested", "i'd be happy", "i would be happy",
        "happy to help",
    ]
    private static let announcements = [
        "here is", "here's", "here are", "here you go", "below is", "the following", "as requested",
    ]
    private static let closers = [
        "i hope this", "hope this helps", "let me know if", "please let me know", "feel free to",
        "would you like me to",
        "is there anything else", "if you need any", "if you have any questions", "if you'd like",
        "note: this is a fictional",
        "(note:", "please note that this is a fictional",
    ]

    /// The words with which the model refuses; nil if it does not.
    static func refusal(in text: String) -> String? {
        let start = plain(text.prefix(200))
        guard let found = refusals.first(where: start.hasPrefix) else { return nil }
        return found
    }

    /// The answer alone; nil if there is nothing around it.
    static func stripped(_ text: String) -> String? {
        var rest = trimmed(text[...])
        let whole = rest
        if let begun = withoutOpening(rest) { rest = trimmed(begun) }
        if let ended = withoutClosing(rest) { rest = trimmed(ended) }
        // Words around nothing are the answer.
        guard !rest.isEmpty, rest != whole else { return nil }
        return String(rest)
    }

    /// Without "Sure, here is the article:" at the beginning, on a line of its own or not.
    private static func withoutOpening(_ text: Substring) -> Substring? {
        let head = plain(text.prefix(200))
        guard openers.contains(where: { begins(head, with: $0) }) else { return nil }
        let line = text.prefix(200).prefix { !$0.isNewline }
        if let colon = line.firstIndex(of: ":") {
            // "Here is where it began. The town: …" is a story.
            if announces(plain(text[..<colon])) {
                return text[text.index(after: colon)...].drop { $0 == "*" || $0 == ":" }
            }
        }
        // "Certainly!" and "Sure, I can help with that." alone in the first line.
        let isSentence = line.last.map { ".!".contains($0) } == true
        guard isSentence, line.endIndex < text.endIndex, line.count <= 100,
            ["sure", "certainly", "of course", "absolutely", "i'd be happy", "happy to help"]
                .contains(where: { begins(head, with: $0) })
        else { return nil }
        return text[line.endIndex...]
    }

    /// Whether words end with the announcement of something, in one sentence.
    private static func announces(_ said: String) -> Bool {
        let sentence = said.split { ".!?".contains($0) }.last.map { trimmed($0) } ?? ""
        return announcements.contains { sentence.contains($0) }
    }

    /// Without "I hope this helps!" as the last paragraph or line.
    private static func withoutClosing(_ text: Substring) -> Substring? {
        guard let end = text.lastIndex(where: \.isNewline) else { return nil }
        let last = trimmed(text[end...])
        guard last.count <= 300 else { return nil }
        let said = plain(last)
        guard closers.contains(where: said.hasPrefix) else { return nil }
        var rest = trimmed(text[..<end])
        if rest.hasSuffix("---") { rest = trimmed(rest.dropLast(3)) }
        return rest
    }

    /// Whether a text begins with whole words.
    private static func begins(_ text: String, with words: String) -> Bool {
        guard text.hasPrefix(words) else { return false }
        let next = text.dropFirst(words.count).first
        return next.map { !$0.isLetter && !$0.isNumber } ?? true
    }

    /// Lower case, straight apostrophes, without marks of emphasis before it.
    private static func plain(_ text: Substring) -> String {
        trimmed(text).drop { "*_#>\"".contains($0) }.lowercased().replacing("\u{2019}", with: "'")
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var rest = text.drop(while: \.isWhitespace)
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return rest
    }
}
