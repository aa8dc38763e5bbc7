import LyceumKit
import LyceumText

/// Texts with the numbers of their labels, padded.
struct ClassificationBatch: TrainingBatch {
    let source: TokenBatch
    /// [rows], int64.
    let labels: Tensor
    let itemCount: Int
    let tokenCount: Int

    func to(_ device: Device) throws -> ClassificationBatch {
        ClassificationBatch(
            source: try source.to(device), labels: try labels.to(device), itemCount: itemCount,
            tokenCount: tokenCount)
    }
}

/// Encoded texts with their labels, kept in one flat array of 32-bit ids.
struct LabelledTexts: BatchSource {
    let lengths: [Int]
    let fingerprint: String
    /// How many texts were longer than allowed.
    let cutTexts: Int
    /// By text, the number of its label.
    let labels: [Int]
    /// The labels that are not known; their texts are left out.
    let unknownLabels: [String: Int]
    private let ids: [Int32]
    /// Where text i begins; one more at the end.
    private let offsets: [Int]
    private let padID: Int
    /// Few shapes save more time than the padding costs; see `SequenceToSequenceBatch`.
    private static let lengthMultiple = 8

    /// Encodes texts.
    ///
    /// - Parameters:
    ///   - examples: texts and labels.
    ///   - limit: longer texts are cut to so many tokens, the end included.
    ///   - job: cancellation.
    init(
        _ examples: ExampleSource, labels map: LabelMap, tokenizer: any Tokenizer, limit: Int, job: Job
    ) throws {
        var ids: [Int32] = []
        var offsets = [0]
        var labels: [Int] = []
        var unknown: [String: Int] = [:]
        var cutTexts = 0
        // In portions: texts are handed to all cores at once, but never all of them are held in memory.
        let portion = 4096
        for start in stride(from: 0, to: examples.count, by: portion) {
            var texts: [String] = []
            for index in start..<min(start + portion, examples.count) {
                let example = try examples.example(at: index)
                guard let number = map.number(of: example.target) else {
                    unknown[example.target, default: 0] += 1
                    continue
                }
                texts.append(example.input)
                labels.append(number)
            }
            let (encoded, cut) = try tokenizer.encodeInputs(texts, limit: limit, job: job)
            cutTexts += cut
            for text in encoded {
                ids += text.map { Int32(truncatingIfNeeded: $0) }
                offsets.append(ids.count)
            }
        }
        self.ids = ids
        self.offsets = offsets
        self.labels = labels
        self.cutTexts = cutTexts
        unknownLabels = unknown
        lengths = zip(offsets, offsets.dropFirst()).map { $1 - $0 }
        fingerprint = examples.fingerprint
        padID = tokenizer.padID
    }

    func batch(of indices: [Int]) throws -> ClassificationBatch {
        let source = try TokenBatch(
            indices.map { ids[offsets[$0]..<offsets[$0 + 1]] }, padID: padID, multiple: Self.lengthMultiple)
        return ClassificationBatch(
            source: source, labels: try Tensor(indices.map { labels[$0] }), itemCount: indices.count,
            tokenCount: source.lengths.reduce(0, +))
    }
}
