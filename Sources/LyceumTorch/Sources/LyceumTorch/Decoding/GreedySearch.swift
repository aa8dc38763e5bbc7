import LyceumKit

/// Writes the most probable token at each step.
enum GreedySearch {
    /// One text for each source, the end token excluded.
    static func generate(
        _ decoder: some AutoregressiveDecoder, source: EncodedSource, options: DecodingOptions, job: Job
    ) throws -> [[Int]] {
        var source = source
        let cache = DecoderCache(layers: decoder.decoderLayerCount)
        let constraints = TokenConstraints(options, decoder)
        var texts = [[Int]](repeating: [], count: try source.states.size(0))
        // The rows that are still computed, and those of them that are still open.
        var rows = Array(texts.indices)
        var open = Set(rows)
        var next = [Int](repeating: decoder.decoderStartID, count: rows.count)
        for _ in 0..<options.maxNewTokens where !open.isEmpty {
            try job.checkCancelled()
            let scores = try decoder.step(next, source: source, cache: cache)
            next = try constraints.apply(to: scores, texts: rows.map { texts[$0] }).argmax(dim: 1).integers()
            for (row, token) in zip(rows, next) {
                if token == decoder.eosID { open.remove(row) }
                // Closed rows grow along until they are dropped; what follows their end is cut off below.
                texts[row].append(token)
            }
            // Dropping rows copies the caches: worth it when a quarter of them is done.
            if open.count * 4 <= rows.count * 3, !open.isEmpty {
                let kept = rows.indices.filter { open.contains(rows[$0]) }
                try cache.select(rows: kept, sources: kept)
                source = try source.select(kept)
                next = kept.map { next[$0] }
                rows = kept.map { rows[$0] }
            }
        }
        return texts.map { text in Array(text.prefix { $0 != decoder.eosID }) }
    }
}
