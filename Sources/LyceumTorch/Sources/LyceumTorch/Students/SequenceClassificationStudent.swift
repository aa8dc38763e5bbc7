import LyceumKit
import LyceumText

/// A student that names the class of a text: an encoder that a plugin writes, with an output layer, training,
/// classifying, saving and loading that all of them share.
///
/// The first training learns the labels from its data, and the vocabulary and weights unless a checkpoint brought
/// them. Labels are kept in config.json as transformers keeps them.
public final class SequenceClassificationStudent<Encoder: SequenceClassificationModel>: Student {
    var configuration: Encoder.Configuration
    /// The vocabulary, once there is one.
    var tokenizer: (any Tokenizer)?
    /// The network, once there is a vocabulary.
    var network: ClassificationNetwork<Encoder>?
    /// What the classes are called, once there has been a training.
    public internal(set) var labels: LabelMap?
    /// The files that its weights still lie in; nil once they have been trained.
    var weightFiles: Checkpoint?
    /// To how many tokens texts were cut in training, and are when it classifies.
    var maxSourceLength = 512
    /// Where it shall compute.
    public var deviceChoice: DeviceChoice

    /// Makes an untrained student.
    public init(_ configuration: Encoder.Configuration, device: DeviceChoice = .auto) {
        self.configuration = configuration
        deviceChoice = device
    }

    /// Its encoder, once there is one.
    public var model: Encoder? { network?.encoder }

    /// The score of every label for each text, [rows, labels], as the network gives it: see `Student.classify` for
    /// probabilities.
    ///
    /// - Throws: `LyceumError.unsupported` if it knows no labels yet.
    public func logits(_ source: TokenBatch) throws -> Tensor {
        try ready(to: "score").network.logits(source)
    }

    /// The id under which its architecture is registered.
    public var architecture: String { Encoder.architecture }

    /// Text to label.
    public var tasks: [StudentTask] { [.classify] }

    /// Parameters, vocabulary, labels.
    public var card: [(name: String, value: String)] {
        guard let network, let tokenizer else {
            return [("state", "untrained: the first training learns a vocabulary and the labels")]
        }
        let names = labels?.names ?? []
        let list =
            names.isEmpty ? "none: the first training learns them" : "\(names.count): \(LabelMap.list(names))"
        return [
            ("parameters", "\(ProgressMeter.round(Double(network.parameterCount) / 1e6, digits: 2)) M"),
            ("vocabulary", String(tokenizer.vocabularySize)), ("labels", list),
            ("max_source_length", String(maxSourceLength)),
        ]
    }

    /// The network, its vocabulary and its labels.
    ///
    /// - Throws: `LyceumError.unsupported` if something is missing.
    func ready(to verb: String) throws -> (
        network: ClassificationNetwork<Encoder>, tokenizer: any Tokenizer, labels: LabelMap
    ) {
        guard let network, let tokenizer, let labels else {
            throw LyceumError.unsupported(
                "this student cannot \(verb) yet: it knows no labels",
                remedy: "train it first (num_train_epochs = 0 only prepares it)")
        }
        try weightFiles?.checkUnchanged()
        return (network, tokenizer, labels)
    }
}

extension SequenceClassificationStudent {
    /// Describes the architecture to the registry.
    ///
    /// - Parameters:
    ///   - aliases: other names for it.
    ///   - modelTypes: values of `model_type` in config.json that it reads.
    ///   - summary: one line.
    ///   - learningRate: a default that suits it.
    ///   - trial: options that make a student small; see `StudentArchitecture.trial`.
    public static func registration(
        aliases: [String] = [], modelTypes: [String], summary: String, learningRate: Double,
        trial: [String: Value] = [:]
    ) -> StudentArchitecture {
        StudentArchitecture(
            id: Encoder.architecture, aliases: aliases, modelTypes: modelTypes, summary: summary,
            tasks: [.classify],
            configuration: Encoder.Configuration.declarations
                + NewStudentSettings.declarations.without("task"),
            trainingOptions: trainingOptions(learningRate: learningRate),
            classificationOptions: classificationOptions,
            trial: ["vocab_size": 120, "max_source_length": 64].merging(trial) { _, own in own },
            make: { options in
                try SequenceClassificationStudent(
                    Encoder.Configuration(options), device: NewStudentSettings(options).device)
            },
            load: { try SequenceClassificationStudent(folder: $0) })
    }

    /// The options of `student:train`, for an architecture that does more than classify.
    public static func trainingOptions(learningRate: Double) -> [OptionDeclaration] {
        TrainingOptions.declarations(learningRate: learningRate, batchSize: 16, metrics: ["accuracy"])
            + LabelTrainingSettings.declarations
    }

    /// The options of `student:classify`.
    public static var classificationOptions: [OptionDeclaration] {
        ReadingSettings.declarations.without("source_prefix").withoutInt8
    }
}
