/// Cuts a text that comes in pieces before the first of several words, and never lets a part of such a word through.
struct StopFilter {
    private let words: [[UInt8]]
    private var held: [UInt8] = []
    /// Whether a word has come: nothing after it counts.
    private(set) var isOver = false

    init(_ words: [String]) { self.words = words.map { Array($0.utf8) } }

    /// Takes the next piece.
    ///
    /// - Returns: what may be shown now.
    mutating func take(_ piece: String) -> String {
        if isOver { return "" }
        if words.isEmpty { return piece }
        held += piece.utf8
        if let end = words.compactMap({ Self.find($0, in: held) }).min() {
            isOver = true
            return text(of: end)
        }
        // The longest end that may be the beginning of a word stays.
        let kept =
            words.map { word in
                (1..<max(word.count, 1)).reversed().first {
                    held.count >= $0 && held.suffix($0).elementsEqual(word.prefix($0))
                } ?? 0
            }.max() ?? 0
        return text(of: held.count - kept)
    }

    /// What is left when no more comes.
    mutating func finish() -> String { isOver ? "" : text(of: held.count) }

    private mutating func text(of count: Int) -> String {
        // A stop word begins with a whole character, so the cut never falls into one.
        let text = String(decoding: held[..<count], as: UTF8.self)
        held.removeFirst(count)
        return text
    }

    private static func find(_ word: [UInt8], in text: [UInt8]) -> Int? {
        guard text.count >= word.count, let first = word.first else { return nil }
        return (0...(text.count - word.count)).first {
            text[$0] == first && text[$0..<($0 + word.count)].elementsEqual(word)
        }
    }

    /// A whole text, cut.
    static func cut(_ text: String, before words: [String]) -> (text: String, isCut: Bool) {
        var filter = StopFilter(words)
        let start = filter.take(text)
        return (start + filter.finish(), filter.isOver)
    }
}
