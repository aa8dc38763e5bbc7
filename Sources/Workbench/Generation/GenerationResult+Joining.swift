import Corpus
import LyceumKit

extension GenerationResult {
    /// The answers of several prompts to the same rows, one column each.
    ///
    /// - Parameter results: of the same data with one sample a row, each with a column of its own.
    /// - Returns: the rows that every prompt has an answer for; the others, with the reasons, are `failed`.
    public static func joined(_ results: [GenerationResult]) throws -> (answered: Dataset, failed: Dataset?) {
        guard let data = results.first?.plan.data else {
            throw LyceumError.empty("the list of prompts", remedy: "give at least one")
        }
        let complete = (0..<data.count).filter { row in
            results.allSatisfy { row < $0.answers.count && $0.answers[row].isGood }
        }
        let kept = Set(complete)
        var answered = try data.rows(complete)
        for result in results {
            // The result has its good answers only, in the order of the rows.
            let good = result.answers.filter(\.isGood)
            let chosen = try result.answered.rows(good.indices.filter { kept.contains(good[$0].row) })
            answered = try answered.adding(
                column: result.plan.output, values: try chosen.values(result.plan.output), run: result.run,
                earlierRuns: result.earlierRuns
            ).attaching(provenance: chosen.provenanceValues(of: result.plan.output), of: result.plan.output)
        }
        let others = (0..<data.count).filter { !kept.contains($0) }
        if others.isEmpty { return (answered, nil) }
        let reasons = others.map { row -> Value in
            let texts = results.compactMap { result -> String? in
                guard row < result.answers.count, !result.answers[row].isGood else { return nil }
                return "\(result.plan.output): \(result.answers[row].problem ?? "not asked")"
            }
            return .string(texts.joined(separator: "; "))
        }
        return (
            answered,
            try data.rows(others).adding(columns: [(name: "reason", values: reasons)], operation: "failed")
        )
    }
}
