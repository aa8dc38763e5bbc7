import Evaluation
import LyceumKit

/// How one system fares against another before a judge.
public struct PairwiseReport: Sendable {
    /// What the systems are called.
    public let names: (first: String, second: String)
    /// The verdicts, row by row.
    public let verdicts: [PairVerdict]
    /// The share of rows that the first wins, ties counting half.
    public let winRate: Double
    /// Its bootstrap interval.
    public let interval: ClosedRange<Double>
    /// The two-sided p value of approximate randomisation: how likely such a win rate is if both are as good.
    public let p: Double
    /// The win rate that remains for texts of equal length.
    public let lengthControlled: Double?
    /// The mean lengths of both in words.
    public let meanWords: (first: Double, second: Double)
    /// Agreement with people, if there are labels: Cohen's kappa, the share of equal verdicts, the rows that have one.
    public let agreement: (kappa: Double?, share: Double, count: Int)?
    /// Why the verdicts may not be trusted; nil if nothing is known.
    public let warning: String?
    private let signature: String
    private let confidence: Double

    /// Sums up verdicts.
    ///
    /// - Parameters:
    ///   - texts: what was judged, row by row.
    ///   - labels: what people said, row by row; nil where nobody did.
    /// - Throws: `LyceumError.empty` without verdicts, `LyceumError.cancelled`.
    public init(
        _ verdicts: [PairVerdict], texts: [(first: String, second: String)],
        names: (first: String, second: String),
        labels: [PairVerdict.Choice?] = [], signature: String, warning: String? = nil,
        resampling: Resampling = Resampling(), job: Job = .silent("judging")
    ) throws {
        if verdicts.isEmpty {
            throw LyceumError.empty("the list of pairs", remedy: "there is nothing to judge")
        }
        self.names = names
        self.verdicts = verdicts
        self.signature = signature
        self.warning = warning
        confidence = resampling.confidence
        let preferences = verdicts.map(\.preference)
        winRate = preferences.reduce(0, +) / Double(preferences.count)
        interval =
            try Bootstrap.meanIntervals(
                preferences, columns: 1, confidence: resampling.confidence, resamples: resampling.resamples,
                seed: resampling.seed, job: job
            ).first ?? 0...1
        p = try PairedTest.compare(
            preferences, preferences.map { 1 - $0 }, confidence: resampling.confidence,
            resamples: resampling.resamples, seed: resampling.seed, job: job
        ).randomizationP
        let lengths = texts.map {
            (first: Double(Words.count($0.first)), second: Double(Words.count($0.second)))
        }
        lengthControlled = Agreement.lengthControlledWinRate(preferences, lengths: lengths)
        let count = Double(max(lengths.count, 1))
        meanWords = (
            lengths.reduce(0) { $0 + $1.first } / count, lengths.reduce(0) { $0 + $1.second } / count
        )
        let labelled = zip(verdicts, labels).compactMap { verdict, label in label.map { (verdict.choice, $0) }
        }
        agreement =
            labelled.isEmpty
            ? nil
            : (
                Agreement.kappa(labelled.map(\.0.rawValue), labelled.map(\.1.rawValue)),
                Double(labelled.count { $0.0 == $0.1 }) / Double(labelled.count), labelled.count
            )
    }

    /// The rows of each outcome.
    public var wins: Int { verdicts.count { $0.choice == .first } }
    /// See `wins`.
    public var losses: Int { verdicts.count { $0.choice == .second } }
    /// Ties, inconsistent verdicts included.
    public var ties: Int { verdicts.count { $0.choice == .tie } }
    /// The share of rows whose verdict does not depend on the order.
    public var consistency: Double { Double(verdicts.count(where: \.isConsistent)) / Double(verdicts.count) }
    /// Of the inconsistent verdicts, the share that took the answer which stood first both times.
    public var firstPosition: Double? {
        let inconsistent = verdicts.filter { !$0.isUnread && !$0.isConsistent }
        if inconsistent.isEmpty { return nil }
        return Double(inconsistent.count { $0.forward == .first && $0.backward == .second })
            / Double(inconsistent.count)
    }
}

extension PairwiseReport: Report {
    /// What it is, in a word.
    public var kind: String { "judge" }

    /// The figures by name; shares are fractions.
    public var figures: [String: Value] {
        var figures: [String: Value] = [
            "names": [.string(names.first), .string(names.second)], "count": .integer(verdicts.count),
            "win_rate": [
                "value": .number(winRate),
                "ci": [.number(interval.lowerBound), .number(interval.upperBound)],
            ],
            "score": .number(winRate), "values": .list(verdicts.map { .number($0.preference) }),
            "wins": .integer(wins), "losses": .integer(losses), "ties": .integer(ties),
            "inconsistent": .integer(verdicts.count { !$0.isUnread && !$0.isConsistent }),
            "unread": .integer(verdicts.count(where: \.isUnread)),
            "position_consistency": .number(consistency),
            "p": .number(p), "signature": .string(signature),
            "mean_words": [.number(meanWords.first), .number(meanWords.second)],
        ]
        figures["length_controlled"] = lengthControlled.map(Value.number)
        figures["first_position"] = firstPosition.map(Value.number)
        if let agreement {
            figures["kappa"] = agreement.kappa.map(Value.number)
            figures["agreement"] = .number(agreement.share)
            figures["labels"] = .integer(agreement.count)
        }
        figures["warning"] = .string(warning ?? "")
        return figures
    }

    /// The win rate in a line.
    public var summary: String {
        "\(names.first) wins \(TextTable.percent(winRate)) % against \(names.second) "
            + "(\(TextTable.percent(interval)))"
    }

    /// All of it in lines.
    public var table: String {
        var rows = [
            ["win rate of \(names.first)", TextTable.percent(winRate), TextTable.percent(interval)],
            ["won, lost, tied", "\(wins), \(losses), \(ties)", ""],
            ["same verdict in both orders", TextTable.percent(consistency), ""],
        ]
        if let lengthControlled {
            rows.append(["win rate at equal length", TextTable.percent(lengthControlled), ""])
        }
        if let firstPosition {
            rows.append(["of the others, for what stood first", TextTable.percent(firstPosition), ""])
        }
        if let agreement {
            rows.append([
                "agreement with people (\(agreement.count))", TextTable.percent(agreement.share),
                agreement.kappa.map { "kappa \($0.fixed(2))" } ?? "",
            ])
        }
        let percent = (confidence * 100).fixed(0)
        var lines = TextTable.lines(
            [["\(names.first) against \(names.second)", "× 100", "\(percent) % interval"]] + rows)
        lines.append(
            "\(verdicts.count) pairs, p \(PairedTest.shown(p)); mean length \(meanWords.first.fixed(1)) and \(meanWords.second.fixed(1)) words"
        )
        let unread = verdicts.count(where: \.isUnread)
        if unread > 0 { lines.append("\(unread) verdicts could not be read and count as ties") }
        if let warning { lines.append("warning: \(warning)") }
        lines.append(signature)
        return lines.joined(separator: "\n")
    }

    /// What the lab keeps.
    public var scores: [ReportedScore] {
        [ReportedScore("win_rate", winRate, interval)]
            + (lengthControlled.map { [ReportedScore("length_controlled", $0)] } ?? [])
            + [ReportedScore("position_consistency", consistency)]
    }
}
