/// Keeps the `num_beams` most probable beginnings of a text, and gives the best finished ones.
///
/// Follows transformers 4.56 (`GenerationMixin._beam_search`) to the rounding: candidates are the best
/// (ends + 1) · num_beams continuations, or as many drawn ones; scores of finished texts are divided by
/// length ^ length_penalty.
struct BeamSearch: TextSearch {
    private var state: BeamState
    private let processor: LogitsProcessor
    private var sampler: Sampler?
    private let candidateCount: Int

    /// - Parameter number: of the source, which its draws depend on.
    init(_ options: DecodingOptions, processor: LogitsProcessor, number: Int) {
        state = BeamState(options: options, endIDs: processor.endIDs)
        self.processor = processor
        sampler = options.doSample ? Sampler(seed: options.seed, text: number) : nil
        candidateCount = (processor.endIDs.count + 1) * options.numBeams
    }

    var next: [Int] { state.running.map { $0.tokens.last ?? processor.startID } }
    var parents: [Int]? { state.parents.isEmpty ? nil : state.parents }
    var isDone: Bool { state.isDone }
    var texts: [WrittenText] { state.results }

    mutating func advance(_ scores: ScoreRows) {
        if sampler == nil, processor.onlyBans(written: state.running.first?.tokens.count ?? 0) {
            return state.advance(best(of: scores))
        }
        for (row, hypothesis) in state.running.enumerated() {
            let scores = scores[row]
            scores.logSoftmax()
            processor.apply(to: scores, text: hypothesis.tokens)
            for place in scores.indices { scores[place] += hypothesis.score }
        }
        let places = sampler?.draw(from: scores.all, count: candidateCount) ?? scores.all.top(candidateCount)
        state.advance(places.map { candidate($0, scores.width, score: scores.all[$0]) })
    }

    /// The best continuations where tokens are forbidden at most: log-probabilities of nothing but these are computed, to the
    /// same numbers.
    private func best(of scores: ScoreRows) -> [BeamState.Candidate] {
        let normalisers = scores.normalisers()
        for (row, hypothesis) in state.running.enumerated() {
            processor.apply(to: scores[row], text: hypothesis.tokens)
        }
        return scores.best(candidateCount, normalisers, adding: state.running.map(\.score)).map {
            candidate($0.place, scores.width, score: $0.value)
        }
    }

    private func candidate(_ place: Int, _ width: Int, score: Float) -> BeamState.Candidate {
        BeamState.Candidate(beam: place / width, token: place % width, score: score)
    }
}
