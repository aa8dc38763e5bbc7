import LyceumKit

/// Several systems scored with ROUGE on the same texts, each compared with each.
public struct RougeComparison: Sendable {
    /// Two systems in one measure.
    public struct Pair: Sendable {
        /// The measure, of which F is compared.
        public let kind: RougeKind
        /// The places of the systems in the list.
        public let first: Int
        /// See `first`.
        public let second: Int
        /// The tests; the difference is the first's mean less the second's.
        public let test: PairedDifference
        /// The p value of approximate randomisation, corrected by Holm for all pairs of this measure.
        public let correctedP: Double
    }

    /// What the systems are called.
    public let names: [String]
    /// Their scores.
    public let reports: [RougeReport]
    /// Every pair in every measure.
    public let pairs: [Pair]
    private let resamples: Int
    private let confidence: Double

    /// Compares reports of the same texts.
    ///
    /// - Parameters:
    ///   - reports: at least two, with the same measures and as many pairs, of the same texts in one order.
    ///   - names: what the systems are called; the first is "A" otherwise, and so on.
    ///   - resamples: trials of either test.
    ///   - seed: decides the trials.
    ///   - job: cancellation.
    /// - Throws: `LyceumError.invalid` if the reports do not fit together, `LyceumError.cancelled`.
    public init(
        _ reports: [RougeReport], names: [String]? = nil, confidence: Double = 0.95, resamples: Int = 1000,
        seed: Int = 0, job: Job = .silent("comparing")
    ) throws {
        let names =
            names ?? reports.indices.map { $0 < 26 ? String(UnicodeScalar(UInt8(65 + $0))) : "\($0 + 1)" }
        guard let first = reports.first, reports.count >= 2, names.count == reports.count else {
            throw LyceumError.invalid(
                "compare", expected: "at least two systems, a name for each",
                got: "\(reports.count) systems and \(names.count) names", remedy: nil)
        }
        for (report, name) in zip(reports, names)
        where report.count != first.count || report.signature != first.signature
            || report.options.kinds != first.options.kinds
        {
            throw LyceumError.invalid(
                "compare", expected: "scores of the same texts, computed alike",
                got:
                    "\(names[0]): \(first.count) pairs, \(first.signature); \(name): \(report.count) pairs, \(report.signature)",
                remedy: nil)
        }
        var pairs: [Pair] = []
        for kind in first.options.kinds {
            let scores = reports.map { $0.scores(of: kind).map(\.fmeasure) }
            var tests: [(first: Int, second: Int, test: PairedDifference)] = []
            for a in reports.indices {
                for b in reports.indices where b > a {
                    let test = try PairedTest.compare(
                        scores[a], scores[b], confidence: confidence, resamples: resamples, seed: seed,
                        job: job)
                    tests.append((a, b, test))
                }
            }
            let corrected = PairedTest.holm(tests.map(\.test.randomizationP))
            pairs += zip(tests, corrected).map { pair, p in
                Pair(kind: kind, first: pair.first, second: pair.second, test: pair.test, correctedP: p)
            }
        }
        self.names = names
        self.reports = reports
        self.pairs = pairs
        self.resamples = resamples
        self.confidence = confidence
    }
}

extension RougeComparison: Report {
    /// What it is, in a word.
    public var kind: String { "comparison" }

    /// The figures by name.
    public var figures: [String: Value] {
        let pairs = pairs.map { pair -> Value in
            [
                "measure": .string(pair.kind.name), "a": .string(names[pair.first]),
                "b": .string(names[pair.second]), "difference": .number(pair.test.difference),
                "ci": pair.test.interval.value, "p_bootstrap": .number(pair.test.bootstrapP),
                "p_randomization": .number(pair.test.randomizationP), "p_holm": .number(pair.correctedP),
            ]
        }
        return [
            "names": .list(names.map(Value.string)), "pairs": .list(pairs),
            "signature": .string(reports[0].signature), "count": .integer(reports[0].count),
        ]
    }

    /// The most important figures in a line.
    public var summary: String {
        pairs.filter { $0.kind == pairs[0].kind }.map { pair in
            "\(pair.kind.title) \(names[pair.first]) − \(names[pair.second]) "
                + "\(TextTable.percent(pair.test.difference)), p \(Self.shown(pair.correctedP))"
        }.joined(separator: "; ")
    }

    /// For two systems a line a measure, for more a matrix a measure; × 100.
    public var table: String {
        let lines = names.count == 2 ? pairLines : reports[0].options.kinds.flatMap(matrixLines)
        let correction =
            names.count > 2 ? ", corrected by Holm for \(pairs(of: pairs[0].kind).count) pairs" : ""
        return
            (lines + [
                "F × 100 of \(reports[0].count) pairs; p of \(resamples) trials, two-sided\(correction)",
                reports[0].signature,
            ]).joined(separator: "\n")
    }

    private var pairLines: [String] {
        let percent = (confidence * 100).fixed(0)
        let header = [
            "", names[0], names[1], "difference", "\(percent) % interval", "p (bootstrap)",
            "p (randomisation)",
        ]
        let rows = pairs.map { pair in
            [
                pair.kind.title, mean(pair.first, pair.kind), mean(pair.second, pair.kind),
                TextTable.percent(pair.test.difference), TextTable.percent(pair.test.interval),
                Self.shown(pair.test.bootstrapP), Self.shown(pair.test.randomizationP),
            ]
        }
        return TextTable.lines([header] + rows)
    }

    /// The difference of the system of the row less that of the column, and p, above the diagonal.
    private func matrixLines(_ kind: RougeKind) -> [String] {
        let rows = names.indices.map { row in
            [names[row], mean(row, kind)]
                + names.indices.dropFirst().map { column in
                    guard let pair = pairs(of: kind).first(where: { $0.first == row && $0.second == column })
                    else { return "" }
                    return "\(TextTable.percent(pair.test.difference)) (p \(Self.shown(pair.correctedP)))"
                }
        }
        return TextTable.lines([[kind.title, "mean"] + names.dropFirst().map { "− \($0)" }] + rows) + [""]
    }

    private func pairs(of kind: RougeKind) -> [Pair] { pairs.filter { $0.kind == kind } }

    private func mean(_ system: Int, _ kind: RougeKind) -> String {
        reports[system][kind].map { TextTable.percent($0.fmeasure) } ?? ""
    }

    /// A p value in four decimals.
    private static func shown(_ p: Double) -> String { p.fixed(4) }
}
