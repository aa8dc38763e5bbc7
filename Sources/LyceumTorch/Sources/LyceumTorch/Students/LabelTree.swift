import LyceumKit

/// The token sequences of labels as a prefix tree: what labels have in common is read once.
///
/// Every sequence ends with the token that ends a text, so that no label begins another.
struct LabelTree {
    private struct Node {
        var token: Int
        var children: [Int] = []
        /// The label that ends here.
        var label: Int?
    }

    private var nodes = [Node(token: 0)]
    private let count: Int
    /// The most prefixes of one length that something follows.
    private(set) var width = 1

    /// Plants labels.
    ///
    /// - Parameter sequences: by label, its tokens.
    /// - Throws: `LyceumError.invalid` if two labels are the same tokens.
    init(_ sequences: [[Int]], labels: LabelMap) throws {
        count = sequences.count
        var widths: [Int: Int] = [:]
        // By node and token: a search among 10,000 children for each of them would be quadratic.
        var places: [[Int]: Int] = [:]
        for (label, sequence) in sequences.enumerated() {
            var node = 0
            for (depth, token) in sequence.enumerated() {
                if let next = places[[node, token]] {
                    node = next
                    continue
                }
                if nodes[node].children.isEmpty { widths[depth, default: 0] += 1 }
                places[[node, token]] = nodes.count
                nodes[node].children.append(nodes.count)
                node = nodes.count
                nodes.append(Node(token: token))
            }
            if let other = nodes[node].label {
                throw LyceumError.invalid(
                    "the labels", expected: "names that the vocabulary can distinguish",
                    got: "'\(labels.names[other])' and '\(labels.names[label])', which are the same tokens",
                    remedy: "rename one of them, or learn a vocabulary from texts that hold both")
            }
            nodes[node].label = label
        }
        width = max(1, widths.values.max() ?? 1)
    }

    /// The log-probability that a network writes each label: by source, by label.
    ///
    /// - Parameters:
    ///   - source: some encoded texts.
    ///   - limit: the most prefixes of one text that are scored at once.
    func logProbabilities(
        _ decoder: some AutoregressiveDecoder, source: EncodedSource, limit: Int, job: Job
    ) throws -> [[Double]] {
        let texts = try source.states.size(0)
        let cache = DecoderCache(layers: decoder.decoderLayerCount)
        var results = [[Double]](repeating: [Double](repeating: -.infinity, count: count), count: texts)
        var level = [0]
        var sums = [[Double]](repeating: [0], count: texts)
        while !level.isEmpty {
            try job.checkCancelled()
            let tokens = level.map { $0 == 0 ? decoder.decoderStartID : nodes[$0].token }
            let read = try Tensor((0..<texts).flatMap { _ in tokens }, shape: [texts * level.count, 1])
                .to(source.states.device)
            let states = try decoder.decode(read, source: source, cache: cache).select(dim: 1, index: 0)
            try cache.checkRows(texts * level.count)
            let steps = try next(level, states: states, decoder, source: source, limit: limit)
            var deeper: [(node: Int, parent: Int)] = []
            var deeperSums = [[Double]](repeating: [], count: texts)
            for text in 0..<texts {
                var position = text * (steps.count / max(1, texts))
                for (parent, node) in level.enumerated() {
                    for child in nodes[node].children {
                        let sum = sums[text][parent] + Double(steps[position])
                        position += 1
                        if let label = nodes[child].label {
                            results[text][label] = sum
                        } else {
                            if text == 0 { deeper.append((child, parent)) }
                            deeperSums[text].append(sum)
                        }
                    }
                }
            }
            if deeper.isEmpty { break }
            try cache.select(
                rows: (0..<texts).flatMap { text in deeper.map { text * level.count + $0.parent } },
                sources: nil)
            (level, sums) = (deeper.map(\.node), deeperSums)
        }
        return results
    }

    /// The log-probabilities of all children of a level's nodes: text by text, node by node.
    private func next(
        _ level: [Int], states: Tensor, _ decoder: some AutoregressiveDecoder, source: EncodedSource,
        limit: Int
    ) throws -> [Float] {
        let rows = try states.size(0)
        // The rows of a single text can be scored piece by piece; several texts are few enough to be scored at once.
        let piece = rows == level.count ? max(1, limit) : rows
        var steps: [Float] = []
        for start in stride(from: 0, to: rows, by: piece) {
            let some = min(piece, rows - start)
            let scores = try decoder.scores(
                states.narrow(dim: 0, start: start, length: some), source: source
            ).to(.float32)
            let vocabulary = try scores.size(1)
            let places = (0..<some).flatMap { row in
                nodes[level[(start + row) % level.count]].children.map {
                    row * vocabulary + nodes[$0].token
                }
            }
            steps += try scores.logSoftmax(dim: 1).flatten()
                .indexSelect(dim: 0, indices: Tensor(places).to(scores.device)).floats()
        }
        return steps
    }
}
