import LyceumKit

/// How long one answer takes.
public struct LatencyReport: Sendable {
    /// The time of each answer in seconds, in the order of the inputs.
    public let seconds: [Double]
    /// How many answers were given before the first was timed.
    public let warmup: Int
    private let sorted: [Double]

    init(seconds: [Double], warmup: Int) {
        self.seconds = seconds
        self.warmup = warmup
        sorted = seconds.sorted()
    }

    /// The time below which a share of the answers took, in seconds; linear between neighbours.
    public func quantile(_ share: Double) -> Double {
        Bootstrap.quantile(min(max(share, 0), 1), ofSorted: sorted)
    }

    /// The mean time, in seconds.
    public var mean: Double { seconds.reduce(0, +) / Double(seconds.count) }
}

extension LatencyReport: Report {
    /// Milliseconds, and inputs a second.
    public var scores: [ReportedScore] {
        [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)].map { ReportedScore($0.0, quantile($0.1) * 1000) }
            + [ReportedScore("per_second", 1 / mean)]
    }

    /// What it is, in a word.
    public var kind: String { "latency" }

    /// Milliseconds, but `per_second`.
    public var figures: [String: Value] {
        func milliseconds(_ seconds: Double) -> Value { .number(seconds * 1000) }
        return [
            "p50": milliseconds(quantile(0.5)), "p95": milliseconds(quantile(0.95)),
            "p99": milliseconds(quantile(0.99)), "mean": milliseconds(mean),
            "min": milliseconds(quantile(0)), "max": milliseconds(quantile(1)),
            "per_second": .number(1 / mean), "count": .integer(seconds.count), "warmup": .integer(warmup),
        ]
    }

    /// The most important figures in a line.
    public var summary: String {
        [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)].map { "\($0) \(shown(quantile($1))) ms" }
            .joined(separator: ", ")
    }

    /// All that matters as lines of text.
    public var table: String {
        let lines = TextTable.lines([
            ["ms per input", "p50", "p95", "p99", "mean", "min", "max"],
            [""]
                + [quantile(0.5), quantile(0.95), quantile(0.99), mean, quantile(0), quantile(1)].map(shown),
        ])
        let rate = (1 / mean).fixed(1)
        return
            (lines + ["\(seconds.count) inputs, one at a time, after \(warmup) to warm up; \(rate) inputs/s"])
            .joined(separator: "\n")
    }

    private func shown(_ seconds: Double) -> String { (seconds * 1000).fixed(2) }
}

/// Measures how long answers take.
public enum Latency {
    /// Answers the inputs one at a time.
    ///
    /// - Parameters:
    ///   - inputs: the texts, at least one.
    ///   - warmup: how many answers to give untimed first, so that caches are filled and libraries loaded; the
    ///     inputs are taken in turn.
    ///   - job: progress and cancellation.
    ///   - answer: answers a text.
    /// - Throws: `LyceumError.empty` without inputs, `LyceumError.cancelled`, what `answer` throws.
    public static func measure(
        _ inputs: [String], warmup: Int = 3, job: Job = .silent("latency"),
        answer: (String) throws -> Void
    ) throws -> LatencyReport {
        if inputs.isEmpty { throw LyceumError.empty("the list of texts", remedy: "there is nothing to time") }
        let warmup = max(warmup, 0)
        for i in 0..<warmup {
            try job.checkCancelled()
            try answer(inputs[i % inputs.count])
        }
        var seconds: [Double] = []
        for (i, input) in inputs.enumerated() {
            try job.checkCancelled()
            let start = Uptime.now
            try answer(input)
            seconds.append(Uptime.now - start)
            job.update(done: i + 1, of: inputs.count, unit: "inputs")
        }
        job.finish(done: inputs.count, of: inputs.count, unit: "inputs")
        return LatencyReport(seconds: seconds, warmup: warmup)
    }
}
