// The share of words that a text does not have from its reference: how much of it is new.
import LyceumKit

/// Scores texts; see `Metric`.
enum Novelty {
    /// The share of the words of `text` that stand in none of `references`, 0…1.
    static func novelty(_ text: String, _ references: [String]) -> Double {
        let known = Set(references.flatMap { $0.lowercased().split(separator: " ") })
        let words = text.lowercased().split(separator: " ")
        return words.isEmpty ? 0 : Double(words.count { !known.contains($0) }) / Double(words.count)
    }

    /// How it is called.
    static var registration: Metric {
        Metric(id: "template", summary: "the share of words that no reference has") {
            predictions, references, _, job in
            let values = try zip(predictions, references).map { text, references in
                try job.checkCancelled()
                return novelty(text, references)
            }
            return [("novelty", values)]
        }
    }
}
