import LyceumKit

/// Which examples make up which batch: a pure function of the seed and the epoch, so that a resumed run sees the
/// same batches in the same order.
public struct BatchSampler: Sendable {
    /// The length of each example.
    public let lengths: [Int]
    /// Examples in a batch.
    public let batchSize: Int
    /// Whether the order is random.
    public let shuffle: Bool
    /// Whether examples of similar length share a batch, which saves padding.
    public let groupByLength: Bool
    /// Fixes the order.
    public let seed: Int

    /// Describes how to batch.
    public init(lengths: [Int], batchSize: Int, shuffle: Bool = true, groupByLength: Bool = true, seed: Int) {
        self.lengths = lengths
        self.batchSize = max(1, batchSize)
        self.shuffle = shuffle
        self.groupByLength = groupByLength
        self.seed = seed
    }

    /// How many batches' worth of examples are sorted by length together, as in transformers'
    /// `LengthGroupedSampler`: enough to save padding, few enough to stay random.
    static let pool = 50

    /// Batches in an epoch.
    public var batchesPerEpoch: Int { (lengths.count + batchSize - 1) / batchSize }

    /// The batches of an epoch, each a list of example indices.
    public func batches(epoch: Int) -> [[Int]] {
        var generator = RandomSource(seed: seed).generator(.order, epoch)
        var order = shuffle ? generator.permutation(lengths.count) : Array(lengths.indices)
        if groupByLength {
            let pool = shuffle ? Self.pool * batchSize : order.count
            for start in stride(from: 0, to: order.count, by: max(1, pool)) {
                let range = start..<min(start + pool, order.count)
                order[range].sort { (lengths[$0], $0) > (lengths[$1], $1) }
            }
        }
        let batches = stride(from: 0, to: order.count, by: batchSize).map { start in
            Array(order[start..<min(start + batchSize, order.count)])
        }
        guard shuffle, groupByLength else { return batches }
        return generator.permutation(batches.count).map { batches[$0] }
    }
}
