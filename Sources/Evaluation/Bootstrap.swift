import LyceumKit

/// Intervals for means by resampling rows with replacement.
///
/// Source: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13, the percentile interval.
public enum Bootstrap {
    /// The interval of each column's mean. A resample draws whole rows, so the columns stay paired.
    ///
    /// - Parameters:
    ///   - rows: the values, row after row, a multiple of `columns`.
    ///   - columns: values a row, at least 1.
    ///   - confidence: the share that an interval holds, between 0 and 1.
    ///   - resamples: how many samples to draw, from 1 to 1,000,000.
    ///   - seed: decides the samples.
    ///   - job: cancellation.
    /// - Throws: `LyceumError.empty` without rows, `LyceumError.invalid` for parameters out of range,
    ///   `LyceumError.cancelled`.
    public static func meanIntervals(
        _ rows: [Double], columns: Int, confidence: Double = 0.95, resamples: Int = 1000, seed: Int,
        job: Job = .silent("bootstrap")
    ) throws -> [ClosedRange<Double>] {
        guard columns >= 1, rows.count % columns == 0, (1...1_000_000).contains(resamples), confidence > 0,
            confidence < 1
        else {
            throw LyceumError.invalid(
                "bootstrap", expected: "whole rows, 1 to 1000000 resamples, a confidence between 0 and 1",
                got: "\(rows.count) values in \(columns) columns, \(resamples) resamples, \(confidence)",
                remedy: nil)
        }
        let count = rows.count / columns
        if count == 0 { throw LyceumError.empty("the list of scores", remedy: nil) }
        var generator = SeededGenerator(seed: seed)
        var means = [Double](repeating: 0, count: resamples * columns)
        var sums = [Double](repeating: 0, count: columns)
        for sample in 0..<resamples {
            try job.checkCancelled()
            for column in 0..<columns { sums[column] = 0 }
            for _ in 0..<count {
                let start = generator.index(below: count) * columns
                for column in 0..<columns { sums[column] += rows[start + column] }
            }
            for column in 0..<columns { means[column * resamples + sample] = sums[column] / Double(count) }
        }
        let tail = (1 - confidence) / 2
        return (0..<columns).map { column in
            let sorted = means[(column * resamples)..<((column + 1) * resamples)].sorted()
            // Rounding could put the upper bound of equal values below the lower.
            let low = quantile(tail, ofSorted: sorted)
            return low...max(low, quantile(1 - tail, ofSorted: sorted))
        }
    }

    /// A quantile by linear interpolation between order statistics, NumPy's default.
    static func quantile(_ share: Double, ofSorted values: [Double]) -> Double {
        guard let last = values.last else { return .nan }
        let place = share * Double(values.count - 1)
        let below = Int(place)
        if below + 1 >= values.count { return last }
        return values[below] + (values[below + 1] - values[below]) * (place - Double(below))
    }
}
