/// The cross-entropy of a large vocabulary, without ever holding the scores of all positions at once.
public enum ChunkedCrossEntropy {
    /// Scores of at most this many elements are held at once: 64 MB in float32.
    public static let limit = 1 << 24

    /// Adds the gradients of `scale` times the summed loss to all that `states` and `head` depend on.
    ///
    /// - Parameters:
    ///   - states: [positions, size], only those that have a label.
    ///   - labels: [positions], int64.
    ///   - vocabulary: how many scores `head` gives for a position.
    ///   - scale: multiplies the loss that is differentiated.
    ///   - labelSmoothing: the share of probability spread over the vocabulary.
    ///   - limit: the most scores in a chunk.
    ///   - head: maps states [n, size] to scores [n, vocabulary].
    /// - Returns: the summed loss, not scaled.
    public static func backward(
        states: Tensor, labels: Tensor, vocabulary: Int, scale: Double, labelSmoothing: Double = 0,
        limit: Int = limit, head: (Tensor) throws -> Tensor
    ) throws -> Double {
        try backward(states: states, labels: labels, vocabulary: vocabulary, scale: scale, limit: limit) {
            try crossEntropy(head($0), $1, smoothing: labelSmoothing)
        }
    }

    /// The sum over all labels that are not below 0.
    private static func crossEntropy(_ scores: Tensor, _ labels: Tensor, smoothing: Double) throws -> Tensor {
        let (label, mean) = try scores.labelLikelihood(labels)
        guard smoothing > 0 else { return try -label.sum() }
        return try -(label * (1 - smoothing) + mean.maskedFill(labels.lt(0), 0) * smoothing).sum()
    }

    /// The same for any other loss that is a sum over positions.
    ///
    /// - Parameters:
    ///   - states: [labels, size].
    ///   - labels: [labels]; -100 does not count.
    ///   - vocabulary: how many scores a state gives.
    ///   - scale: multiplies the gradients.
    ///   - limit: the most scores in a chunk.
    ///   - loss: the summed loss of states [n, size] and their labels [n].
    public static func backward(
        states: Tensor, labels: Tensor, vocabulary: Int, scale: Double, limit: Int = limit,
        loss: (Tensor, Tensor) throws -> Tensor
    ) throws -> Double {
        // The head is differentiated piece by piece down to a cut at the states, then the rest in one go.
        let cut = try states.detach().requiresGrad(true)
        var sum = 0.0
        try forEachChunk(cut, labels, vocabulary, limit) { states, labels in
            let loss = try loss(states, labels)
            try (loss * scale).backward()
            sum += try loss.detach().item()
        } between: {
            try WorkingWeights.turn.keepGradients()
        }
        try states.backward(gradient: cut.grad)
        return sum
    }

    /// The summed loss, without gradients; parameters as for `backward`.
    public static func sum(
        states: Tensor, labels: Tensor, vocabulary: Int, limit: Int = limit, head: (Tensor) throws -> Tensor
    ) throws -> Double {
        try sum(states: states, labels: labels, vocabulary: vocabulary, limit: limit) {
            try crossEntropy(head($0), $1, smoothing: 0)
        }
    }

    /// The same for any other loss that is a sum over positions.
    public static func sum(
        states: Tensor, labels: Tensor, vocabulary: Int, limit: Int = limit,
        loss: (Tensor, Tensor) throws -> Tensor
    ) throws -> Double {
        var sum = 0.0
        try forEachChunk(states, labels, vocabulary, limit) { sum += try loss($0, $1).item() }
        return sum
    }

    private static func forEachChunk(
        _ states: Tensor, _ labels: Tensor, _ vocabulary: Int, _ limit: Int,
        _ body: (Tensor, Tensor) throws -> Void, between: () throws -> Void = {}
    ) throws {
        let rows = try states.size(0)
        let chunk = max(1, limit / max(1, vocabulary))
        if rows <= chunk { return try body(states, labels) }
        for start in stride(from: 0, to: rows, by: chunk) {
            if start > 0 { try between() }
            let length = min(chunk, rows - start)
            try body(
                states.narrow(dim: 0, start: start, length: length),
                labels.narrow(dim: 0, start: start, length: length))
        }
    }
}
