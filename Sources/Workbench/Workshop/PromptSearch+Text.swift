import Evaluation
import LyceumKit

// What a person reads of a search.
extension PromptSearch {
    func shown(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "–" }
        return isShare ? (value * 100).fixed(1) : RunText.number(value)
    }

    /// What the search found, in plain words.
    public var sentence: String {
        guard let best else { return "The search did not come to its end." }
        if best.prompt == plan.prompt {
            return "No candidate was better on the validation rows; the prompt stays as it is."
        }
        guard let gain, let heldOut else {
            return
                "The best prompt on the validation rows (\(best.kind)) could not be measured on held-out rows: "
                + "\(endedBy ?? "the search") ended before. No gain is established."
        }
        let unit = isShare ? " points" : ""
        let sign = largerIsBetter ? 1.0 : -1.0
        let start =
            "On \(heldOutCount) held-out rows the best prompt (\(best.kind)) has \(title) \(shown(heldOut.best)) against \(shown(heldOut.start)): "
            + "a difference of \(shown(gain.difference))\(unit) (\((plan.resampling.confidence * 100).fixed(0)) % interval \(shown(gain.interval.lowerBound)) to \(shown(gain.interval.upperBound)), p \(PairedTest.shown(gain.randomizationP)))"
        if gain.difference * sign > 0, gain.randomizationP <= 1 - plan.resampling.confidence {
            return start + ". The gain is established."
        }
        return start + ". No gain is established."
    }

    /// The trials, best first.
    public var table: String {
        let order = trials.enumerated().sorted { a, b in
            let (first, second) = (a.element.score, b.element.score)
            if first == second { return a.offset < b.offset }
            return largerIsBetter ? first > second : first < second
        }
        let rows = order.map { place, trial in
            [
                "\(place + 1)  \(trial.kind)", shown(trial.score),
                "\(trial.prompt.examples?.records.count ?? 0)",
                trial.run.map { "run \($0)" } ?? "–",
            ]
        }
        let money = cost.map { "\(RunText.money($0)) USD" } ?? "price not known"
        return
            (TextTable.lines([["trial", "\(title) (validation)", "examples", "lab"]] + rows) + [
                sentence, "\(calls) calls, \(money)" + (endedBy.map { "; ended by \($0)" } ?? ""),
            ]).joined(separator: "\n")
    }
}
