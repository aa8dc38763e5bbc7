import LyceumKit

extension ByteLevelBPETokenizer {
    /// BART's special tokens with the ids 0 to 4.
    static let specialTokens = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    /// Special tokens and single bytes: no vocabulary is smaller.
    static let smallestVocabulary = specialTokens.count + 256

    /// Learns a byte-level vocabulary from texts, with BART's ids: `<s>` 0, `<pad>` 1, `</s>` 2, `<unk>` 3,
    /// `<mask>` 4, then the 256 bytes, then what the merges make.
    ///
    /// Equal texts give equal vocabularies, in whatever order they come; they equal those of tokenizers'
    /// `ByteLevelBPETokenizer.train_from_iterator`.
    ///
    /// - Parameters:
    ///   - texts: what to learn from.
    ///   - vocabularySize: the most pieces, special ones included; texts of few words give fewer.
    ///   - minimumFrequency: how often a pair must occur to become a piece.
    ///   - job: progress and cancellation.
    /// - Throws: `LyceumError.empty` without any text, `LyceumError.invalid` for a size that does not fit,
    ///   `LyceumError.cancelled`.
    public static func train(
        on texts: some Sequence<String>, vocabularySize: Int, minimumFrequency: Int = 2,
        job: Job = .silent()
    ) throws -> ByteLevelBPETokenizer {
        guard (smallestVocabulary...1_000_000).contains(vocabularySize) else {
            throw LyceumError.invalid(
                "vocabulary size",
                expected: "\(smallestVocabulary) (the special tokens and the bytes) to 1000000 pieces",
                got: String(vocabularySize), remedy: nil)
        }
        guard minimumFrequency >= 1 else {
            throw LyceumError.invalid(
                "minimum frequency", expected: "at least 1", got: String(minimumFrequency), remedy: nil)
        }
        var words = ByteStringTable()
        var counts: [Int] = []
        for text in texts {
            for piece in text.pieces() {
                try job.checkCancelled()
                count(String(piece), &words, &counts)
            }
        }
        guard !counts.isEmpty else {
            throw LyceumError.empty(
                "the text to learn a vocabulary from", remedy: "give texts that are not empty")
        }
        var trainer = BytePairTrainer(words: words, counts: counts, specialTokens: specialTokens)
        let merges = try trainer.learn(size: vocabularySize, minimumFrequency: minimumFrequency, job: job)
        let vocabulary = BytePairVocabulary(pieces: trainer.pieces)
        return try ByteLevelBPETokenizer(
            BytePairContent(
                vocabulary: vocabulary,
                model: BytePairModel(
                    byteIDs: vocabulary.byteIDs, merges: merges, unknown: nil, fusesUnknown: false),
                addedTokens: [], frame: nil, addsPrefixSpace: false, splitsWords: true,
                configuration: TokenizerConfiguration(), name: "the trained vocabulary"))
    }

    private static func count(_ text: String, _ words: inout ByteStringTable, _ counts: inout [Int]) {
        var text = text
        text.withUTF8 { utf8 in
            var split = GPT2Words(utf8)
            while let word = split.next() {
                let number = words.insert(UnsafeBufferPointer(rebasing: utf8[word]))
                if number == counts.count { counts.append(0) }
                counts[number] += 1
            }
        }
    }
}
