/// A student whose network gives a vector for each piece of a text, as BERTScore needs it.
public protocol EmbeddingStudent: Student {
    /// How many layers its encoder has.
    ///
    /// - Throws: `LyceumError.unsupported` if it has no network yet.
    func encoderLayers() throws -> Int

    /// The vectors of each text's pieces, ends included, computed in fp32.
    ///
    /// - Parameters:
    ///   - texts: those that are longer than the network can read are cut.
    ///   - layer: above which layer, from 1; 0 is below the first.
    ///   - batchSize: texts read at once.
    ///   - job: progress and cancellation.
    /// - Throws: `LyceumError.unsupported` if it has no network yet, `LyceumError.invalid` for a layer that it does not
    ///   have, `LyceumError.cancelled`.
    func embed(_ texts: [String], layer: Int, batchSize: Int, job: Job) throws -> [PieceVectors]
}

/// The vectors of a text's pieces.
public struct PieceVectors: Sendable {
    /// The ids of the pieces, ends included.
    public let ids: [Int]
    /// Piece after piece, as many numbers for each.
    public let values: [Float]

    /// Takes vectors.
    public init(ids: [Int], values: [Float]) {
        self.ids = ids
        self.values = values
    }
}
