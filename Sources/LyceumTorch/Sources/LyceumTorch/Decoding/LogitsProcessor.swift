import Glibc
import LyceumKit

/// Changes the scores of the next token: what must not or must come, and what a draw is among.
///
/// Does what transformers' logits processors do, in the order of `GenerationMixin._get_logits_processor`.
struct LogitsProcessor {
    private let options: DecodingOptions
    /// What every text follows.
    let startID: Int
    /// What ends a text.
    let endIDs: Set<Int>
    /// The bad words; an end is none.
    private let words: [[Int]]

    /// - Parameters:
    ///   - startID: what every text follows.
    ///   - endIDs: what ends a text.
    init(_ options: DecodingOptions, startID: Int, endIDs: Set<Int>) {
        self.options = options
        self.startID = startID
        self.endIDs = endIDs
        words = options.badWords.filter { word in !endIDs.contains { word == [$0] } }
    }

    /// Where the options say nothing of start and ends, those of the network.
    init(_ options: DecodingOptions, _ decoder: some AutoregressiveDecoder) {
        self.init(
            options, startID: options.startID ?? decoder.decoderStartID,
            endIDs: options.endIDs.isEmpty ? [decoder.eosID] : Set(options.endIDs))
    }

    /// Changes the scores of what may follow a text to those that the search shall see.
    ///
    /// - Parameters:
    ///   - scores: [vocabulary].
    ///   - text: its tokens so far, the start token excluded.
    func apply(to scores: UnsafeMutableBufferPointer<Float>, text: [Int]) {
        let written = text.count
        if !isIdle(written: written) {
            let context = [startID] + text
            if options.repetitionPenalty != 1 { penalise(Set(context), in: scores) }
            ban(Self.repeated(after: context, size: options.noRepeatNgramSize), in: scores)
            ban(words.lazy.compactMap { Self.completion(of: $0, after: context) }, in: scores)
            if written < options.minNewTokens { ban(endIDs, in: scores) }
            if written == 0, let token = options.forcedBOS { force(token, in: scores) }
            if written == options.maxNewTokens - 1, let token = options.forcedEOS { force(token, in: scores) }
            ban(options.suppressed, in: scores)
            if isBegin(written) { ban(options.suppressedAtBegin, in: scores) }
        }
        if options.doSample { narrow(scores) }
    }

    /// Whether the scores after so many tokens stay as they are, but for what a draw is among.
    func isIdle(written: Int) -> Bool {
        options.repetitionPenalty == 1 && options.noRepeatNgramSize == 0 && words.isEmpty
            && written >= options.minNewTokens && (written > 0 || options.forcedBOS == nil)
            && (written != options.maxNewTokens - 1 || options.forcedEOS == nil) && options.suppressed.isEmpty
            && (options.suppressedAtBegin.isEmpty || !isBegin(written))
    }

    /// Whether, after so many tokens, all that happens to scores is that some become impossible.
    func onlyBans(written: Int) -> Bool {
        options.repetitionPenalty == 1 && !options.doSample && (written > 0 || options.forcedBOS == nil)
            && (written != options.maxNewTokens - 1 || options.forcedEOS == nil)
    }

    private func isBegin(_ written: Int) -> Bool { written == (options.forcedBOS == nil ? 0 : 1) }

    /// Makes tokens impossible.
    private func ban(_ tokens: some Sequence<Int>, in scores: UnsafeMutableBufferPointer<Float>) {
        for token in tokens where scores.indices.contains(token) { scores[token] = -.infinity }
    }

    /// Leaves nothing but a token.
    private func force(_ token: Int, in scores: UnsafeMutableBufferPointer<Float>) {
        scores.update(repeating: -.infinity)
        if scores.indices.contains(token) { scores[token] = 0 }
    }

    /// Keskar et al., "CTRL" (2019): makes tokens of the context less probable.
    private func penalise(_ tokens: Set<Int>, in scores: UnsafeMutableBufferPointer<Float>) {
        let penalty = Float(options.repetitionPenalty)
        for token in tokens where scores.indices.contains(token) {
            scores[token] = scores[token] < 0 ? scores[token] * penalty : scores[token] / penalty
        }
    }

    /// Temperature, top-k, and nucleus (Holtzman et al., "The Curious Case of Neural Text Degeneration", 2020).
    private func narrow(_ scores: UnsafeMutableBufferPointer<Float>) {
        // A beam search must find enough continuations that do not end.
        let fewest = min(scores.count, options.numBeams > 1 ? endIDs.count + 1 : 1)
        if options.temperature != 1 {
            let temperature = Float(options.temperature)
            for place in scores.indices { scores[place] /= temperature }
        }
        if options.topK > 0, let last = scores.top(max(options.topK, fewest)).last {
            let least = scores[last]
            for place in scores.indices where scores[place] < least { scores[place] = -.infinity }
        }
        if options.topP < 1 { keepNucleus(scores, fewest: fewest) }
    }

    /// Leaves the most probable tokens that together have the probability `topP`, and at least `fewest`.
    private func keepNucleus(_ scores: UnsafeMutableBufferPointer<Float>, fewest: Int) {
        let possible = scores.indices.filter { scores[$0] > -.infinity }.sorted {
            (scores[$0], $1) < (scores[$1], $0)
        }
        guard let last = possible.last else { return }
        let largest = scores[last]
        let weights = possible.map { expf(scores[$0] - largest) }
        let total = weights.reduce(0, +)
        var sum: Float = 0
        for (place, weight) in zip(possible, weights).dropLast(fewest) {
            sum += weight / total
            if sum > Float(1 - options.topP) { break }
            scores[place] = -.infinity
        }
    }

    /// The tokens that would make an n-gram of `size` occur a second time.
    static func repeated(after text: [Int], size: Int) -> Set<Int> {
        guard size > 0, text.count >= size else { return [] }
        let prefix = text.suffix(size - 1)
        var banned: Set<Int> = []
        for start in 0...(text.count - size) where text[start..<start + size - 1].elementsEqual(prefix) {
            banned.insert(text[start + size - 1])
        }
        return banned
    }

    /// The last token of `word` if the others stand at the end of `text`.
    static func completion(of word: [Int], after text: [Int]) -> Int? {
        guard word.count <= text.count, text.suffix(word.count - 1).elementsEqual(word.dropLast()) else {
            return nil
        }
        return word.last
    }
}
