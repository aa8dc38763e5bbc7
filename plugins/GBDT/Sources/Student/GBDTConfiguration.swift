import LyceumKit

/// What a student of this architecture is: the options of `student.new("gbdt", …)`, and config.json.
struct GBDTConfiguration: Sendable {
    /// Classification, or extractive summarisation.
    let task: StudentTask
    /// How texts become features, for classification.
    let features: [TfidfOptions]
    /// More distinct labels are refused.
    let maxClasses: Int
    /// What sentences are ranked by.
    let sentenceObjective: String
    /// The options by name, as config.json holds them.
    let values: [String: Value]

    /// Reads checked options.
    ///
    /// - Throws: `LyceumError.badOption`.
    init(_ options: Options) throws {
        task = StudentTask(rawValue: try options.string("task")) ?? .classify
        features = try TfidfOptions.blocks(options)
        maxClasses = try options.int("max_classes")
        sentenceObjective = try options.string("objective")
        values = options.values
    }

    /// The declarations of `student.new`.
    static var declarations: [OptionDeclaration] {
        [
            .choice(
                "task", ["classify", "generate"], default: "classify",
                "classify: text to label; generate: the best sentences of the text, as a summary"),
            .integer(
                "max_classes", default: 1000, in: 2...1_000_000, unit: "labels",
                "refuse more distinct labels: each costs a tree in every round"),
            .choice(
                "objective", ["reg:logistic", "reg:squarederror", "rank:pairwise", "rank:ndcg"],
                default: "reg:logistic",
                "task = \"generate\": how sentences learn to be ranked by their ROUGE with the summary"),
        ] + TfidfOptions.declarations
    }
}
