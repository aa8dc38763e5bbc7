import LyceumKit

extension Learner {
    /// The mean loss over all items of some examples: that of one padded batch, whatever the batches' size.
    ///
    /// - Parameters and errors: those of `means`.
    func meanLoss<Source: BatchSource>(
        of source: Source, batchSize: Int, precision: Precision, job: Job
    ) throws -> Double where Source.Batch == Batch {
        try means(of: source, batchSize: batchSize, precision: precision, job: job)["loss"] ?? .nan
    }

    /// The means over all items of some examples, by name (see `measure`), whatever the batches' size.
    ///
    /// - Parameters:
    ///   - source: the examples.
    ///   - batchSize: examples that are read at once.
    ///   - precision: what matrices are multiplied in.
    ///   - ranks: those who share the work, if there are several.
    /// - Throws: `LyceumError.cancelled` between two batches: a loss over a part would not compare.
    func means<Source: BatchSource>(
        of source: Source, batchSize: Int, precision: Precision, job: Job, ranks: RankTraining? = nil
    ) throws -> [String: Double] where Source.Batch == Batch {
        // Sorted by length: the order does not matter to a sum, padding does.
        let order = source.lengths.indices.sorted { source.lengths[$0] > source.lengths[$1] }
        var sums: [String: Double] = [:]
        var items = 0
        var isCancelled = false
        let starts = Array(stride(from: 0, to: order.count, by: max(1, batchSize)))
        network.eval()
        try noGrad {
            try network.setComputeType(precision.computeType(on: network.device))
            defer { network.dropComputeType() }
            for start in ranks?.everyOther(of: starts) ?? starts {
                isCancelled = job.isCancelled
                if isCancelled { break }
                let batch = try source.batch(of: Array(order[start..<min(start + batchSize, order.count)]))
                sums.merge(try measure(batch)) { $0 + $1 }
                items += batch.itemCount
            }
        }
        if let ranks { (sums, items, isCancelled) = try ranks.merge(sums, items, isCancelled) }
        if isCancelled { throw LyceumError.cancelled("the loss was not measured to its end") }
        return sums.mapValues { $0 / Double(max(1, items)) }
    }
}
