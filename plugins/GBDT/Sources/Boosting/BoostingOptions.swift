import LyceumKit

/// How trees are grown, by XGBoost's names: the options of `student:train`.
struct BoostingOptions: Settings {
    /// How splits are searched for.
    enum TreeMethod: String, SettingChoice { case hist, approx, exact }
    /// What each example's loss is multiplied with.
    enum ClassWeight: String, SettingChoice { case none, balanced }

    @Setting("n_estimators", in: 1...100_000, unit: "rounds", "rounds of boosting")
    private var estimators = 100
    @Setting("num_rounds", in: 1...100_000, unit: "rounds", "another name of n_estimators")
    private var givenRounds: Int?
    @Setting("learning_rate", in: 1e-6...1, "learning rate: how much of each tree's correction is taken")
    private var learningRate = 0.3
    @Setting("eta", in: 1e-6...1, "another name of learning_rate")
    private var givenEta: Double?
    @Setting("max_depth", in: 1...30, unit: "levels", "depth of a tree")
    private var maxDepth = 6
    @Setting("min_child_weight", in: 0...1e9, "smallest sum of second derivatives in a leaf")
    private var minChildWeight = 1.0
    @Setting("gamma", in: 0...1e9, "smallest gain that a split must bring")
    private var gamma = 0.0
    @Setting("subsample", in: 1e-3...1, "share of the examples that each tree sees")
    private var subsample = 1.0
    @Setting("colsample_bytree", in: 1e-6...1, "share of the features that each tree sees")
    private var columnSample = 1.0
    @Setting("reg_alpha", in: 0...1e9, "L1 penalty on the leaves")
    private var alpha = 0.0
    @Setting("reg_lambda", in: 0...1e9, "L2 penalty on the leaves")
    private var lambda = 1.0
    @Setting("tree_method", "how splits are searched for")
    private var treeMethod = TreeMethod.hist
    @Setting("max_bin", in: 2...65536, "bins of a feature's histogram")
    private var maxBin = 256
    /// Whether every class weighs the same.
    @Setting("class_weight", "\"balanced\": every class weighs the same, however rare")
    private var classWeight = ClassWeight.none
    /// Rounds without a better validation loss after which the run ends; 0 never ends it.
    @Setting(
        "early_stopping_rounds", in: 0...100_000, unit: "rounds",
        "with a validation set: end after so many rounds without a better loss, and keep the best; 0 is off")
    var earlyStoppingRounds = 10
    @Setting("seed", in: 0...Int(Int32.max), "fixes subsample and colsample_bytree")
    private var seed = 42
    private var threading = ThreadSettings()
    /// Where checkpoints go; nil keeps none.
    @Setting("output_dir", "folder for the checkpoints of this run alone; none are kept without it")
    var outputFolder: String?
    /// Rounds between checkpoints.
    @Setting("save_steps", in: 1...100_000, unit: "rounds", "rounds between checkpoints")
    var saveSteps = 10
    /// Whether to go on from the newest checkpoint.
    @Setting(
        "resume",
        "go on from the newest checkpoint in output_dir; subsample and colsample_bytree then draw again")
    var resume = false

    /// Rounds of this run.
    var rounds: Int { givenRounds ?? estimators }
    /// Threads; 0 is all cores.
    var threads: Int { threading.threads }
    /// Whether every class weighs the same.
    var balancesClasses: Bool { classWeight == .balanced }

    /// Refuses two names of one thing, and `resume` without `output_dir`.
    func complete(_ options: Options) throws {
        for (name, other) in [("n_estimators", "num_rounds"), ("learning_rate", "eta")]
        where options.isGiven(name) && options.isGiven(other) {
            throw LyceumError.badOption(
                function: options.function, option: other,
                expected: "nothing next to \(name), which is the same", got: "both")
        }
        if resume, outputFolder == nil {
            throw LyceumError.badOption(
                function: options.function, option: "resume", expected: "output_dir next to it",
                got: "no output_dir to resume from")
        }
    }

    /// What XGBoost is told.
    var parameters: [(name: String, value: String)] {
        [
            ("eta", String(givenEta ?? learningRate)), ("tree_method", treeMethod.rawValue),
            ("seed", String(seed)),
            // Equal seeds give equal trees whatever else the process has drawn.
            ("seed_per_iteration", "1"), ("max_depth", String(maxDepth)), ("max_bin", String(maxBin)),
            ("nthread", String(threads)), ("verbosity", "0"), ("min_child_weight", String(minChildWeight)),
            ("gamma", String(gamma)), ("subsample", String(subsample)),
            ("colsample_bytree", String(columnSample)), ("reg_alpha", String(alpha)),
            ("reg_lambda", String(lambda)),
        ]
    }
}

/// How many cores to use; training, classifying and generating share it.
struct ThreadSettings: Settings {
    @Setting("nthread", in: 0...4096, unit: "threads", "threads; 0 is all cores")
    var threads = 0
}

/// The options of `student:generate`.
struct SummarySettings: Settings {
    @Setting(
        "num_sentences", in: 1...10_000, unit: "sentences",
        "sentences of a summary; they keep the order of the text, one a line")
    var sentences = 1
    private var threading = ThreadSettings()

    /// Threads; 0 is all cores.
    var threads: Int { threading.threads }
}
