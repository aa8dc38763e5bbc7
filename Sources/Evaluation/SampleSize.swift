import Glibc

/// How many texts it takes to establish a difference.
///
/// Source: Cohen, "Statistical power analysis for the behavioral sciences" (1988), the paired comparison of two means.
public enum SampleSize {
    /// The number of pairs with which a paired test finds a mean difference of this size, at `power`.
    ///
    /// - Parameters:
    ///   - differences: of the pairs that there are.
    ///   - alpha: the two-sided level of the test.
    ///   - power: how likely it shall be that the test finds it.
    /// - Returns: nil if there is no difference, or fewer than two pairs.
    public static func pairs(toEstablish differences: [Double], alpha: Double = 0.05, power: Double = 0.8)
        -> Int?
    {
        guard differences.count >= 2 else { return nil }
        let count = Double(differences.count)
        let mean = differences.reduce(0, +) / count
        let variance = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
        guard mean != 0, mean.isFinite, variance.isFinite else { return nil }
        let z = normalQuantile(1 - alpha / 2) + normalQuantile(power)
        let needed = (z * z * variance / (mean * mean)).rounded(.up)
        // With fewer than six pairs no test of signs can reach 5 %.
        return needed.isFinite && needed < 1e9 ? max(6, Int(needed)) : nil
    }

    /// The quantile of the standard normal distribution, by bisection of its distribution function.
    static func normalQuantile(_ share: Double) -> Double {
        guard share > 0, share < 1 else { return share <= 0 ? -.infinity : .infinity }
        var (low, high) = (-40.0, 40.0)
        for _ in 0..<100 {
            let middle = (low + high) / 2
            if 0.5 * erfc(-middle / 2.0.squareRoot()) < share { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }
}
