import LyceumKit

/// Writes one text token by token: the most probable one at each step, or one that is drawn.
enum GreedySearch {
    /// One text for each source, the end token excluded.
    ///
    /// - Parameter numbers: of the texts, which their draws depend on.
    static func generate(
        _ decoder: some AutoregressiveDecoder, source: EncodedSource, numbers: [Int],
        options: DecodingOptions,
        job: Job
    ) throws -> [[Int]] {
        var source = source
        let cache = DecoderCache(layers: decoder.decoderLayerCount)
        let processor = LogitsProcessor(options, decoder)
        let ends = processor.endIDs
        var sampler = options.doSample ? Sampler(seed: options.seed, texts: numbers) : nil
        var texts = [[Int]](repeating: [], count: try source.states.size(0))
        // The rows that are still computed, and those of them that are still open.
        var rows = Array(texts.indices)
        var open = Set(rows)
        var next = [Int](repeating: processor.startID, count: rows.count)
        for _ in 0..<options.maxNewTokens where !open.isEmpty {
            try job.checkCancelled()
            let scores = try processor.apply(
                to: decoder.step(next, source: source, cache: cache), texts: rows.map { texts[$0] })
            next = try sampler?.tokens(scores, otherwise: decoder.eosID) ?? scores.argmax(dim: 1).integers()
            for (row, token) in zip(rows, next) {
                if ends.contains(token) { open.remove(row) }
                // Closed rows grow along until they are dropped; what follows their end is cut off below.
                texts[row].append(token)
            }
            // Dropping rows copies the caches: worth it when a quarter of them is done.
            if open.count * 4 <= rows.count * 3, !open.isEmpty {
                let kept = rows.indices.filter { open.contains(rows[$0]) }
                try cache.select(rows: kept, sources: kept)
                source = try source.select(kept)
                sampler?.select(kept)
                next = kept.map { next[$0] }
                rows = kept.map { rows[$0] }
            }
        }
        return texts.map { text in Array(text.prefix { !ends.contains($0) }) }
    }
}

extension Sampler {
    /// Draws a token for each row of [rows, vocabulary]; `end` where nothing is possible.
    fileprivate mutating func tokens(_ scores: Tensor, otherwise end: Int) throws -> [Int] {
        let (rows, vocabulary) = (try scores.size(0), try scores.size(1))
        let all = try scores.floats()
        return (0..<rows).map { row in
            draw(row: row, from: all[row * vocabulary..<(row + 1) * vocabulary]).first ?? end
        }
    }
}
