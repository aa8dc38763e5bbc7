import LyceumKit

/// Whether two systems that were scored on the same texts differ.
public struct PairedDifference: Sendable, Hashable {
    /// The mean of the first less the mean of the second.
    public let difference: Double
    /// The bootstrap interval of the difference.
    public let interval: ClosedRange<Double>
    /// The two-sided p value of the paired bootstrap: how often a resample is as far from the difference as
    /// the difference is from 0.
    public let bootstrapP: Double
    /// The two-sided p value of approximate randomisation: how often the difference is as large if every text's
    /// two scores are swapped or not by chance.
    public let randomizationP: Double
}

/// Paired significance tests.
///
/// Sources: Koehn, "Statistical significance tests for machine translation evaluation" (2004), with the
/// distribution shifted to the null hypothesis as in Efron and Tibshirani (1993); Noreen, "Computer-intensive
/// methods for testing hypotheses" (1989); Holm, "A simple sequentially rejective multiple test procedure" (1979).
public enum PairedTest {
    /// A p value as tables and sentences show it: four digits, or that it is smaller than they can say.
    public static func shown(_ p: Double) -> String { p < 0.0001 ? "< 0.0001" : p.fixed(4) }

    /// Compares two lists of scores of the same texts.
    ///
    /// - Parameters:
    ///   - a: the scores of the first system.
    ///   - b: those of the second, text by text.
    ///   - confidence: the share that the interval holds, between 0 and 1.
    ///   - resamples: trials of either test, from 1 to 1,000,000. No p value is below 1 / (resamples + 1).
    ///   - seed: decides the trials.
    ///   - job: cancellation.
    /// - Throws: `LyceumError.invalid` if the lists differ in length or a parameter is out of range,
    ///   `LyceumError.empty`, `LyceumError.cancelled`.
    public static func compare(
        _ a: [Double], _ b: [Double], confidence: Double = 0.95, resamples: Int = 1000, seed: Int = 0,
        job: Job = .silent("comparing")
    ) throws -> PairedDifference {
        guard a.count == b.count, (1...1_000_000).contains(resamples), confidence > 0, confidence < 1 else {
            throw LyceumError.invalid(
                "paired test",
                expected: "as many scores of both, 1 to 1000000 resamples, a confidence between 0 and 1",
                got: "\(a.count) and \(b.count) scores, \(resamples) resamples, \(confidence)", remedy: nil)
        }
        if a.isEmpty { throw LyceumError.empty("the list of scores", remedy: nil) }
        let differences = zip(a, b).map { $0 - $1 }
        let mean = differences.reduce(0, +) / Double(a.count)
        // Sums in another order differ in the last bits; they are not a more extreme difference.
        let tolerance = 1e-12 * max(1, differences.reduce(0) { max($0, abs($1)) })

        var generator = SeededGenerator(seed: seed)
        var resampled: [Double] = []
        resampled.reserveCapacity(resamples)
        var farther = 0
        for _ in 0..<resamples {
            try job.checkCancelled()
            var sum = 0.0
            for _ in 0..<a.count { sum += differences[generator.index(below: a.count)] }
            resampled.append(sum / Double(a.count))
            if abs(sum / Double(a.count) - mean) >= abs(mean) - tolerance { farther += 1 }
        }
        resampled.sort()
        let tail = (1 - confidence) / 2
        let low = Bootstrap.quantile(tail, ofSorted: resampled)
        let high = Bootstrap.quantile(1 - tail, ofSorted: resampled)

        var larger = 0
        for _ in 0..<resamples {
            try job.checkCancelled()
            var sum = 0.0
            var bits: UInt64 = 0
            for (i, difference) in differences.enumerated() {
                if i & 63 == 0 { bits = generator.next() }
                sum += bits & 1 == 0 ? difference : -difference
                bits >>= 1
            }
            if abs(sum / Double(a.count)) >= abs(mean) - tolerance { larger += 1 }
        }
        return PairedDifference(
            difference: mean, interval: low...max(low, high),
            bootstrapP: Double(farther + 1) / Double(resamples + 1),
            randomizationP: Double(larger + 1) / Double(resamples + 1))
    }

    /// p values corrected for there being several, after Holm; in the order given.
    public static func holm(_ values: [Double]) -> [Double] {
        var corrected = values
        var largest = 0.0
        for (rank, place) in values.indices.sorted(by: { values[$0] < values[$1] }).enumerated() {
            largest = max(largest, min(1, values[place] * Double(values.count - rank)))
            corrected[place] = largest
        }
        return corrected
    }
}
