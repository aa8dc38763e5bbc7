// Gradient-boosted decision trees, for classification and for extractive summarisation.
//
// Sources: Chen and Guestrin, "XGBoost: A Scalable Tree Boosting System" (2016), through XGBoost's C library;
// scikit-learn for the features of texts; Nallapati et al., "SummaRuNNer" (2017), for the labels of sentences.

import LyceumKit

/// A student made of trees.
final class GBDTStudent: Student {
    /// What it has learned.
    enum Model {
        case classifier(Classifier)
        case summarizer(Summarizer)

        /// The trees.
        var booster: Booster {
            switch self {
            case .classifier(let classifier): return classifier.booster
            case .summarizer(let summarizer): return summarizer.booster
            }
        }

        /// The name of a column.
        func name(of column: Int) -> String {
            switch self {
            case .classifier(let classifier): return classifier.features.name(of: column)
            case .summarizer: return SentenceFeatures.name(of: column)
            }
        }
    }

    let configuration: GBDTConfiguration
    /// What it has learned; nil before the first training.
    var model: Model?

    let architecture = "gbdt"
    var tasks: [StudentTask] { [configuration.task] }

    init(_ configuration: GBDTConfiguration, model: Model? = nil) {
        self.configuration = configuration
        self.model = model
    }

    var card: [(name: String, value: String)] {
        var card = [(name: "task", value: configuration.task.rawValue)]
        guard let model else { return card + [("rounds", "0 (untrained)")] }
        if case .classifier(let classifier) = model {
            card.append(("labels", String(classifier.labels.count)))
            card.append(("features", String(classifier.features.columnCount)))
        }
        card.append(("rounds", (try? model.booster.rounds).map { String($0) } ?? "?"))
        let names = ((try? importances()) ?? []).prefix(5).map(\.feature)
        if !names.isEmpty { card.append(("most important", names.joined(separator: ", "))) }
        return card
    }

    /// The mean gain of the splits on each feature that any tree splits on, greatest first.
    ///
    /// - Throws: `LyceumError.unsupported` before the first training.
    func importances() throws -> [(feature: String, gain: Double)] {
        let model = try trained(to: "name its features")
        return try model.booster.gains()
            .sorted { ($1.gain, $0.column) < ($0.gain, $1.column) }
            .map { (model.name(of: $0.column), $0.gain) }
    }

    /// The model.
    ///
    /// - Throws: `LyceumError.unsupported` before the first training.
    func trained(to act: String) throws -> Model {
        guard let model else {
            throw LyceumError.unsupported(
                "this gbdt student is untrained and cannot \(act)", remedy: "train it with :train(…) first")
        }
        return model
    }

    /// How students of this architecture are made, trained and loaded.
    static var registration: StudentArchitecture {
        StudentArchitecture(
            id: "gbdt", aliases: ["xgboost"], modelTypes: ["gbdt"],
            summary: "gradient-boosted trees on TF-IDF or sentence features (Chen and Guestrin 2016)",
            tasks: [.classify, .generate], configuration: GBDTConfiguration.declarations,
            trainingOptions: BoostingOptions.declarations,
            generationOptions: SummarySettings.declarations,
            classificationOptions: ThreadSettings.declarations,
            make: { GBDTStudent(try GBDTConfiguration($0)) },
            load: { try GBDTStudent(folder: $0) })
    }
}
