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

    init(_ options: DecodingOptions, startID: Int, endIDs: Set<Int>) {
        self.options = options
        self.startID = startID
        self.endIDs = endIDs
        words = options.badWords.filter { word in !endIDs.contains { word == [$0] } }
    }

    init(_ options: DecodingOptions, _ decoder: some AutoregressiveDecoder) {
        self.init(
            options, startID: options.startID ?? decoder.decoderStartID,
            endIDs: options.endIDs.isEmpty ? [decoder.eosID] : Set(options.endIDs))
    }

    /// The scores as the search shall see them.
    ///
    /// - Parameters:
    ///   - scores: [rows, vocabulary], float32; left as they are.
    ///   - texts: the tokens of each row so far, all as many, the start token excluded.
    func apply(to scores: Tensor, texts: [[Int]]) throws -> Tensor {
        var scores = scores
        let written = texts.first?.count ?? 0
        let contexts = texts.map { [startID] + $0 }
        if options.repetitionPenalty != 1 { scores = try penalise(scores, contexts) }
        scores = try ban(scores) { row in
            var banned = Self.repeated(after: contexts[row], size: options.noRepeatNgramSize)
            for word in words {
                if let last = Self.completion(of: word, after: contexts[row]) { banned.insert(last) }
            }
            if written < options.minNewTokens { banned.formUnion(endIDs) }
            return banned
        }
        if written == 0, let token = options.forcedBOS { scores = try force([token], scores) }
        if written == options.maxNewTokens - 1, let token = options.forcedEOS {
            scores = try force([token], scores)
        }
        let isBegin = written == (options.forcedBOS == nil ? 0 : 1)
        let suppressed = Set(options.suppressed + (isBegin ? options.suppressedAtBegin : []))
        scores = try ban(scores) { _ in suppressed }
        return options.doSample ? try narrow(scores) : scores
    }

    /// Sets the tokens that `tokens` gives for a row to minus infinity.
    private func ban(_ scores: Tensor, _ tokens: (_ row: Int) -> Set<Int>) throws -> Tensor {
        let (rows, vocabulary) = (try scores.size(0), try scores.size(1))
        let places = (0..<rows).flatMap { row in tokens(row).map { row * vocabulary + $0 } }
        if places.isEmpty { return scores }
        return try scores.flatten()
            .scatter(dim: 0, indices: Tensor(places).to(scores.device), value: -Double.infinity)
            .view(rows, vocabulary)
    }

    /// Leaves nothing but `tokens`.
    private func force(_ tokens: [Int], _ scores: Tensor) throws -> Tensor {
        let forced = try Tensor.full(scores.shape, -Double.infinity, device: scores.device)
        for token in tokens { try forced.narrow(dim: 1, start: token, length: 1).fill_(0) }
        return forced
    }

    /// Keskar et al., "CTRL" (2019): makes tokens of the context less probable.
    private func penalise(_ scores: Tensor, _ contexts: [[Int]]) throws -> Tensor {
        let vocabulary = try scores.size(1)
        let places = try Tensor(
            contexts.enumerated().flatMap { row, context in
                Set(context).map { row * vocabulary + $0 }
            }
        ).to(scores.device)
        let flat = try scores.flatten()
        let old = try flat.gather(dim: 0, indices: places)
        let new = try Tensor.where(
            old.lt(0), old * options.repetitionPenalty, old / options.repetitionPenalty)
        return try flat.scatter(dim: 0, indices: places, source: new).view(scores.shape)
    }

    /// Temperature, top-k, and nucleus (Holtzman et al., "The Curious Case of Neural Text Degeneration", 2020).
    private func narrow(_ scores: Tensor) throws -> Tensor {
        var scores = scores
        let vocabulary = try scores.size(1)
        // A beam search must find enough continuations that do not end.
        let fewest = min(vocabulary, options.numBeams > 1 ? endIDs.count + 1 : 1)
        if options.temperature != 1 { scores = try scores / options.temperature }
        if options.topK > 0 {
            let count = min(max(options.topK, fewest), vocabulary)
            let last = try scores.topk(k: count, dim: 1).values.narrow(dim: 1, start: count - 1, length: 1)
            scores = try scores.maskedFill(scores.lt(last), -Double.infinity)
        }
        if options.topP < 1 {
            let (sorted, places) = try scores.sort(dim: 1)
            let dropped = try sorted.softmax(dim: 1).cumsum(dim: 1).le(1 - options.topP)
            try dropped.narrow(dim: 1, start: vocabulary - fewest, length: fewest).fill_(0)
            scores = try scores.maskedFill(
                dropped.scatter(dim: 1, indices: places, source: dropped), -Double.infinity)
        }
        return scores
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
