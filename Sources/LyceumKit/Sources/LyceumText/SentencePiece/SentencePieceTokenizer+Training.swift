import CSentencePiece
import LyceumKit

extension SentencePieceTokenizer {
    /// What to do when the text does not hold as many pieces as were asked for.
    public enum VocabularyLimit: Sendable {
        /// An error says the largest size possible.
        case exact
        /// The vocabulary becomes as large as it can.
        case atMost
    }

    /// Learns a unigram vocabulary from texts, with T5's ids: padding 0, end 1, unknown 2.
    ///
    /// Equal texts and parameters give equal vocabularies on every machine with the same library.
    /// Source: Kudo, "Subword Regularization" (2018); the reference library does the work.
    ///
    /// - Parameters:
    ///   - texts: what to learn from; each line is a sentence of its own.
    ///   - vocabularySize: how many pieces, special ones included, sentinels excluded.
    ///   - limit: what to do when the text does not hold that many.
    ///   - characterCoverage: the share of all characters that the vocabulary must spell, 0.9 to 1.
    ///   - maximumSentences: the most sentences to learn from; more are sampled down to it.
    ///   - seed: of that sample.
    ///   - extraIDs: how many sentinels to add above the vocabulary.
    ///   - job: progress and cancellation.
    /// - Throws: `LyceumError.empty` without any text, `LyceumError.invalid` for a size that does not fit.
    public static func train(
        on texts: some Sequence<String>, vocabularySize: Int, limit: VocabularyLimit = .exact,
        characterCoverage: Double = 0.9995, maximumSentences: Int = 200_000, seed: Int = 0,
        extraIDs: Int = 0, job: Job = .silent()
    ) throws -> SentencePieceTokenizer {
        try check(vocabularySize: vocabularySize, characterCoverage, maximumSentences)
        let sample = try SentenceSample(of: texts, atMost: maximumSentences, seed: seed, job: job)
        guard !sample.isEmpty else {
            throw LyceumError.empty(
                "the text to learn a vocabulary from", remedy: "give texts that hold letters or digits")
        }
        try job.checkCancelled()
        let options = [
            ("model_type", "unigram"), ("vocab_size", String(vocabularySize)),
            ("hard_vocab_limit", limit == .exact ? "true" : "false"),
            ("character_coverage", String(characterCoverage)),
            ("pad_id", "0"), ("eos_id", "1"), ("unk_id", "2"), ("bos_id", "-1"),
            ("max_sentence_length", String(SentenceSample.longestSentence)),
            // Sums are taken per thread: a fixed number gives the same vocabulary on every machine.
            ("num_threads", "8"),
            // Errors come back as a status; the trainer's diary is nobody's business.
            ("minloglevel", "3"),
        ]
        let bytes = try learn(sample, options, vocabularySize: vocabularySize, job: job)
        return try SentencePieceTokenizer(bytes: bytes, name: "the trained vocabulary", extraIDs: extraIDs)
    }

    private static func check(
        vocabularySize: Int, _ characterCoverage: Double, _ maximumSentences: Int
    ) throws {
        func require(_ isRight: Bool, _ what: String, _ expected: String, _ got: String) throws {
            guard isRight else {
                throw LyceumError.invalid(what, expected: expected, got: got, remedy: nil)
            }
        }
        try require(
            (4...1_000_000).contains(vocabularySize), "vocabulary size", "4 to 1000000 pieces",
            String(vocabularySize))
        try require(
            (0.9...1).contains(characterCoverage), "character coverage", "0.9 to 1", String(characterCoverage)
        )
        try require(
            maximumSentences > 0, "maximum number of sentences", "at least 1", String(maximumSentences))
    }

    private static func learn(
        _ sample: SentenceSample, _ options: [(name: String, value: String)], vocabularySize: Int, job: Job
    ) throws -> [UInt8] {
        // The option structs borrow these strings for the length of the call.
        let names = options.map { Array($0.name.utf8CString) }
        let values = options.map { Array($0.value.utf8CString) }
        func withPointers<R>(
            _ index: Int, _ made: [csp_option], _ body: ([csp_option]) -> R
        ) -> R {
            guard index < options.count else { return body(made) }
            return names[index].withUnsafeBufferPointer { name in
                values[index].withUnsafeBufferPointer { value in
                    let option = csp_option(name: name.baseAddress, value: value.baseAddress)
                    return withPointers(index + 1, made + [option], body)
                }
            }
        }
        var training: OpaquePointer?
        defer { csp_training_end(training) }
        let status = withPointers(0, []) { made in
            sample.bytes.withUnsafeBufferPointer { bytes in
                bytes.withMemoryRebound(to: CChar.self) { chars in
                    csp_training_begin(
                        made, made.count, chars.baseAddress, sample.offsets, sample.count, &training)
                }
            }
        }
        var isOver = false
        while status == CSP_OK, !isOver {
            try job.checkCancelled()
            guard csp_training_wait(training, 50, &isOver) == CSP_OK else { break }
        }
        var model: UnsafeMutableRawPointer?
        var count = 0
        guard status == CSP_OK, isOver, csp_training_result(training, &model, &count) == CSP_OK else {
            throw failure(String(cString: csp_last_error()), vocabularySize: vocabularySize)
        }
        defer { csp_release(model) }
        return Array(UnsafeRawBufferPointer(start: model, count: count))
    }

    /// The trainer's message in the words of our options.
    private static func failure(_ message: String, vocabularySize: Int) -> LyceumError {
        func number(after mark: String) -> Int? {
            guard let range = message.firstRange(of: mark) else { return nil }
            return Int(message[range.upperBound...].prefix(while: \.isNumber))
        }
        if let largest = number(after: "a value <= ") {
            return .invalid(
                "vocabulary size", expected: "at most \(largest) for this text", got: String(vocabularySize),
                remedy: "ask for \(largest) or fewer, or learn from more text")
        }
        if message.contains("smaller than required_chars"), let least = number(after: " vs ") {
            return .invalid(
                "vocabulary size", expected: "at least \(least), the number of different characters",
                got: String(vocabularySize), remedy: "ask for more, or lower the character coverage")
        }
        let line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
        return .failed("no vocabulary could be learned: \(line)", remedy: nil)
    }
}
