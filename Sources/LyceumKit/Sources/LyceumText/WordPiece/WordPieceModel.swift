/// Spells a word in the longest pieces that the vocabulary has, from left to right.
///
/// Source: Wu et al., "Google's Neural Machine Translation System" (2016), in the form of BERT's `WordpieceTokenizer`.
struct WordPieceModel: Sendable {
    /// What the pieces inside a word begin with in the vocabulary.
    let continuation: String
    /// Longer words are unknown as a whole, in characters.
    let longestWord: Int
    /// The id of a word that cannot be spelt.
    let unknown: Int

    private let heads: PieceTable
    private let tails: PieceTable

    /// Pieces by their bytes, without what marks a continuation.
    private struct PieceTable: Sendable {
        private var strings = ByteStringTable()
        private var ids: [Int] = []
        /// The length of the longest, in bytes.
        private(set) var longest = 0

        mutating func insert(_ text: some Collection<UInt8>, _ id: Int) {
            let bytes = Array(text)
            longest = max(longest, bytes.count)
            let number = bytes.withUnsafeBufferPointer { strings.insert($0) }
            // Of pieces that stand in a file twice the last counts.
            if number == ids.count { ids.append(id) } else { ids[number] = id }
        }

        func id(of text: UnsafeBufferPointer<UInt8>) -> Int? { strings.number(of: text).map { ids[$0] } }
    }

    /// Makes a model.
    ///
    /// - Parameter pieces: by id; "" where there is none.
    init(pieces: [String], continuation: String, longestWord: Int, unknown: Int) {
        self.continuation = continuation
        self.longestWord = longestWord
        self.unknown = unknown
        var (heads, tails) = (PieceTable(), PieceTable())
        let mark = Array(continuation.utf8)
        for (id, piece) in pieces.enumerated() where !piece.isEmpty {
            heads.insert(piece.utf8, id)
            if piece.utf8.starts(with: mark) { tails.insert(piece.utf8.dropFirst(mark.count), id) }
        }
        (self.heads, self.tails) = (heads, tails)
    }

    /// Appends the ids of a word; one unknown id if it cannot be spelt as a whole.
    ///
    /// - Parameter word: valid UTF-8.
    func append(_ word: UnsafeBufferPointer<UInt8>, to ids: inout [Int]) {
        guard !word.isEmpty else { return }
        let length = word.reduce(0) { $1 & 0xC0 == 0x80 ? $0 : $0 + 1 }
        guard length <= longestWord else { return ids.append(unknown) }
        let first = ids.count
        var start = 0
        while start < word.count {
            let table = start == 0 ? heads : tails
            var end = min(word.count, start + table.longest)
            var found: Int?
            while end > start {
                // Never in the middle of a character.
                if end == word.count || word[end] & 0xC0 != 0x80 {
                    found = table.id(of: UnsafeBufferPointer(rebasing: word[start..<end]))
                    if found != nil { break }
                }
                end -= 1
            }
            guard let found else {
                ids.removeSubrange(first...)
                return ids.append(unknown)
            }
            ids.append(found)
            start = end
        }
    }
}
