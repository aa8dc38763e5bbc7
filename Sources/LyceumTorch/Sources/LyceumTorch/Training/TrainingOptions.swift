import LyceumKit

/// The options of a training run, by Hugging Face's names.
public struct TrainingOptions: Sendable {
    /// The highest learning rate.
    public var learningRate = 5e-5
    /// That of embedding tables; the same if nil.
    public var embeddingLearningRate: Double?
    /// What changes the weights.
    public var optimizer = OptimizerChoice.adamW
    /// Whether Adafactor's learning rate is relative to the size of each weight matrix.
    public var scaleParameter = false
    /// How the rate changes.
    public var schedule = LearningRateSchedule.linear
    /// Steps of rising rate.
    public var warmupSteps = 0
    /// Decoupled decay of weights.
    public var weightDecay = 0.0
    /// Gradients are scaled down to this norm; 0 is off.
    public var maxGradNorm = 1.0
    /// Share of probability spread over the vocabulary.
    public var labelSmoothing = 0.0
    /// Examples in a batch.
    public var batchSize = 8
    /// Batches in an optimizer step.
    public var accumulationSteps = 1
    /// Passes over the data, fractions included.
    public var epochs = 3.0
    /// Overrides `epochs`.
    public var maxSteps: Int?
    /// Fixes initial weights, order and dropout.
    public var seed = 42
    /// Whether the order is random.
    public var shuffle = true
    /// Whether batches hold examples of similar length.
    public var groupByLength = true
    /// Overrides the architecture's dropout rate.
    public var dropout: Double?
    /// What matrices are multiplied in.
    public var precision = Precision.auto
    /// Replicas of the network that share the work of a step; nil takes as many as the machine is good for.
    public var replicas: Int?
    /// Steps between validations; nil validates after each epoch.
    public var evalSteps: Int?
    /// Steps between checkpoints; nil saves after each epoch.
    public var saveSteps: Int?
    /// How many checkpoints to keep.
    public var saveTotalLimit = 2
    /// Where checkpoints go; nil keeps none.
    public var outputFolder: String?
    /// Whether to go on from the newest checkpoint.
    public var resume = false
    /// The figure of the validation set that decides which weights are best: "loss", the lower the better, or the
    /// name of a measure, the higher the better.
    public var metricForBestModel = Self.loss
    /// Whether to end with the weights of the best validation.
    public var loadBestModelAtEnd = true
    /// The run ends after so many validations in a row that were no better than the best; nil never ends it early.
    public var earlyStoppingPatience: Int?

    /// The name of the validation loss among the metrics.
    static var loss: String { "loss" }

    /// The defaults.
    public init() {}

    /// Reads checked options.
    public init(_ options: Options) throws {
        learningRate = try options.double("learning_rate")
        embeddingLearningRate = options.optionalDouble("embedding_learning_rate")
        optimizer = OptimizerChoice(rawValue: try options.string("optim")) ?? .adamW
        scaleParameter = try options.bool("scale_parameter")
        schedule = LearningRateSchedule(rawValue: try options.string("lr_scheduler_type")) ?? .linear
        warmupSteps = try options.int("warmup_steps")
        weightDecay = try options.double("weight_decay")
        maxGradNorm = try options.double("max_grad_norm")
        labelSmoothing = try options.double("label_smoothing_factor")
        batchSize = try options.int("batch_size")
        accumulationSteps = try options.int("gradient_accumulation_steps")
        epochs = try options.double("num_train_epochs")
        maxSteps = options.optionalInt("max_steps")
        seed = try options.int("seed")
        shuffle = try options.bool("shuffle")
        groupByLength = try options.bool("group_by_length")
        dropout = options.optionalDouble("dropout")
        precision = try Precision(options)
        evalSteps = options.optionalInt("eval_steps")
        saveSteps = options.optionalInt("save_steps")
        saveTotalLimit = try options.int("save_total_limit")
        outputFolder = options.optionalString("output_dir")
        resume = try options.bool("resume")
        metricForBestModel = options.optionalString("metric_for_best_model") ?? Self.loss
        loadBestModelAtEnd = try options.bool("load_best_model_at_end")
        earlyStoppingPatience = options.optionalInt("early_stopping_patience")
        if resume, outputFolder == nil {
            throw LyceumError.badOption(
                function: options.function, option: "resume", expected: "output_dir beside it",
                got: "no output_dir to resume from")
        }
    }

