import Glibc
import LyceumKit

/// Keeps the `num_beams` most probable beginnings of each text, and gives the best finished one.
///
/// Follows transformers 4.56 (`GenerationMixin._beam_search`) to the rounding: candidates are the best
/// 2 · num_beams continuations, scores of finished texts are divided by length ^ length_penalty.
enum BeamSearch {
    /// One text for each source, the end token excluded.
    static func generate(
        _ decoder: some AutoregressiveDecoder, source: EncodedSource, options: DecodingOptions, job: Job
    ) throws -> [[Int]] {
        var source = source
        let beams = options.numBeams
        let cache = DecoderCache(layers: decoder.decoderLayerCount, rowsPerSource: beams)
        let constraints = TokenConstraints(options, decoder)
        let count = try source.states.size(0)
        var results = [[Int]](repeating: [], count: count)
        var searches = (0..<count).map { BeamState(source: $0, options: options, eosID: decoder.eosID) }
        var next = [Int](repeating: decoder.decoderStartID, count: count * beams)
        for _ in 0..<options.maxNewTokens where !searches.isEmpty {
            try job.checkCancelled()
            let scores = try decoder.step(next, source: source, cache: cache).logSoftmax(dim: 1)
            let allowed = try constraints.apply(
                to: scores, texts: searches.flatMap { $0.running.map(\.tokens) })
            let vocabulary = try allowed.size(1)
            let sums = try Tensor(
                searches.flatMap { $0.running.map(\.score) }, shape: [searches.count * beams, 1]
            ).to(allowed.device)
            let (values, indices) = try (allowed + sums).view(searches.count, beams * vocabulary)
                .topk(k: min(2 * beams, beams * vocabulary), dim: 1)
            let width = try values.size(1)
            let (logProbabilities, places) = (try values.floats(), try indices.integers())
            for index in searches.indices {
                searches[index].advance(
                    (index * width..<(index + 1) * width).map { candidate in
                        BeamState.Candidate(
                            beam: places[candidate] / vocabulary, token: places[candidate] % vocabulary,
                            score: logProbabilities[candidate])
                    })
            }
            let kept = searches.indices.filter { !searches[$0].isDone }
            for search in searches where search.isDone { results[search.source] = search.best }
            if kept.isEmpty { return results }
            try cache.select(
                rows: kept.flatMap { index in searches[index].parents.map { index * beams + $0 } },
                sources: kept.count < searches.count ? kept : nil)
            if kept.count < searches.count { source = try source.select(kept) }
            searches = kept.map { searches[$0] }
            next = searches.flatMap { $0.running.map { $0.tokens.last ?? decoder.decoderStartID } }
        }
        return results
    }
}

/// The search for one source's text.
struct BeamState {
    /// The beginning of a text, with the sum of its log-probabilities.
    struct Hypothesis {
        var tokens: [Int]
        var score: Float
    }

    /// A hypothesis of the last step and what may follow it.
    struct Candidate {
        let beam: Int
        let token: Int
        let score: Float
    }

    /// Which source this is.
    let source: Int
    /// The open hypotheses, best first; always `num_beams`.
    private(set) var running: [Hypothesis]
    /// The hypothesis of the last step that each open one continues.
    private(set) var parents: [Int] = []
    /// Whether nothing better can come.
    private(set) var isDone = false
    private var finished: [Hypothesis] = []
    private var written = 0
    private let options: DecodingOptions
    private let eosID: Int

    init(source: Int, options: DecodingOptions, eosID: Int) {
        self.source = source
        self.options = options
        self.eosID = eosID
        // All beams begin alike: only the first may be continued at first.
        running = (0..<options.numBeams).map { Hypothesis(tokens: [], score: $0 == 0 ? 0 : Self.never) }
    }

    /// The best finished text, the end token excluded.
    var best: [Int] { finished.first?.tokens.filter { $0 != eosID } ?? [] }

    /// Takes the best continuations, best first.
    mutating func advance(_ candidates: [Candidate]) {
        written += 1
        let continued = candidates.map { candidate in
            Hypothesis(tokens: running[candidate.beam].tokens + [candidate.token], score: candidate.score)
        }
        let isLast = written >= options.maxNewTokens
        let ends = candidates.map { $0.token == eosID || isLast }
        // Only the best num_beams may finish; the others are there to keep as many open.
        for (hypothesis, ends) in zip(continued, ends).prefix(options.numBeams) where ends {
            finished.append(
                Hypothesis(tokens: hypothesis.tokens, score: penalised(hypothesis.score, length: written)))
        }
        finished.sort { $0.score > $1.score }
        finished.removeLast(max(0, finished.count - options.numBeams))

        let open = candidates.indices.filter { !ends[$0] }.prefix(options.numBeams)
        if open.count < options.numBeams {
            isDone = true
            return
        }
        running = open.map { continued[$0] }
        parents = open.map { candidates[$0].beam }
        isDone = cannotImprove
    }

    /// transformers' `_check_early_stop_heuristic` and `early_stopping`.
    private var cannotImprove: Bool {
        guard finished.count == options.numBeams, let worst = finished.last, let first = running.first else {
            return false
        }
        switch options.earlyStopping {
        case .whenFull: return true
        case .heuristic: return penalised(first.score, length: written) <= worst.score
        case .never:
            let length = options.lengthPenalty > 0 ? options.maxNewTokens : written
            return penalised(first.score, length: length) <= worst.score
        }
    }

    private func penalised(_ score: Float, length: Int) -> Float {
        score / Float(pow(Double(length), options.lengthPenalty))
    }

    private static let never: Float = -1e9
}
