import Evaluation
import Lab
import LyceumKit

/// How the figures of runs are written for people: scores × 100, times in a unit that fits.
public enum RunText {
    /// What a score is called in tables: "R-1" for "rouge1".
    public static func title(_ name: String) -> String {
        if name.hasPrefix("rouge") { return "R-" + name.dropFirst(5) }
        return [
            "mean_words": "mean words", "mean_tokens": "mean tokens", "macro_f1": "macro F1",
            "weighted_f1": "weighted F1", "p50": "p50, ms", "p95": "p95, ms", "p99": "p99, ms",
            "per_second": "inputs/s",
        ][name] ?? name
    }

    /// Whether tables leave the score out: only F stands there, its parts are for programs.
    public static func isDetail(_ name: String) -> Bool { name.contains(".") }

    /// A score; fractions × 100.
    public static func value(_ value: Double, of name: String, in evaluation: String) -> String {
        if !value.isFinite { return "–" }
        let isShare = ["rouge", "classification"].contains(evaluation) && !plain.contains(name)
        if isShare { return TextTable.percent(value) }
        if name.hasPrefix("mean_") { return value.fixed(1) }
        return evaluation == "classification" ? value.fixed(4) : number(value)
    }

    /// A score with its interval, if it has one.
    public static func score(_ score: RunScore, in evaluation: String) -> String {
        let text = value(score.value, of: score.name, in: evaluation)
        guard let low = score.low, let high = score.high else { return text }
        return text + " (\(value(low, of: score.name, in: evaluation))"
            + " – \(value(high, of: score.name, in: evaluation)))"
    }

    /// A number in so many digits as matter.
    public static func number(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        let size = abs(value)
        if size != 0, size < 1e-3 || size >= 1e7 { return scientific(value) }
        return value.fixed(size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : 4)
    }

    /// "3.0e-04"
    private static func scientific(_ value: Double) -> String {
        var exponent = 0
        var digits = abs(value)
        while digits >= 10 { (digits, exponent) = (digits / 10, exponent + 1) }
        while digits < 1 { (digits, exponent) = (digits * 10, exponent - 1) }
        var text = digits.fixed(2)
        while text.contains("."), text.hasSuffix("0") || text.hasSuffix(".") { text.removeLast() }
        return "\(value < 0 ? "-" : "")\(text)e\(exponent)"
    }

    /// "41 s", "12 min", "3.4 h"
    public static func time(_ seconds: Double) -> String {
        switch seconds {
        case ..<10: return "\(seconds.fixed(1)) s"
        case ..<120: return "\(seconds.fixed(0)) s"
        case ..<7200: return "\((seconds / 60).fixed(1)) min"
        default: return "\((seconds / 3600).fixed(1)) h"
        }
    }

    /// The value of an option.
    public static func option(_ value: Value?) -> String {
        guard let value else { return "–" }
        if case .number(let number) = value { return DisplayNumber.text(number) }
        return DisplayWidth.oneLine(value.text)
    }

    /// The value of a setting, fingerprints and commits cut to what tells them apart.
    public static func setting(_ value: Value?, named name: String) -> String {
        let isHash = name == "commit" || name.hasPrefix("data.")
        return isHash ? String(option(value).prefix(8)) : option(value)
    }

    private static let plain: Set<String> = ["mean_words", "mean_tokens", "kappa"]
}

extension RunText {
    /// US dollars in so many digits as matter, at least two: "0.0042".
    public static func money(_ usd: Double) -> String {
        usd.isFinite ? DisplayNumber.money(usd) : "–"
    }
}

extension RunRecord {
    /// How many rows it worked on; nil for a run of an older Lyceum, which did not write them down.
    public var rows: Int? { options["rows"]?.integer }

    /// The last step of any curve; nil without any.
    public var steps: Int? { metrics.values.map(\.step).max() }

    /// The newest scores, one line an evaluation.
    public var scoreRows: [(name: String, value: String)] {
        var rows: [(name: String, value: String)] = []
        for evaluation in evaluations {
            let scores = evaluation.scores.filter { !RunText.isDetail($0.name) }.map {
                "\(RunText.title($0.name)) \(RunText.value($0.value, of: $0.name, in: evaluation.name))"
            }
            rows.removeAll { $0.name == evaluation.name }
            rows.append((evaluation.name, scores.joined(separator: ", ")))
        }
        return rows
    }
}
