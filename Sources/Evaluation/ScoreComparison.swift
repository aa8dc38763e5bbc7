import LyceumKit

/// Several systems scored by one metric on the same texts, each compared with each.
public struct ScoreComparison: Sendable {
    /// A figure that is compared.
    public struct Measure: Sendable, Equatable {
        /// Its name: "rouge1", "macro_f1".
        public let name: String
        /// What tables call it.
        public let title: String
        /// Each system's value.
        public let values: [Double]
        /// Whether a larger value is a better one.
        public let largerIsBetter: Bool
        /// Whether values are shares from 0 to 1, which tables show × 100.
        public let isShare: Bool
    }

    /// Two systems in one figure.
    public struct Pair: Sendable {
        /// The figure's name.
        public let measure: String
        /// The places of the systems in the list.
        public let first: Int
        /// See `first`.
        public let second: Int
        /// The tests; the difference is the first's value less the second's.
        public let test: PairedDifference
        /// The p value of McNemar's exact test; nil for a figure that is not just right or wrong.
        public let mcNemarP: Double?
        /// The p value of McNemar's test where there is one, else of approximate randomisation, corrected by Holm for
        /// all pairs of this figure.
        public let correctedP: Double
        /// What sacrebleu's own paired tests say of the second against the first, if they were asked for.
        public var sacreBleu: (bootstrap: Double, randomization: Double)?
    }

    /// What the systems are called.
    public let names: [String]
    /// The id of the metric.
    public let metric: String
    /// The figures, in the order of the metric.
    public let measures: [Measure]
    /// Every pair in every figure.
    public let pairs: [Pair]
    /// How many texts were scored.
    public let count: Int
    private let signature: String
    private let resampling: Resampling

    /// Compares scores of the same texts.
    ///
    /// - Parameters:
    ///   - scores: at least two, of one metric, computed alike, of the same texts in one order.
    ///   - names: what the systems are called; the first is "A" otherwise, and so on.
    ///   - resampling: the trials of the tests.
    ///   - sacreBleu: whether BLEU, chrF and TER are also tested as sacrebleu does it.
    ///   - job: cancellation.
    /// - Throws: `LyceumError.invalid` if the scores do not fit together, `LyceumError.cancelled`.
    public init(
        _ scores: [Score], names: [String]? = nil, resampling: Resampling = Resampling(),
        sacreBleu: Bool = false, job: Job = .silent("comparing")
    ) throws {
        let names =
            names ?? scores.indices.map { $0 < 26 ? String(UnicodeScalar(UInt8(65 + $0))) : "\($0 + 1)" }
        guard let first = scores.first, scores.count >= 2, names.count == scores.count else {
            throw LyceumError.invalid(
                "compare", expected: "at least two systems, a name for each",
                got: "\(scores.count) systems and \(names.count) names", remedy: nil)
        }
        for (score, name) in zip(scores, names)
        where score.count != first.count || score.signature != first.signature
            || score.metric != first.metric || score.figures.map(\.name) != first.figures.map(\.name)
        {
            throw LyceumError.invalid(
                "compare", expected: "scores of the same texts, computed alike",
                got:
                    "\(names[0]): \(first.count) pairs, \(first.signature); \(name): \(score.count) pairs, \(score.signature)",
                remedy: nil)
        }
        var measures: [Measure] = []
        var pairs: [Pair] = []
        for (place, figure) in first.figures.enumerated() where !figure.name.contains(".") {
            let values = scores.map { $0.figures[place].values }
            measures.append(
                Measure(
                    name: figure.name, title: figure.title,
                    values: values.map { $0.reduce(0, +) / Double(max($0.count, 1)) },
                    largerIsBetter: figure.largerIsBetter, isShare: figure.isShare))
            pairs += try Self.pairs(figure.name, scores.count) { a, b in
                (
                    try PairedTest.compare(
                        values[a], values[b], confidence: resampling.confidence,
                        resamples: resampling.resamples, seed: resampling.seed, job: job),
                    PairedTest.mcNemar(values[a], values[b])
                )
            }
        }
        for figure in first.corpusFigures {
            let systems = scores.compactMap { score in
                score.corpusFigures.first { $0.name == figure.name }
            }
            guard systems.count == scores.count else { continue }
            measures.append(
                Measure(
                    name: figure.name, title: figure.title, values: systems.map { CorpusSums($0).total },
                    largerIsBetter: figure.largerIsBetter, isShare: figure.isShare))
            pairs += try Self.pairs(figure.name, scores.count) { a, b in
                (try PairedTest.compare(systems[a], systems[b], resampling: resampling, job: job), nil)
            }
            guard sacreBleu else { continue }
            for place in pairs.indices where pairs[place].measure == figure.name {
                pairs[place].sacreBleu = try SacreBleuPairedTest.pValues(
                    baseline: systems[pairs[place].first], system: systems[pairs[place].second], job: job)
            }
        }
        self.names = names
        metric = first.metric
        self.measures = measures
        self.pairs = pairs
        count = first.count
        signature = first.signature
        self.resampling = resampling
    }

