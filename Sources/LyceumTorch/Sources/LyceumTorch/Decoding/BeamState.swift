import Glibc

/// The beam search for one source's text.
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

    /// The open hypotheses, best first; always `num_beams`.
    private(set) var running: [Hypothesis]
    /// The hypothesis of the last step that each open one continues.
    private(set) var parents: [Int] = []
    /// Whether nothing better can come.
    private(set) var isDone = false
    private var finished: [Hypothesis] = []
    private var written = 0
    private let options: DecodingOptions
    private let endIDs: Set<Int>

    init(options: DecodingOptions, endIDs: Set<Int>) {
        self.options = options
        self.endIDs = endIDs
        // All beams begin alike: only the first may be continued at first.
        running = (0..<options.numBeams).map { Hypothesis(tokens: [], score: $0 == 0 ? 0 : Self.never) }
    }

    /// The `num_return_sequences` best finished texts, the end token excluded; empty ones if there are fewer.
    var results: [WrittenText] {
        let texts = finished.prefix(options.numReturnSequences).map { text in
            let tokens = Array(text.tokens.prefix { !endIDs.contains($0) })
            return WrittenText(tokens: tokens, isEnded: tokens.count < text.tokens.count)
        }
        return texts + Array(repeating: WrittenText(), count: options.numReturnSequences - texts.count)
    }

    /// Takes continuations: the best, best first, or those drawn, in the order drawn.
    mutating func advance(_ candidates: [Candidate]) {
        written += 1
        let continued = candidates.map { candidate in
            Hypothesis(tokens: running[candidate.beam].tokens + [candidate.token], score: candidate.score)
        }
        let isLast = written >= options.maxNewTokens
        let ends = candidates.map { endIDs.contains($0.token) || isLast }
        // Only the first num_beams may finish; the others are there to keep as many open.
        for (hypothesis, ends) in zip(continued, ends).prefix(options.numBeams) where ends {
            let score = penalised(hypothesis.score, length: written)
            if score > Self.never { finished.append(Hypothesis(tokens: hypothesis.tokens, score: score)) }
        }
        finished.sort { $0.score > $1.score }
        finished.removeLast(max(0, finished.count - options.numBeams))

        let open = candidates.indices.filter { !ends[$0] }.sorted {
            candidates[$0].score > candidates[$1].score
        }
        .prefix(options.numBeams)
        guard let last = open.last else {
            isDone = true
            return
        }
        running = open.map { continued[$0] }
        parents = open.map { candidates[$0].beam }
        // Too few are possible: the rest are beams that cannot win, as at the start.
        while running.count < options.numBeams {
            running.append(Hypothesis(tokens: continued[last].tokens, score: Self.never))
            parents.append(candidates[last].beam)
        }
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
