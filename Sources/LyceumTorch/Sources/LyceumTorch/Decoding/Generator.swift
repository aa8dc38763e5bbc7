import LyceumKit

/// Generates texts for many sources: in batches of similar length, results in the order of the sources.
public enum Generator {
    /// Token ids of `num_return_sequences` texts for each source, one after the other, the end token excluded.
    ///
    /// - Parameters:
    ///   - model: runs without gradients and, being in evaluation mode, without dropout.
    ///   - sources: token ids.
    ///   - batchSize: sources at once.
    ///   - options: the search.
    ///   - job: progress in texts, and cancellation.
    /// - Throws: `LyceumError.cancelled`; what was generated until then is lost.
    public static func generate<Model: SequenceToSequenceModel>(
        _ model: Model, sources: [[Int]], batchSize: Int, options: DecodingOptions, job: Job
    ) throws -> [[Int]] {
        // Beams give several texts at once; else each text is a row of its own.
        let each = options.numReturnSequences
        let (rowsEach, textsEach) = options.numBeams > 1 ? (1, each) : (each, 1)
        var texts = [[Int]](repeating: [], count: sources.count * each)
        // Longest first: if memory runs out, it does so at once.
        let order = sources.indices.sorted { (sources[$0].count, $1) > (sources[$1].count, $0) }
            .flatMap { source in (0..<rowsEach).map { source * rowsEach + $0 } }
        let start = ProgressMeter.now()
        var done = 0
        var tokens = 0
        for first in stride(from: 0, to: order.count, by: max(1, batchSize)) {
            try job.checkCancelled(kept: "\(done) of \(order.count) texts had been generated")
            let rows = Array(order[first..<min(first + max(1, batchSize), order.count)])
            // Not inference mode: tensors that a network keeps from here would poison its next training.
            let generated = try noGrad {
                let batch = try TokenBatch(rows.map { sources[$0 / rowsEach] }, padID: model.padID)
                let source = try model.encode(batch.to(model.device))
                return options.numBeams > 1
                    ? try BeamSearch.generate(
                        model, source: source, numbers: rows, options: options, job: job)
                    : try GreedySearch.generate(
                        model, source: source, numbers: rows, options: options, job: job)
            }
            for (index, text) in generated.enumerated() {
                texts[rows[index / textsEach] * textsEach + index % textsEach] = text
                tokens += text.count
            }
            done += rows.count
            let speed = Double(tokens) / max(ProgressMeter.now() - start, 1e-9)
            job.update(
                done: done, of: order.count, unit: "texts",
                figures: [("tokens/s", ProgressMeter.round(speed, digits: 0))])
        }
        job.finish(done: done, of: order.count, unit: "texts")
        return texts
    }
}
