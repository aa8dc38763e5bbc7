import LyceumKit

/// The metrics that Lyceum brings; they register as a plugin's do.
public enum Metrics {
    /// All of them.
    public static var all: [Metric] {
        [
            rouge, classification, bleu, chrf, ter, exactMatch, tokenF1, novelty, repetition, length,
            bertScore,
        ]
    }

    /// ROUGE, equal to rouge_score's figures.
    public static var rouge: Metric {
        Metric(
            id: "rouge", summary: "ROUGE of predictions against references, equal to rouge_score's",
            options: rougeOptions
        ) { input in
            let options = input.options
            let report = try Rouge.score(
                predictions: input.predictions, multipleReferences: input.references,
                options: try RougeOptions(
                    kinds: (options.optionalStrings("types") ?? []).map(RougeKind.init),
                    stemmer: try options.bool("stemmer"), split: try options.choice("split"),
                    tokenizer: try options.choice("tokenizer"), confidence: input.resampling.confidence,
                    resamples: input.resampling.resamples, seed: input.resampling.seed),
                countTokens: input.functions["tokens"], isShared: input.isShared, job: input.job)
            return report.result
        }
    }

    private static let rougeOptions: [OptionDeclaration] = [
        .list(
            "types", of: .string, default: ["rouge1", "rouge2", "rougeL", "rougeLsum"],
            "rouge1 … rouge9, rougeL, rougeLsum"),
        .boolean("stemmer", default: false, "stems words by Porter's rules, NLTK's variant"),
        .choice(
            "split", RougeOptions.Split.allCases.map(\.rawValue), default: "newline",
            "where rougeLsum splits sentences: at line breaks, or by punctuation rules"),
        .choice(
            "tokenizer", RougeOptions.Tokenization.allCases.map(\.rawValue), default: "google",
            "rouge_score's tokens (a–z and 0–9 only), or those of every script"),
        .object(
            "tokens", "value",
            "a function text → count or list, or a student whose vocabulary counts: adds the mean length in tokens"
        ),
    ]

    /// How often predicted classes are right.
    public static var classification: Metric {
        Metric(
            id: "classification",
            summary: "how often predicted classes are right, equal to scikit-learn's figures"
        ) { input in
            let references = try input.references.enumerated().map { row, labels in
                guard let label = labels.first, labels.count == 1 else {
                    throw LyceumError.invalid(
                        "metrics.classification, row \(row + 1)", expected: "one class",
                        got: "a list of \(labels.count)", remedy: nil)
                }
                return label
            }
            let report = try ClassificationReport(
                predictions: input.predictions, references: references,
                confidence: input.resampling.confidence, resamples: input.resampling.resamples,
                seed: input.resampling.seed, job: input.job)
            return MetricResult(
                figures: [
                    MetricFigure(
                        "accuracy",
                        zip(input.predictions, references).map { $0.utf8.elementsEqual($1.utf8) ? 1 : 0 },
                        isShare: true)
                ],
                corpusFigures: corpusFigures(input.predictions, references), signature: "",
                report: report)
        }
    }

    /// Averages of F1 over the classes, of counts that add up over the rows: how often a class is true ("t…"),
    /// predicted ("p…") and both ("b…").
    private static func corpusFigures(_ predictions: [String], _ references: [String]) -> [CorpusFigure] {
        // Swift compares strings by canonical equivalence; labels are equal if their bytes are.
        func key(_ label: String) -> String {
            label.utf8.allSatisfy { $0 < 0x80 }
                ? label : "\u{1}" + label.utf8.map { String($0, radix: 16) }.joined(separator: " ")
        }
        let counts = zip(predictions, references).map { prediction, reference -> [String: Double] in
            let (prediction, reference) = (key(prediction), key(reference))
            var row = ["t" + reference: 1.0, "p" + prediction: 1.0]
            if prediction == reference { row["b" + reference] = 1 }
            return row
        }
        @Sendable func f1(_ label: Substring, _ sum: [String: Double]) -> Double {
            let all = (sum["t" + label] ?? 0) + (sum["p" + label] ?? 0)
            return all == 0 ? 0 : 2 * (sum["b" + label] ?? 0) / all
        }
        @Sendable func labels(_ sum: [String: Double]) -> [Substring] {
            let occurring = sum.filter { $0.value > 0 && !$0.key.hasPrefix("b") }.keys
            return Set(occurring.map { $0.dropFirst() }).sorted()
        }
        return [
            CorpusFigure("macro_f1", title: "macro F1", counts: counts, isShare: true) { sum in
                let labels = labels(sum)
                return labels.reduce(0) { $0 + f1($1, sum) } / Double(max(labels.count, 1))
            },
            CorpusFigure("weighted_f1", title: "weighted F1", counts: counts, isShare: true) { sum in
                let labels = labels(sum)
                let rows = labels.reduce(0) { $0 + (sum["t" + $1] ?? 0) }
                return labels.reduce(0) { $0 + f1($1, sum) * (sum["t" + $1] ?? 0) } / max(rows, 1)
            },
        ]
    }
}

extension RougeReport {
    /// What a metric gives: of each measure F of every pair, and its precision and recall as details.
    var result: MetricResult {
        let figures = options.kinds.flatMap { kind -> [MetricFigure] in
            let scores = scores(of: kind)
            return [
                MetricFigure(kind.name, title: kind.title, scores.map(\.fmeasure), isShare: true),
                MetricFigure(
                    "\(kind.name).precision", title: "\(kind.title) precision", scores.map(\.precision),
                    isShare: true),
                MetricFigure(
                    "\(kind.name).recall", title: "\(kind.title) recall", scores.map(\.recall),
                    isShare: true),
            ]
        }
        return MetricResult(figures: figures, signature: signature, report: self)
    }
}
