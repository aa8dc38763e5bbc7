import LyceumKit

/// What a student of this architecture is: the options of `student.new("gbdt", …)`, and config.json.
struct GBDTConfiguration: Settings {
    /// How sentences learn to be ranked, by XGBoost's names.
    enum SentenceObjective: String, SettingChoice {
        case logistic = "reg:logistic"
        case squaredError = "reg:squarederror"
        case pairwise = "rank:pairwise"
        case ndcg = "rank:ndcg"
    }

    /// Classification, or extractive summarisation.
    @Setting("task", "classify: text to label; generate: the best sentences of the text, as a summary")
    var task = StudentTask.classify
    /// More distinct labels are refused.
    @Setting(
        "max_classes", in: 2...1_000_000, unit: "labels",
        "refuse more distinct labels: each costs a tree in every round")
    var maxClasses = 1000
    /// What sentences are ranked by.
    @Setting(
        "objective", "task = \"generate\": how sentences learn to be ranked by their ROUGE with the summary")
    var sentenceObjective = SentenceObjective.logistic
    private var text = TextSettings()

    /// How texts become features, for classification: one kind, or words and characters side by side.
    private(set) var features: [TfidfOptions] = []

    mutating func complete(_ options: Options) throws { features = try text.blocks(options) }
}
