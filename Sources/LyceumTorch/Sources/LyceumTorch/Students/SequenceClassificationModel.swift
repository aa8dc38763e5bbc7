import LyceumKit

/// A network that sums a text up in one vector: what a plugin writes so that `SequenceClassificationStudent` can
/// make a student of it that classifies.
///
/// The output layer is not its concern: `ClassificationNetwork` puts one on top.
public protocol SequenceClassificationModel: TextNetwork {
    /// The path before the names of its weights in a checkpoint of the whole classifier ("bert").
    static var encoderName: String { get }
    /// How many numbers sum up a text.
    var pooledSize: Int { get }
    /// The share of those numbers that is dropped in training before the output layer.
    var classifierDropout: Double { get }
    /// The standard deviation of the output layer's initial weights.
    var classifierDeviation: Double { get }
    /// What the texts say in all: [rows, `pooledSize`].
    func pool(_ source: TokenBatch) throws -> Tensor
}

/// An encoder with an output layer: dropout and one linear map, as in transformers' `…ForSequenceClassification`.
///
/// It has no output layer until the labels are known.
final class ClassificationNetwork<Encoder: SequenceClassificationModel>: Module {
    let encoder: Encoder
    @Part("dropout") private var dropout: Dropout
    @Part("classifier") private var classifier: Linear?

    init(_ encoder: Encoder) {
        self.encoder = encoder
        super.init()
        dropout = Dropout(encoder.classifierDropout)
        register(Encoder.encoderName, encoder)
    }

    /// How many labels the output layer scores; 0 if there is none.
    private(set) var labelCount = 0

    /// Puts an output layer on top, of random weights.
    func addClassifier(labels: Int) throws {
        let layer = try Linear(
            weight: Initializer.normal([labels, encoder.pooledSize], deviation: encoder.classifierDeviation),
            bias: .zeros([labels]))
        (classifier, labelCount) = (layer, labels)
    }

    /// The score of every label for each text: [rows, labels].
    func logits(_ source: TokenBatch) throws -> Tensor {
        guard let classifier else { throw TorchError.invalid("the classifier has no labels yet") }
        return try classifier(dropout(encoder.pool(source)))
    }
}
