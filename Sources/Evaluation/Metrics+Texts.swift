import LyceumKit

// Short answers, and what can be said of a text and its source.
extension Metrics {
    /// Exact match and token F1, as SQuAD's script.
    public static var exactMatch: Metric {
        answers(
            "exact_match", "exact match and token F1 of short answers, as SQuAD's script",
            first: "exact_match")
    }

    /// Token F1 and exact match, as SQuAD's script.
    public static var tokenF1: Metric {
        answers("token_f1", "token F1 and exact match of short answers, as SQuAD's script", first: "f1")
    }

    private static func answers(_ id: String, _ summary: String, first: String) -> Metric {
        Metric(
            id: id, summary: summary,
            options: [
                .choice(
                    "version", ["1.1", "2.0"], default: "1.1",
                    "of SQuAD's script; in 2.0 an empty answer is right where the reference is empty")
            ]
        ) { input in
            try SacreBleu.requireReferences(input, of: id)
            let noAnswer = try input.options.string("version") == "2.0"
            var (exact, f1): ([Double], [Double]) = ([], [])
            for (row, (prediction, references)) in zip(input.predictions, input.references).enumerated() {
                if row % 256 == 0 { try input.job.checkCancelled() }
                let words = SquadAnswers.words(prediction)
                let targets = references.map(SquadAnswers.words)
                exact.append(SquadAnswers.isExact(words, targets) ? 1 : 0)
                f1.append(SquadAnswers.f1(words, targets, noAnswer: noAnswer))
            }
            var figures = [
                MetricFigure("exact_match", title: "exact match", exact, isShare: true),
                MetricFigure("f1", title: "token F1", f1, isShare: true),
            ]
            if first == "f1" { figures.reverse() }
            let values = figures[0].values
            return MetricResult(
                figures: figures,
                score: 100 * values.reduce(0, +) / Double(max(values.count, 1)))
        }
    }

    /// What a summary has that its source does not, as Grusky et al.
    public static var novelty: Metric {
        Metric(
            id: "novelty",
            summary:
                "novel n-grams, coverage, density and compression of summaries; the reference is the source",
            options: [
                .choice(
                    "tokenizer", WordNumbers.Kind.allCases.map(\.rawValue), default: "words",
                    "runs of letters and digits, or what stands between white space; both in lower case"),
                .integer("max_ngram", default: 4, in: 1...16, "the longest n-gram"),
            ]
        ) { input in
            try SacreBleu.requireReferences(input, of: "novelty")
            if let row = input.references.firstIndex(where: { $0.count > 1 }) {
                throw LyceumError.invalid(
                    "metrics.novelty, row \(row + 1)", expected: "one source",
                    got: "\(input.references[row].count) texts",
                    remedy: "reference is the column of what was summarised")
            }
            let longest = try input.options.int("max_ngram")
            let tokenizer: WordNumbers.Kind = try input.options.choice("tokenizer")
            let count = input.predictions.count
            let numbers = try input.numbers { rows in
                var words = WordNumbers(tokenizer)
                return try rows.flatMap { row -> [Double] in
                    try input.job.checkCancelled()
                    let summary = words.read(input.predictions[row])
                    let source = words.read(input.references[row][0])
                    let fragments = ExtractiveFragments(summary: summary, source: source)
                    input.job.update(done: row + 1 - rows.lowerBound, of: rows.count, unit: "texts")
                    return (1...longest).map { NGrams.novelShare(summary, notIn: source, $0) }
                        + [fragments.coverage, fragments.density, fragments.compression]
                }
            }
            input.job.finish(done: count, of: count, unit: "texts")
            func column(_ place: Int) -> [Double] {
                stride(from: place, to: numbers.count, by: longest + 3).map { numbers[$0] }
            }
            return MetricResult(
                figures: (1...longest).map { n in
                    MetricFigure("novel_\(n)", title: "novel \(n)-grams", column(n - 1), isShare: true)
                } + [
                    MetricFigure("coverage", column(longest), isShare: true),
                    MetricFigure("density", column(longest + 1)),
                    MetricFigure("compression", column(longest + 2)),
                ])
        }
    }

    /// How often texts repeat themselves.
    public static var repetition: Metric {
        Metric(
            id: "repetition", summary: "how much texts repeat themselves: n-grams that stood there before",
            options: [
                .choice(
                    "tokenizer", WordNumbers.Kind.allCases.map(\.rawValue), default: "words",
                    "runs of letters and digits, or what stands between white space; both in lower case"),
                .integer("max_ngram", default: 4, in: 1...16, "the longest n-gram"),
            ], largerIsBetter: false, needsReferences: false
        ) { input in
            let longest = try input.options.int("max_ngram")
            var words = WordNumbers(try input.options.choice("tokenizer"))
            var repeated = [[Double]](repeating: [], count: longest)
            for (row, text) in input.predictions.enumerated() {
                if row % 64 == 0 { try input.job.checkCancelled() }
                let tokens = words.read(text)
                for n in 1...longest { repeated[n - 1].append(NGrams.repeatedShare(tokens, n)) }
            }
            return MetricResult(
                figures: repeated.enumerated().map { n, values in
                    MetricFigure(
                        "repeated_\(n + 1)", title: "repeated \(n + 1)-grams", values, largerIsBetter: false,
                        isShare: true)
                })
        }
    }

    /// How long texts are.
    public static var length: Metric {
        Metric(
            id: "length",
            summary: "how long texts are: words, sentences, characters, and tokens if they are counted",
            options: [
                .object(
                    "tokens", "value",
                    "a function text → count or list, or a student whose vocabulary counts: adds the tokens")
            ], needsReferences: false
        ) { input in
            var figures = [
                MetricFigure("words", input.predictions.map { Double(Words.count($0)) }),
                MetricFigure("characters", input.predictions.map { Double($0.unicodeScalars.count) }),
                MetricFigure(
                    "sentences",
                    input.predictions.map { text in
                        var text = text
                        return Double(text.withUTF8 { Sentences.ranges(in: $0).count })
                    }),
            ]
            if let count = input.functions["tokens"] {
                figures.append(
                    MetricFigure(
                        "tokens",
                        try input.predictions.map { text in
                            try input.job.checkCancelled()
                            return Double(try count(text))
                        }))
            }
            return MetricResult(figures: figures)
        }
    }
}
