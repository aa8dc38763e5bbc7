import LyceumKit

/// Generates texts for many sources: in batches of similar length, results in the order of the sources.
public enum Generator {
    /// Token ids of `num_return_sequences` texts for each source, one after the other, the end token excluded.
    ///
    /// - Parameters:
    ///   - network: runs without gradients and, being in evaluation mode, without dropout.
    ///   - sources: token ids.
    ///   - batchSize: sources at once.
    ///   - options: the search.
    ///   - job: progress in texts, and cancellation.
    /// - Throws: `LyceumError.cancelled`; what was generated until then is lost.
    public static func generate<Network: EncoderDecoder>(
        _ network: Network, sources: [[Int]], batchSize: Int, options: DecodingOptions, job: Job
    ) throws -> [[Int]] {
        try Torch.keepingMemory {
            try generateAll(network, sources: sources, batchSize: batchSize, options: options, job: job)
        }
    }

    private static func generateAll<Network: EncoderDecoder>(
        _ network: Network, sources: [[Int]], batchSize: Int, options: DecodingOptions, job: Job
    ) throws -> [[Int]] {
        let plan = SearchPlan(options, network)
        var texts = [[[Int]]](repeating: [], count: sources.count * plan.searchesEach)
        // Longest first: if memory runs out, it does so at once.
        var waiting = sources.indices.sorted { (sources[$0].count, $1) > (sources[$1].count, $0) }[...]
        let start = Uptime.now
        let perBatch = max(1, batchSize / plan.searchesEach)
        var done = 0
        var tokens = 0
        // Not inference mode: tensors that a network keeps from here would poison its next training.
        try noGrad {
            var batch = DecodingBatch(network)
            while !waiting.isEmpty || batch.isOpen {
                try job.checkCancelled(kept: "\(done) of \(texts.count) texts had been generated")
                if !batch.isOpen { batch = DecodingBatch(network) }
                let open = batch.openRows / max(1, plan.searchesEach * plan.rowsEach)
                // A few sources are read together, and as soon as there is room for them.
                if !waiting.isEmpty, batch.canJoin, open == 0 || perBatch - open >= max(1, perBatch / 4) {
                    let some = waiting.prefix(perBatch - open)
                    waiting = waiting.dropFirst(some.count)
                    try batch.join(
                        some.map { source in
                            (
                                sources[source],
                                (0..<plan.searchesEach).map {
                                    let number = source * plan.searchesEach + $0
                                    return (number, plan.search(over: sources[source], number: number))
                                }
                            )
                        })
                }
                let before = done
                for entry in try batch.step() where entry.search.isDone {
                    texts[entry.number] = entry.search.texts.map(\.tokens)
                    tokens += texts[entry.number].reduce(0) { $0 + $1.count }
                    done += 1
                }
                guard done > before else { continue }
                let speed = Double(tokens) / max(Uptime.now - start, 1e-9)
                job.update(
                    done: done, of: texts.count, unit: "texts",
                    figures: [("tokens/s", ProgressMeter.round(speed, digits: 0))])
            }
        }
        job.finish(done: done, of: texts.count, unit: "texts")
        return texts.flatMap { $0 }
    }
}

/// Which searches find the texts of a source.
struct SearchPlan {
    private let options: DecodingOptions
    private let processor: LogitsProcessor

    init(_ options: DecodingOptions, _ network: some AutoregressiveDecoder) {
        self.options = options
        processor = LogitsProcessor(options, network)
    }

    /// Searches for each source: beams give several texts at once, else each text has one of its own.
    var searchesEach: Int { options.numBeams > 1 ? 1 : options.numReturnSequences }

    /// Hypotheses of each search.
    var rowsEach: Int { options.numBeams }

    /// A search that has not begun.
    ///
    /// - Parameters:
    ///   - source: the source's tokens.
    ///   - number: counted over all sources; draws depend on it.
    func search(over source: [Int], number: Int) -> any TextSearch {
        options.numBeams > 1
            ? BeamSearch(options, processor: processor, number: number)
            : GreedySearch(options, processor: processor, source: source, number: number)
    }
}
