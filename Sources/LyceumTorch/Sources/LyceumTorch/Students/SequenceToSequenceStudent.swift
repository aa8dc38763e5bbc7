import LyceumKit
import LyceumText

/// A student that turns text into text: a network that a plugin writes, with training, decoding, saving and
/// loading that all of them share.
///
/// It begins without a vocabulary and without weights: the first training learns the vocabulary from its texts
/// and draws the weights by its seed.
public final class SequenceToSequenceStudent<Model: SequenceToSequenceModel>: Student {
    var configuration: Model.Configuration
    /// The vocabulary, once there is one.
    var tokenizer: (any Tokenizer)?
    /// The network, once there is a vocabulary.
    public internal(set) var model: Model?
    /// The files that its weights still lie in; nil once they have been trained.
    var weightFiles: Checkpoint?
    /// What was put before every input in training, and is when it generates.
    var prefix = ""
    /// To how many tokens inputs were cut in training, and are when it generates.
    var maxSourceLength = 512
    /// What it was made for.
    var task = StudentTask.generate
    /// What it chooses among when it classifies, once a training has learned that.
    public internal(set) var labels: LabelMap?
    /// What its checkpoint says about generation.
    var generation = GenerationConfiguration()
    /// What the person should hear when the student first works.
    var pendingNotes: [String] = []
    /// Where it shall compute.
    public var deviceChoice: DeviceChoice

    /// Makes an untrained student.
    public init(_ configuration: Model.Configuration, device: DeviceChoice = .auto) {
        self.configuration = configuration
        deviceChoice = device
    }

    /// The id under which its architecture is registered.
    public var architecture: String { Model.architecture }

    /// Labels if it was made for them; else text, and labels when it is told which.
    public var tasks: [StudentTask] { task == .classify ? [.classify] : [.generate, .classify] }

    /// Parameters, vocabulary, what it was trained to read.
    public var card: [(name: String, value: String)] {
        guard let model, let tokenizer else {
            return [("state", "untrained: the first training learns a vocabulary")]
        }
        var card = [
            ("parameters", "\(ProgressMeter.round(Double(model.parameterCount) / 1e6, digits: 2)) M"),
            ("vocabulary", String(tokenizer.vocabularySize)), ("max_source_length", String(maxSourceLength)),
        ]
        if model.isRounded { card.append(("precision", "int8")) }
        if let labels { card.append(("labels", "\(labels.count): \(LabelMap.list(labels.names))")) }
        if !prefix.isEmpty { card.append(("source_prefix", prefix)) }
        return card
    }

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
            id: Model.architecture, aliases: aliases, modelTypes: modelTypes, summary: summary,
            tasks: [.generate, .classify],
            configuration: Model.Configuration.declarations + NewStudentSettings.declarations,
            trainingOptions: trainingOptions(learningRate: learningRate),
            generationOptions: DecodingOptions.declarations + ReadingSettings.declarations,
            classificationOptions: classificationOptions,
            trial: ["vocab_size": 120, "max_source_length": 64].merging(trial) { _, own in own },
            make: { options in
                let settings = try NewStudentSettings(options)
                let student = SequenceToSequenceStudent(
                    try Model.Configuration(options), device: settings.device)
                student.task = settings.task
                student.generation = try GenerationConfiguration(
                    Model.generationDefaults, source: Model.architecture)
                return student
            },
            load: { try SequenceToSequenceStudent(folder: $0) })
    }

    /// The options of `student:train`.
    static func trainingOptions(learningRate: Double) -> [OptionDeclaration] {
        TrainingOptions.declarations(
            learningRate: learningRate, batchSize: 16, metrics: ValidationTexts.metrics)
            + ValidationTexts.Wishes.declarations + PairSettings.declarations
    }

    /// Says once what the person should know.
    func sayPendingNotes(_ job: Job) {
        for note in pendingNotes { job.note(note) }
        pendingNotes = []
    }

    /// The network and its vocabulary.
    ///
    /// - Throws: `LyceumError.unsupported` if there are none yet.
    func ready(to verb: String) throws -> (model: Model, tokenizer: any Tokenizer) {
        guard let model, let tokenizer else {
            throw LyceumError.unsupported(
                "this student cannot \(verb) yet: it has no vocabulary and no weights",
                remedy: "train it first (num_train_epochs = 0 only prepares it), or load one")
        }
        try weightFiles?.checkUnchanged()
        return (model, tokenizer)
    }
}
