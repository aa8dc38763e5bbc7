/// Writes one text token by token: the most probable one at each step, or one that is drawn.
struct GreedySearch: TextSearch {
    private(set) var text = WrittenText()
    private(set) var isDone = false
    private let processor: LogitsProcessor
    private let mostTokens: Int
    private var sampler: Sampler?

    /// - Parameter number: of the text, which its draws depend on.
    init(_ options: DecodingOptions, processor: LogitsProcessor, number: Int) {
        self.processor = processor
        mostTokens = options.maxNewTokens
        sampler = options.doSample ? Sampler(seed: options.seed, text: number) : nil
    }

    var next: [Int] { [text.tokens.last ?? processor.startID] }
    var parents: [Int]? { nil }
    var texts: [WrittenText] { [text] }

    /// Whether the best token of the scores as they are is what it takes next.
    var takesBest: Bool { sampler == nil && processor.isIdle(written: text.tokens.count) }

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
    mutating func take(_ token: Int) {
        if processor.endIDs.contains(token) { return end() }
        text.tokens.append(token)
        isDone = text.tokens.count >= mostTokens
    }

    private mutating func end() {
        text.isEnded = true
        isDone = true
    }
}
