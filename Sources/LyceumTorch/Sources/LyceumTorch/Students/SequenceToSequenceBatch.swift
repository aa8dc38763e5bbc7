import LyceumKit
import LyceumText

/// Pairs of texts, padded, ready for teacher forcing.
public struct SequenceToSequenceBatch: TrainingBatch {
    /// The sources.
    public let source: TokenBatch
    /// What the decoder reads, [rows, length]: the targets moved right by one, the start token first.
    public let decoderInput: Tensor
    /// How they lie in a line [1, total], if the rows are packed.
    public let targetPacking: RowPacking?
    /// The target tokens, row by row without the rows' padding, [labels]; -100 beyond `itemCount`.
    public let labels: Tensor
    /// Where `labels` stand in the flattened [rows · length], [labels].
    public let positions: Tensor
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
    ///   - multiple: padded lengths of sources are multiples of this, those of targets of half of it, and the number of
    ///     labels of twice as much. oneDNN compiles a kernel for every shape that it has not met lately; few shapes save
    ///     more time than the padding costs.
    ///   - packed: puts sources and targets one after the other in lines; that of the sources is a multiple of twice as much.
    ///     Not where a source is empty: its target would have nothing to attend to.
    public init<Row: RandomAccessCollection>(
        sources: [Row], targets: [Row], padID: Int, startID: Int, multiple: Int = 1, packed: Bool = false
    ) throws where Row.Element: BinaryInteger {
        let inputs = targets.map { [startID] + $0.dropLast().map { Int($0) } }
        // Targets are short: as much padding would be a larger share of them.
        let read: TokenBatch
        if packed, sources.allSatisfy({ !$0.isEmpty }) {
            source = try TokenBatch(packing: sources, padID: padID, multiple: 2 * multiple)
            read = try TokenBatch(packing: inputs, padID: padID, multiple: (multiple + 1) / 2)
        } else {
            source = try TokenBatch(sources, padID: padID, multiple: multiple)
            read = try TokenBatch(inputs, padID: padID, multiple: (multiple + 1) / 2)
        }
        (decoderInput, targetPacking) = (read.ids, read.packing)
        itemCount = targets.reduce(0) { $0 + $1.count }
        tokenCount = itemCount + sources.reduce(0) { $0 + $1.count }
        let width = try decoderInput.size(1)
        var labels = targets.flatMap { $0.map { Int($0) } }
        var positions: [Int] = []
        var start = 0
        for (target, input) in zip(targets, inputs) {
            positions += start..<start + target.count
            start += targetPacking == nil ? width : input.count
        }
        let step = 2 * multiple
        let surplus = (step - labels.count % step) % step
        labels += [Int](repeating: -100, count: surplus)
        positions += [Int](repeating: 0, count: surplus)
        self.labels = try Tensor(labels)
        self.positions = try Tensor(positions)
    }

    private init(_ batch: SequenceToSequenceBatch, on device: Device) throws {
        source = try batch.source.to(device)
        decoderInput = try batch.decoderInput.to(device)
        targetPacking = batch.targetPacking
        labels = try batch.labels.to(device)
        positions = try batch.positions.to(device)
        (itemCount, tokenCount) = (batch.itemCount, batch.tokenCount)
    }

    /// The same pairs on another device.
    public func to(_ device: Device) throws -> SequenceToSequenceBatch {
        try SequenceToSequenceBatch(self, on: device)
    }
}

/// Encoded pairs, kept in one flat array of 32-bit ids.
struct TokenizedPairs: BatchSource {
    /// Sources that are padded alike are neighbours, and among them targets of a length.
    let lengths: [Int]
    let fingerprint: String
    /// How many sources were longer than allowed.
    let cutSources: Int
    /// By pair, the words of the source that have ids above the vocabulary.
    let words: [[String]]
    private let ids: [Int32]
    /// Where source and target of pair i begin: at 2 i and 2 i + 1; one more at the end.
    private let offsets: [Int]
    private let padID: Int
    private let startID: Int
    /// Whether batches are packed.
    private let packs: Bool
    /// See `SequenceToSequenceBatch`.
    private static let lengthMultiple = 8

    /// Encodes pairs.
    ///
    /// - Parameters:
    ///   - examples: the pairs.
    ///   - prefix: put before every input.
    ///   - maxSourceLength: longer inputs are cut to so many tokens, the end included; likewise targets.
    ///   - copies: whether words outside the vocabulary have ids of their own.
    ///   - packs: whether batches are packed, for training.
    ///   - job: cancellation.
    init(
        _ examples: ExampleSource, tokenizer: any Tokenizer, prefix: String, maxSourceLength: Int,
        maxTargetLength: Int, startID: Int, copies: Bool, packs: Bool = false, job: Job
    ) throws {
        var ids: [Int32] = []
        var offsets = [0]
        var lengths: [Int] = []
        var cutSources = 0
        var words: [[String]] = []
        // In portions: texts are handed to all cores at once, but never all of them are held in memory.
        let portion = 4096
        for start in stride(from: 0, to: examples.count, by: portion) {
            let pairs = try (start..<min(start + portion, examples.count)).map {
                try examples.example(at: $0)
            }
            let sources = try tokenizer.encodeInputs(
                pairs.map { prefix + $0.input }, limit: maxSourceLength, copies: copies, job: job)
            cutSources += sources.cut
            words += sources.words
            let targets = try tokenizer.encodeTargets(
                pairs.map(\.target), of: sources, limit: maxTargetLength, job: job)
            for (source, target) in zip(sources.ids, targets) {
                for part in [source, target] {
                    ids += part.map { Int32(truncatingIfNeeded: $0) }
                    offsets.append(ids.count)
                }
                let padded = (source.count + Self.lengthMultiple - 1) / Self.lengthMultiple
                lengths.append(padded << 20 + min(target.count, 1 << 20 - 1))
            }
        }
        self.ids = ids
        self.offsets = offsets
        self.lengths = lengths
        self.cutSources = cutSources
        self.words = words
        self.startID = startID
        self.packs = packs
        fingerprint = examples.fingerprint
        padID = tokenizer.padID
    }

    /// The token ids of every source.
    var sources: [[Int]] {
        lengths.indices.map { ids[offsets[2 * $0]..<offsets[2 * $0 + 1]].map { Int($0) } }
    }

    func batch(of indices: [Int]) throws -> SequenceToSequenceBatch {
        try SequenceToSequenceBatch(
            sources: indices.map { ids[offsets[2 * $0]..<offsets[2 * $0 + 1]] },
            targets: indices.map { ids[offsets[2 * $0 + 1]..<offsets[2 * $0 + 2]] }, padID: padID,
            startID: startID, multiple: Self.lengthMultiple, packed: packs)
    }
}
