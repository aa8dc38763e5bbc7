import LyceumKit

extension WordPieceTokenizer {
    /// Special tokens with the ids 0 to 4.
    static let specialTokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    /// Rarer characters are unknown, so that they do not fill the vocabulary.
    private static let mostCharacters = 1000
    /// Longer words, in bytes, are never spelt: none of them has as few characters as a word may have.
    private static let longestWord = 4 * WordPieceContent.Spelling().longestWord

    /// Learns a vocabulary of small letters without accents from texts: special tokens, the characters, then what
    /// merging the most frequent pairs makes.
    ///
    /// Equal texts give equal vocabularies, in whatever order they come. The method is that of tokenizers'
    /// `WordPieceTrainer` (byte-pair merges, spelt with "##"); the ids differ, which there depend on a hash table's
    /// order.
    ///
    /// - Parameters:
    ///   - texts: what to learn from.
    ///   - vocabularySize: the most pieces, special ones included; texts of few words give fewer.
    ///   - minimumFrequency: how often a pair must occur to become a piece.
    ///   - job: progress and cancellation.
    /// - Throws: `LyceumError.empty` without any text, `LyceumError.invalid` for a size that does not hold special
    ///   tokens and characters, `LyceumError.cancelled`.
    public static func train(
        on texts: some Sequence<String>, vocabularySize: Int, minimumFrequency: Int = 2,
        job: Job = .silent()
    ) throws -> WordPieceTokenizer {
        let normalizer = BertNormalizer()
        var words = ByteStringTable()
        var counts: [Int] = []
        for text in texts {
            for piece in text.pieces() {
                try job.checkCancelled()
                count(String(piece), normalizer, &words, &counts)
            }
        }
        guard !counts.isEmpty else {
            throw LyceumError.empty(
                "the text to learn a vocabulary from", remedy: "give texts that are not empty")
        }
        let spelt = try (0..<words.count).map { number in
            if number % 65536 == 0 { try job.checkCancelled() }
            return Array(String(decoding: words[number], as: UTF8.self).unicodeScalars)
        }
        let alphabet = alphabet(of: spelt, counts)
        let initial = specialTokens + alphabet.map(\.text)
        guard (initial.count...1_000_000).contains(vocabularySize) else {
            throw LyceumError.invalid(
                "vocabulary size",
                expected: "\(initial.count) (the special tokens and the texts' characters) to 1000000 pieces",
                got: String(vocabularySize), remedy: nil)
        }
        let ids = Dictionary(
            alphabet.enumerated().map { ($1, Int32(specialTokens.count + $0)) },
            uniquingKeysWith: { first, _ in first })
        // A word with a character outside the alphabet cannot be spelt, so nothing is learned from it.
        var known: [(word: [Int32], count: Int)] = []
        for (number, scalars) in spelt.enumerated() {
            let word = scalars.enumerated().compactMap { ids[Letter(scalar: $1, isHead: $0 == 0)] }
            if word.count == scalars.count { known.append((word, counts[number])) }
        }
        var trainer = BytePairTrainer(
            pieces: initial, words: known.map(\.word), counts: known.map(\.count)
        ) { $0 + $1.dropFirst(2) }
        _ = try trainer.learn(size: vocabularySize, minimumFrequency: minimumFrequency, job: job)
        return try WordPieceTokenizer(
            WordPieceContent(
                vocabulary: trainer.pieces, spelling: .init(), addedTokens: [], normalizer: normalizer,
                frame: nil, cleansUpPieces: true, configuration: TokenizerConfiguration(),
                name: "the trained vocabulary"))
    }

    /// A character at the head of a word, or inside one.
    private struct Letter: Hashable {
        let scalar: Unicode.Scalar
        let isHead: Bool

        var text: String { (isHead ? "" : "##") + String(scalar) }
    }

    /// The letters of the most frequent characters: heads first, each in the order of the characters.
    private static func alphabet(of words: [[Unicode.Scalar]], _ counts: [Int]) -> [Letter] {
        var frequency: [Unicode.Scalar: Int] = [:]
        var found: Set<Letter> = []
        for (word, count) in zip(words, counts) {
            for (place, scalar) in word.enumerated() {
                frequency[scalar, default: 0] += count
                found.insert(Letter(scalar: scalar, isHead: place == 0))
            }
        }
        let kept = Set(
            frequency.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(mostCharacters).map(\.key))
        return found.filter { kept.contains($0.scalar) }.sorted {
            ($0.isHead ? 0 : 1, $0.scalar) < ($1.isHead ? 0 : 1, $1.scalar)
        }
    }

    private static func count(
        _ text: String, _ normalizer: BertNormalizer, _ words: inout ByteStringTable, _ counts: inout [Int]
    ) {
        var text = text
        let bytes = text.withUTF8 { normalizer.apply(to: $0) }
        bytes.withUnsafeBufferPointer { utf8 in
            var split = BertWords(utf8)
            while let range = split.next() {
                let word = UnsafeBufferPointer(rebasing: utf8[range])
                guard word.count <= longestWord else { continue }
                let number = words.insert(word)
                if number == counts.count { counts.append(0) }
                counts[number] += 1
            }
        }
    }
}
