import Corpus
import LyceumKit

/// Predictions and what they are scored against, row by row.
public struct ScoredTexts {
    /// What was written.
    public let predictions: [String]
    /// Each row's, of which there may be several.
    public let references: [[String]]

    /// Pairs texts.
    ///
    /// - Throws: `LyceumError.invalid` if there are not as many references as predictions.
    public init(predictions: [String], references: [[String]]) throws {
        guard predictions.count == references.count else {
            throw LyceumError.invalid(
                "the texts to score", expected: "as many references as predictions",
                got: "\(predictions.count) predictions, \(references.count) references", remedy: nil)
        }
        self.predictions = predictions
        self.references = references
    }

    /// Identifies the references, whatever the column or the list they stand in is called: scores on other
    /// references do not compare.
    public var fingerprint: String {
        Dataset(records: references.map { ["reference": .list($0.map(Value.string))] }).fingerprint
    }
}
