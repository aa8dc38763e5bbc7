/// Writes one text token by token: the most probable one at each step, or one that is drawn.
struct GreedySearch: TextSearch {
    private(set) var text = WrittenText()
    private(set) var isDone = false
    private let processor: LogitsProcessor
    private let mostTokens: Int
    private var sampler: Sampler?
    private var lookup: SourceLookup?

    /// - Parameters:
    ///   - source: the source's tokens, of which the text may repeat some.
    ///   - number: of the text, which its draws depend on.
    init(_ options: DecodingOptions, processor: LogitsProcessor, source: [Int], number: Int) {
        self.processor = processor
        mostTokens = options.maxNewTokens
        sampler = options.doSample ? Sampler(seed: options.seed, text: number) : nil
        lookup =
            options.doSample || options.lookupTokens == 0
            ? nil : SourceLookup(source, most: options.lookupTokens)
    }

    var next: [Int] { [text.tokens.last ?? processor.startID] }
    var parents: [Int]? { nil }
    var texts: [WrittenText] { [text] }

    var draft: [Int] { lookup?.draft(after: text.tokens, most: mostTokens - text.tokens.count - 1) ?? [] }

    mutating func advance(_ scores: ScoreRows, draft: [Int]) -> Int {
        var kept = 0
        for place in 0...draft.count where place < scores.count && !isDone {
            advance(scores.rows(place..<place + 1))
            kept += 1
            guard place < draft.count, text.tokens.last == draft[place], !isDone else { break }
        }
        lookup?.learn(accepted: kept - 1, of: draft.count)
        return kept
    }

    mutating func advance(_ scores: ScoreRows) {
        let row = scores[0]
        processor.apply(to: row, text: text.tokens)
        if sampler != nil {
            // Where nothing is possible, the text ends.
            guard let token = sampler?.draw(from: row).first else { return end() }
            take(token)
        } else {
            take(row.best)
        }
    }

    /// Writes a token.
    private mutating func take(_ token: Int) {
        if processor.endIDs.contains(token) { return end() }
        text.tokens.append(token)
        isDone = text.tokens.count >= mostTokens
    }

    private mutating func end() {
        text.isEnded = true
        isDone = true
    }
}
