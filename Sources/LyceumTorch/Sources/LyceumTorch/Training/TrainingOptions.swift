import LyceumKit

/// The options of a training run, by Hugging Face's names.
public struct TrainingOptions: Settings {
    /// The highest learning rate.
    @Setting("learning_rate", in: 0...10, "peak learning rate")
    public var learningRate = 5e-5
    /// That of embedding tables; the same if nil.
    @Setting("embedding_learning_rate", in: 0...10, "that of embedding tables; else learning_rate")
    public var embeddingLearningRate: Double?
    /// Examples in a batch.
    @Setting("batch_size", in: 1...65536, unit: "pairs", "pairs in a batch")
    public var batchSize = 8
    /// Passes over the data, fractions included.
    @Setting("num_train_epochs", in: 0...1e6, "passes over the data; 0 only prepares the student")
    public var epochs = 3.0
    /// Overrides `epochs`.
    @Setting(
        "max_steps", in: 0...1_000_000_000, unit: "steps", "optimizer steps, in place of num_train_epochs")
    public var maxSteps: Int?
    /// What changes the weights.
    @Setting("optim", "the optimizer; adafactor is T5's own and needs less memory")
    public var optimizer = OptimizerChoice.adamW
    /// Whether Adafactor's learning rate is relative to the size of each weight matrix.
    @Setting("scale_parameter", "adafactor's learning_rate is relative to the size of each weight matrix")
    public var scaleParameter = false
    /// How the rate changes.
    @Setting("lr_scheduler_type", "how the learning rate changes")
    public var schedule = LearningRateSchedule.linear
    /// Steps of rising rate.
    @Setting("warmup_steps", in: 0...1_000_000_000, unit: "steps", "steps of linear warmup")
    public var warmupSteps = 0
    /// Decoupled decay of weights.
    @Setting("weight_decay", in: 0...1, "decoupled weight decay, not of norms and biases")
    public var weightDecay = 0.0
    /// Gradients are scaled down to this norm; 0 is off.
    @Setting("max_grad_norm", in: 0...1e9, "gradients are clipped to this norm; 0 is off")
    public var maxGradNorm = 1.0
    /// Batches in an optimizer step.
    @Setting("gradient_accumulation_steps", in: 1...65536, "batches that make up one optimizer step")
    public var accumulationSteps = 1
    /// Whether layers are computed again in the backward pass instead of being kept.
    @Setting("gradient_checkpointing", "recomputes layers in the backward pass: slower, with less memory")
    public var gradientCheckpointing = false
    /// Share of probability spread over the vocabulary.
    @Setting(
        "label_smoothing_factor", in: 0...1,
        "share of probability spread over the vocabulary, or over all labels")
    public var labelSmoothing = 0.0
    /// Overrides the architecture's dropout rate.
    @Setting("dropout", in: 0...0.99, "dropout rate of this run; else the architecture's")
    public var dropout: Double?
    /// Fixes initial weights, order and dropout.
    @Setting("seed", "seed of the initial weights, the order of the data and dropout")
    public var seed = 42
    /// Whether the order is random.
    @Setting("shuffle", "random order of the pairs")
    public var shuffle = true
    /// Whether batches hold examples of similar length.
    @Setting("group_by_length", "batches of similar length, which saves padding")
    public var groupByLength = true
    /// What matrices are multiplied in.
    @Setting(Precision.option, Precision.doc)
    public var precision = Precision.auto
    /// Steps between validations; nil validates after each epoch.
    @Setting("eval_steps", in: 1...1_000_000_000, unit: "steps", "steps between validations; else each epoch")
    public var evalSteps: Int?
    /// Steps between checkpoints; nil saves after each epoch.
    @Setting("save_steps", in: 1...1_000_000_000, unit: "steps", "steps between checkpoints; else each epoch")
    public var saveSteps: Int?
    /// Where checkpoints go; nil keeps none.
    @Setting("output_dir", "folder for the checkpoints of this run alone; none are kept without it")
    public var outputFolder: String?
    /// How many checkpoints to keep.
    @Setting("save_total_limit", in: 1...10000, "how many of the newest checkpoints to keep")
    public var saveTotalLimit = 2
    /// Whether to go on from the newest checkpoint.
    @Setting(
        "resume", "go on from the newest checkpoint in output_dir, with the data and options of that run")
    public var resume = false
    /// The metric of the validation set that decides which weights are best: "loss", the lower the better, or the
    /// name of a measure, the higher the better.
    @Setting("metric_for_best_model", "the validation metric that selects the best weights")
    public var metricForBestModel = Self.loss
    /// See the declaration.
    @Setting(
        "greater_is_better",
        "whether a larger metric_for_best_model is a better one; else what the metric says, and false for loss"
    )
    public var greaterIsBetter: Bool?
    /// Whether to end with the weights of the best validation.
    @Setting(
        "load_best_model_at_end", "end with the weights of the best validation, if there is a validation set")
    public var loadBestModelAtEnd = true
    /// The run ends after so many validations in a row that were not better than the best; nil never ends it early.
    @Setting(
        "early_stopping_patience", in: 1...1_000_000, unit: "validations",
        "stop after so many validations in a row that are not better than the best")
    public var earlyStoppingPatience: Int?

    /// Replicas of the network that share the work of a step; nil takes as many as the machine is good for.
    public var replicas: Int?

    /// The name of the validation loss among the metrics.
    static var loss: String { "loss" }

    /// The defaults.
    public init() {}

    /// Refuses to resume from nowhere.
    public func complete(_ options: Options) throws {
        guard resume, outputFolder == nil else { return }
        throw LyceumError.badOption(
            function: options.function, option: "resume", expected: "output_dir next to it",
            got: "no output_dir to resume from")
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
        var defaults = TrainingOptions()
        defaults.learningRate = learningRate
        defaults.batchSize = batchSize
        return defaults.declarations.choosing("metric_for_best_model", among: [loss] + metrics).withoutInt8
    }
}