    /// The declarations, for an architecture's `trainingOptions`.
    ///
    /// - Parameters:
    ///   - learningRate: the default that suits the architecture.
    ///   - batchSize: likewise.
    ///   - metrics: what it measures on the validation set besides the loss, the larger the better.
    public static func declarations(
        learningRate: Double = 5e-5, batchSize: Int = 8, metrics: [String] = []
    ) -> [OptionDeclaration] {
        let steps = 1...1_000_000_000
        return [
            .number("learning_rate", default: learningRate, in: 0...10, "the highest learning rate"),
            .number(
                "embedding_learning_rate", default: nil, in: 0...10,
                "that of embedding tables; else learning_rate"),
            .integer("batch_size", default: batchSize, in: 1...65536, unit: "pairs", "pairs in a batch"),
            .number(
                "num_train_epochs", default: 3, in: 0...1e6,
                "passes over the data; 0 only prepares the student"),
            .integer(
                "max_steps", default: nil, in: 0...1_000_000_000, unit: "steps",
                "optimizer steps, in place of num_train_epochs"),
            .choice(
                "optim", OptimizerChoice.allCases.map(\.rawValue), default: OptimizerChoice.adamW.rawValue,
                "the optimizer; adafactor is T5's own and needs less memory"),
            .boolean(
                "scale_parameter", default: false,
                "adafactor's learning_rate is relative to the size of each weight matrix"),
            .choice(
                "lr_scheduler_type", LearningRateSchedule.allCases.map(\.rawValue), default: "linear",
                "how the learning rate changes"),
            .integer(
                "warmup_steps", default: 0, in: 0...1_000_000_000, unit: "steps",
                "steps of rising learning rate"),
            .number(
                "weight_decay", default: 0, in: 0...1, "decoupled decay of weights, not of norms and biases"),
            .number(
                "max_grad_norm", default: 1, in: 0...1e9, "gradients are scaled down to this norm; 0 is off"),
            .integer(
                "gradient_accumulation_steps", default: 1, in: 1...65536,
                "batches that make up one optimizer step"),
            .number(
                "label_smoothing_factor", default: 0, in: 0...1,
                "share of probability spread over the vocabulary, or over all labels"),
            .number(
                "dropout", default: nil, in: 0...0.99, "dropout rate of this run; else the architecture's"),
            .integer("seed", default: 42, "fixes initial weights, order and dropout"),
            .boolean("shuffle", default: true, "random order of the pairs"),
            .boolean("group_by_length", default: true, "batches of similar length, which saves padding"),
            Precision.declaration,
            .integer(
                "eval_steps", default: nil, in: steps, unit: "steps",
                "steps between validations; else each epoch"),
            .integer(
                "save_steps", default: nil, in: steps, unit: "steps",
                "steps between checkpoints; else each epoch"),
            .string("output_dir", "folder for checkpoints; none are kept without it"),
            .integer(
                "save_total_limit", default: 2, in: 1...10000, "how many of the newest checkpoints to keep"),
            .boolean("resume", default: false, "go on from the newest checkpoint in output_dir"),
            .choice(
                "metric_for_best_model", [loss] + metrics, default: loss,
                "the figure of valid that tells which weights are best: the lowest loss"
                    + (metrics.isEmpty ? "" : ", or the highest of another")),
            .boolean(
                "load_best_model_at_end", default: true,
                "end with the weights of the best validation, if there is a validation set"),
            .integer(
                "early_stopping_patience", default: nil, in: 1...1_000_000, unit: "validations",
                "stop after so many validations in a row that are no better than the best"),
        ]
    }
}
