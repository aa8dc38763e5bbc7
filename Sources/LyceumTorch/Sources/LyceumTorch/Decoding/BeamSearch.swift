import LyceumKit

/// Keeps the `num_beams` most probable beginnings of each text, and gives the best finished ones.
///
/// Follows transformers 4.56 (`GenerationMixin._beam_search`) to the rounding: candidates are the best
/// (ends + 1) · num_beams continuations, or as many drawn ones; scores of finished texts are divided by
/// length ^ length_penalty.
enum BeamSearch {
    /// `num_return_sequences` texts for each source, the best first, the end token excluded.
    ///
    /// - Parameter numbers: of the sources, which their draws depend on.
    static func generate(
        _ decoder: some AutoregressiveDecoder, source: EncodedSource, numbers: [Int],
        options: DecodingOptions,
        job: Job
    ) throws -> [[Int]] {
        var source = source
        let beams = options.numBeams
        let cache = DecoderCache(layers: decoder.decoderLayerCount, rowsPerSource: beams)
        let processor = LogitsProcessor(options, decoder)
        var sampler = options.doSample ? Sampler(seed: options.seed, texts: numbers) : nil
        let count = try source.states.size(0)
        var results = [[[Int]]](repeating: [], count: count)
        var searches = (0..<count).map { BeamState(source: $0, options: options, endIDs: processor.endIDs) }
        var next = [Int](repeating: processor.startID, count: count * beams)
        for _ in 0..<options.maxNewTokens where !searches.isEmpty {
            try job.checkCancelled()
            let scores = try processor.apply(
                to: decoder.step(next, source: source, cache: cache).logSoftmax(dim: 1),
                texts: searches.flatMap { $0.running.map(\.tokens) })
            let sums = try Tensor(
                searches.flatMap { $0.running.map(\.score) }, shape: [searches.count * beams, 1]
            ).to(scores.device)
            let candidates = try candidates(
                (scores + sums).view(searches.count, -1), vocabulary: scores.size(1),
                count: (processor.endIDs.count + 1) * beams, sampler: &sampler)
            for (index, candidates) in candidates.enumerated() { searches[index].advance(candidates) }
            let kept = searches.indices.filter { !searches[$0].isDone }
            for search in searches where search.isDone { results[search.source] = search.results }
            if kept.isEmpty { break }
            try cache.select(
                rows: kept.flatMap { index in searches[index].parents.map { index * beams + $0 } },
                sources: kept.count < searches.count ? kept : nil)
            if kept.count < searches.count {
                source = try source.select(kept)
                sampler?.select(kept)
            }
            searches = kept.map { searches[$0] }
            next = searches.flatMap { $0.running.map { $0.tokens.last ?? processor.startID } }
        }
        return results.flatMap { $0 }
    }

    /// The continuations to look at, for each search the best or those drawn.
    ///
    /// - Parameter scores: sums of log-probabilities, [searches, beams · vocabulary].
    private static func candidates(
        _ scores: Tensor, vocabulary: Int, count: Int, sampler: inout Sampler?
    ) throws -> [[BeamState.Candidate]] {
        func candidate(_ place: Int, _ score: Float) -> BeamState.Candidate {
            BeamState.Candidate(beam: place / vocabulary, token: place % vocabulary, score: score)
        }
        let (searches, places) = (try scores.size(0), try scores.size(1))
        if var drawing = sampler {
            defer { sampler = drawing }
            let all = try scores.floats()
            return (0..<searches).map { search in
                let own = all[search * places..<(search + 1) * places]
                return drawing.draw(row: search, from: own, count: count).map {
                    candidate($0, own[own.startIndex + $0])
                }
            }
        }
        let (values, indices) = try scores.topk(k: min(count, places), dim: 1)
        let width = try values.size(1)
        let (sums, found) = (try values.floats(), try indices.integers())
        return (0..<searches).map { search in
            (search * width..<(search + 1) * width).map { candidate(found[$0], sums[$0]) }
        }
    }
}
