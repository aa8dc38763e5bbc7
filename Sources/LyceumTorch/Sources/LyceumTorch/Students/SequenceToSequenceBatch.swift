import LyceumKit
import LyceumText

/// Pairs of texts, padded, ready for teacher forcing.
public struct SequenceToSequenceBatch: TrainingBatch {
    /// The sources.
    public let source: TokenBatch
    /// What the decoder reads, [rows, length]: the targets moved right by one, the start token first.
    public let decoderInput: Tensor
    /// The target tokens without padding, [itemCount]: row by row.
    public let labels: Tensor
    /// Where `labels` stand in the flattened [rows · length]; nil if nothing is padded.
    public let positions: Tensor?
    /// Target tokens.
    public let itemCount: Int
    /// Source and target tokens, padding excluded.
    public let tokenCount: Int

    /// Pads pairs.
    ///
    /// - Parameters:
    ///   - sources: token ids of the inputs.
    ///   - targets: token ids of the targets, their end tokens included.
    ///   - padID: fills the ends.
    ///   - startID: the decoder's first token.
    public init<Row: RandomAccessCollection>(
        sources: [Row], targets: [Row], padID: Int, startID: Int
    ) throws where Row.Element: BinaryInteger {
        source = try TokenBatch(sources, padID: padID)
        decoderInput = try TokenBatch(targets.map { [startID] + $0.dropLast().map { Int($0) } }, padID: padID)
            .ids
        labels = try Tensor(targets.flatMap { $0.map { Int($0) } })
        itemCount = targets.reduce(0) { $0 + $1.count }
        tokenCount = itemCount + sources.reduce(0) { $0 + $1.count }
        let width = try decoderInput.size(1)
        positions =
            itemCount == width * targets.count
            ? nil
            : try Tensor(targets.indices.flatMap { row in (0..<targets[row].count).map { row * width + $0 } })
    }
}

/// Encoded pairs, kept in one flat array of 32-bit ids.
struct TokenizedPairs: BatchSource {
    let lengths: [Int]
    let fingerprint: String
    private let ids: [Int32]
    /// Where source and target of pair i begin: at 2 i and 2 i + 1; one more at the end.
    private let offsets: [Int]
    private let padID: Int
    private let startID: Int

    /// Encodes pairs.
    ///
    /// - Parameters:
    ///   - examples: the pairs.
    ///   - prefix: put before every input.
    ///   - maxSourceLength: longer inputs are cut to so many tokens, the end included; likewise targets.
    ///   - job: cancellation.
    init(
        _ examples: ExampleSource, tokenizer: any Tokenizer, prefix: String, maxSourceLength: Int,
        maxTargetLength: Int, startID: Int, job: Job
    ) throws {
        var ids: [Int32] = []
        var offsets = [0]
        var lengths: [Int] = []
        // In portions: texts are handed to all cores at once, but never all of them are held in memory.
        let portion = 4096
        for start in stride(from: 0, to: examples.count, by: portion) {
            let pairs = try (start..<min(start + portion, examples.count)).map {
                try examples.example(at: $0)
            }
            let sources = try tokenizer.encodeBatch(
                pairs.map { prefix + $0.input }, addEOS: true, maximumLength: maxSourceLength, job: job)
            let targets = try tokenizer.encodeBatch(
                pairs.map(\.target), addEOS: true, maximumLength: maxTargetLength, job: job)
            for (source, target) in zip(sources, targets) {
                for part in [source, target] {
                    ids += part.map { Int32(truncatingIfNeeded: $0) }
                    offsets.append(ids.count)
                }
                lengths.append(source.count + target.count)
            }
        }
        self.ids = ids
        self.offsets = offsets
        self.lengths = lengths
        self.startID = startID
        fingerprint = examples.fingerprint
        padID = tokenizer.padID
    }

    func batch(of indices: [Int]) throws -> SequenceToSequenceBatch {
        try SequenceToSequenceBatch(
            sources: indices.map { ids[offsets[2 * $0]..<offsets[2 * $0 + 1]] },
            targets: indices.map { ids[offsets[2 * $0 + 1]..<offsets[2 * $0 + 2]] }, padID: padID,
            startID: startID)
    }
}
