import LyceumKit

/// How trees are grown, by XGBoost's names.
struct BoostingOptions: Sendable {
    /// Rounds of this run.
    let rounds: Int
    /// Rounds without a better validation loss after which the run ends; 0 never ends it.
    let earlyStoppingRounds: Int
    /// Threads; 0 is all cores.
    let threads: Int
    /// Whether every class weighs the same.
    let balancesClasses: Bool
    /// Where checkpoints go; nil keeps none.
    let outputFolder: String?
    /// Rounds between checkpoints.
    let saveSteps: Int
    /// Whether to go on from the newest checkpoint.
    let resume: Bool
    /// What XGBoost is told.
    let parameters: [(name: String, value: String)]

    /// Reads checked options.
    ///
    /// - Throws: `LyceumError.badOption` for two names of one thing, or `resume` without `output_dir`.
    init(_ options: Options) throws {
        func either(_ name: String, or other: String) throws -> String {
            guard options.isGiven(other) else { return name }
            guard options.isGiven(name) else { return other }
            throw LyceumError.badOption(
                function: options.function, option: other,
                expected: "nothing beside \(name), which is the same",
                got: "both")
        }
        rounds = try options.int(either("n_estimators", or: "num_rounds"))
        earlyStoppingRounds = try options.int("early_stopping_rounds")
        threads = try options.int("nthread")
        balancesClasses = try options.string("class_weight") == "balanced"
        outputFolder = options.optionalString("output_dir")
        saveSteps = try options.int("save_steps")
        resume = try options.bool("resume")
        if resume, outputFolder == nil {
            throw LyceumError.badOption(
                function: options.function, option: "resume", expected: "output_dir beside it",
                got: "no output_dir to resume from")
        }
        parameters =
            [
                ("eta", String(try options.double(either("learning_rate", or: "eta")))),
                ("tree_method", try options.string("tree_method")),
                ("seed", String(try options.int("seed"))),
                // Equal seeds give equal trees whatever else the process has drawn.
                ("seed_per_iteration", "1"),
                ("max_depth", String(try options.int("max_depth"))),
                ("max_bin", String(try options.int("max_bin"))),
                ("nthread", String(threads)),
                ("verbosity", "0"),
            ]
            + (try Self.plainNumbers.map { ($0, String(try options.double($0))) })
    }

    private static let plainNumbers = [
        "min_child_weight", "gamma", "subsample", "colsample_bytree", "reg_alpha", "reg_lambda",
    ]

    /// The declarations of `student:train`.
    static var declarations: [OptionDeclaration] {
        let rounds = 1...100_000
        return [
            .integer("n_estimators", default: 100, in: rounds, unit: "rounds", "rounds of boosting"),
            .integer("num_rounds", default: nil, in: rounds, unit: "rounds", "another name of n_estimators"),
            .number(
                "learning_rate", default: 0.3, in: 1e-6...1, "how much of each tree's correction is taken"),
            .number("eta", default: nil, in: 1e-6...1, "another name of learning_rate"),
            .integer("max_depth", default: 6, in: 1...30, unit: "levels", "depth of a tree"),
            .number(
                "min_child_weight", default: 1, in: 0...1e9, "smallest sum of second derivatives in a leaf"),
            .number("gamma", default: 0, in: 0...1e9, "smallest gain that a split must bring"),
            .number("subsample", default: 1, in: 1e-3...1, "share of the examples that each tree sees"),
            .number(
                "colsample_bytree", default: 1, in: 1e-6...1, "share of the features that each tree sees"),
            .number("reg_alpha", default: 0, in: 0...1e9, "L1 penalty on the leaves"),
            .number("reg_lambda", default: 1, in: 0...1e9, "L2 penalty on the leaves"),
            .choice(
                "tree_method", ["hist", "approx", "exact"], default: "hist", "how splits are searched for"),
            .integer("max_bin", default: 256, in: 2...65536, "bins of a feature's histogram"),
            .choice(
                "class_weight", ["none", "balanced"], default: "none",
                "\"balanced\": every class weighs the same, however rare"),
            .integer(
                "early_stopping_rounds", default: 10, in: 0...100_000, unit: "rounds",
                "with a validation set: end after so many rounds without a better loss, and keep the best; 0 is off"
            ),
            .integer("seed", default: 42, in: 0...Int(Int32.max), "fixes subsample and colsample_bytree"),
            threadDeclaration,
            .string("output_dir", "folder for checkpoints; none are kept without it"),
            .integer("save_steps", default: 10, in: rounds, unit: "rounds", "rounds between checkpoints"),
            .boolean(
                "resume", default: false,
                "go on from the newest checkpoint in output_dir; subsample and colsample_bytree then draw anew"
            ),
        ]
    }

    /// How many cores to use; training, classifying and generating share it.
    static var threadDeclaration: OptionDeclaration {
        .integer("nthread", default: 0, in: 0...4096, unit: "threads", "threads; 0 is all cores")
    }
}
