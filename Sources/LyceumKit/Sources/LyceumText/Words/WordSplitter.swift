/// Cuts texts into words and punctuation, and joins them again.
///
/// As in the Penn Treebank, marks at the ends of what stands between spaces are tokens of their own; what is inside
/// ("client/server", "7-zip", "e.g") stays one word.
enum WordSplitter {
    /// The words of a text.
    static func words(_ text: String, lowercase: Bool) -> [String] {
        var words: [String] = []
        let scalars = Array((lowercase ? text.lowercased() : text).unicodeScalars)
        var start = 0
        while start < scalars.count {
            guard !scalars[start].properties.isWhitespace else {
                start += 1
                continue
            }
            var end = start
            while end < scalars.count, !scalars[end].properties.isWhitespace { end += 1 }
            append(scalars[start..<end], to: &words)
            start = end
        }
        return words
    }

    /// A text of words: marks stand where they stand in print.
    static func text(_ words: [String]) -> String {
        var text = ""
        var open: Set<String> = []
        var sticks = true
        for word in words {
            // A straight quotation mark is an opening one if none of its kind is open.
            let isQuote = quotes.contains(word)
            let closes = isQuote ? open.remove(word) != nil : closing.contains(word)
            if isQuote, !closes { open.insert(word) }
            if !sticks, !closes { text += " " }
            text += word
            sticks = isQuote ? !closes : opening.contains(word)
        }
        return text
    }

    private static let quotes: Set<String> = ["\"", "'", "`"]
    private static let opening: Set<String> = ["(", "[", "{", "\u{ab}", "\u{201c}", "\u{2018}"]
    private static let closing: Set<String> = [
        ".", ",", ";", ":", "!", "?", ")", "]", "}", "\u{bb}", "\u{201d}", "\u{2019}", "\u{2026}",
    ]
    private static let marks: Set<Unicode.Scalar> = Set(
        quotes.union(opening).union(closing).flatMap(\.unicodeScalars))

    private static func append(_ chunk: ArraySlice<Unicode.Scalar>, to words: inout [String]) {
        var core = chunk
        while let first = core.first, marks.contains(first) {
            words.append(String(Character(first)))
            core.removeFirst()
        }
        var behind: [String] = []
        while let last = core.last, marks.contains(last) {
            behind.append(String(Character(last)))
            core.removeLast()
        }
        if !core.isEmpty {
            var word = String.UnicodeScalarView()
            word.append(contentsOf: core)
            words.append(String(word))
        }
        words += behind.reversed()
    }
}