    /// Tests every two of so many systems, and corrects for their number.
    private static func pairs(
        _ measure: String, _ systems: Int,
        _ test: (_ first: Int, _ second: Int) throws -> (PairedDifference, mcNemar: Double?)
    ) throws -> [Pair] {
        var tests: [(first: Int, second: Int, test: PairedDifference, mcNemar: Double?)] = []
        for a in 0..<systems {
            for b in (a + 1)..<max(systems, a + 1) {
                let (difference, mcNemar) = try test(a, b)
                tests.append((a, b, difference, mcNemar))
            }
        }
        let corrected = PairedTest.holm(tests.map { $0.mcNemar ?? $0.test.randomizationP })
        return zip(tests, corrected).map { pair, p in
            Pair(
                measure: measure, first: pair.first, second: pair.second, test: pair.test,
                mcNemarP: pair.mcNemar, correctedP: p)
        }
    }
}

extension ScoreComparison: Report {
    /// What it is, in a word.
    public var kind: String { "comparison" }

    /// The figures by name.
    public var figures: [String: Value] {
        let pairs = pairs.map { pair -> Value in
            var fields: [String: Value] = [
                "measure": .string(pair.measure), "a": .string(names[pair.first]),
                "b": .string(names[pair.second]), "difference": .number(pair.test.difference),
                "ci": [.number(pair.test.interval.lowerBound), .number(pair.test.interval.upperBound)],
                "p_bootstrap": .number(pair.test.bootstrapP),
                "p_randomization": .number(pair.test.randomizationP), "p_holm": .number(pair.correctedP),
            ]
            fields["p_mcnemar"] = pair.mcNemarP.map(Value.number)
            fields["p_sacrebleu_bs"] = pair.sacreBleu.map { .number($0.bootstrap) }
            fields["p_sacrebleu_ar"] = pair.sacreBleu.map { .number($0.randomization) }
            return .object(fields)
        }
        return [
            "metric": .string(metric), "names": .list(names.map(Value.string)), "pairs": .list(pairs),
            "signature": .string(signature), "count": .integer(count),
        ]
    }

    /// The most important figures in a line.
    public var summary: String {
        guard let main = measures.first else { return metric }
        return pairs(of: main).map { pair in
            "\(main.title) \(names[pair.first]) − \(names[pair.second]) "
                + "\(shown(pair.test.difference, main)), p \(PairedTest.shown(pair.correctedP))"
        }.joined(separator: "; ")
    }

    /// For two systems a line for each figure, for more a matrix for each.
    public var table: String {
        let lines = names.count == 2 ? pairLines : measures.flatMap(matrixLines)
        let correction =
            names.count > 2 ? ", corrected by Holm for \(names.count * (names.count - 1) / 2) pairs" : ""
        let shares =
            measures.contains(where: \.isShare) ? "\(metric == "rouge" ? "F" : "shares") × 100; " : ""
        let lower = measures.filter { !$0.largerIsBetter }.map(\.title)
        let direction = lower.isEmpty ? "" : "; smaller is better: \(lower.joined(separator: ", "))"
        return
            (lines + [
                "\(shares)\(count) pairs; p of \(resampling.resamples) trials, two-sided\(correction)\(direction)",
                signature,
            ] + sacreBleuLines).filter { !$0.isEmpty || names.count > 2 }.joined(separator: "\n")
    }

    /// What sacrebleu says, pair by pair.
    private var sacreBleuLines: [String] {
        pairs.compactMap { pair in
            guard let own = pair.sacreBleu, let measure = measures.first(where: { $0.name == pair.measure })
            else {
                return nil
            }
            return
                "sacrebleu's tests of \(names[pair.second]) against \(names[pair.first]) in \(measure.title): "
                + "p \(PairedTest.shown(own.bootstrap)) (paired-bs), \(PairedTest.shown(own.randomization)) (paired-ar)"
        }
    }

    private var pairLines: [String] {
        let percent = (resampling.confidence * 100).fixed(0)
        let hasMcNemar = pairs.contains { $0.mcNemarP != nil }
        let header =
            [
                "", names[0], names[1], "difference", "\(percent) % interval", "p (bootstrap)",
                "p (randomisation)",
            ] + (hasMcNemar ? ["p (McNemar)"] : [])
        let rows = measures.flatMap { measure in
            pairs(of: measure).map { pair in
                [
                    measure.title, shown(measure.values[pair.first], measure),
                    shown(measure.values[pair.second], measure), shown(pair.test.difference, measure),
                    "\(shown(pair.test.interval.lowerBound, measure)) – \(shown(pair.test.interval.upperBound, measure))",
                    PairedTest.shown(pair.test.bootstrapP), PairedTest.shown(pair.test.randomizationP),
                ] + (hasMcNemar ? [pair.mcNemarP.map(PairedTest.shown) ?? ""] : [])
            }
        }
        return TextTable.lines([header] + rows)
    }

    /// The difference of the system of the row less that of the column, and p, above the diagonal.
    private func matrixLines(_ measure: Measure) -> [String] {
        let rows = names.indices.map { row in
            [names[row], shown(measure.values[row], measure)]
                + names.indices.dropFirst().map { column in
                    guard
                        let pair = pairs(of: measure).first(where: {
                            $0.first == row && $0.second == column
                        })
                    else { return "" }
                    return "\(shown(pair.test.difference, measure)) (p \(PairedTest.shown(pair.correctedP)))"
                }
        }
        return TextTable.lines([[measure.title, "mean"] + names.dropFirst().map { "− \($0)" }] + rows) + [""]
    }

    private func pairs(of measure: Measure) -> [Pair] { pairs.filter { $0.measure == measure.name } }

    private func shown(_ value: Double, _ measure: Measure) -> String {
        measure.isShare ? TextTable.percent(value) : value.fixed(4)
    }
}
