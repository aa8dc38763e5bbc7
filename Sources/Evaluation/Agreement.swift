import Glibc

/// How well two who judged the same things agree, and what remains of a preference when length does not count.
public enum Agreement {
    /// Cohen's kappa of two lists of verdicts: 1 for full agreement, 0 for as much as chance gives.
    ///
    /// Source: Cohen, "A coefficient of agreement for nominal scales" (1960); equal to scikit-learn's
    /// `cohen_kappa_score`.
    ///
    /// - Returns: nil for no verdicts, for lists of different length, and where both only ever gave one verdict.
    public static func kappa(_ a: [String], _ b: [String]) -> Double? {
        guard a.count == b.count, !a.isEmpty else { return nil }
        let count = Double(a.count)
        let observed = Double(zip(a, b).count { $0 == $1 }) / count
        var shares: [String: (a: Double, b: Double)] = [:]
        for verdict in a { shares[verdict, default: (0, 0)].a += 1 / count }
        for verdict in b { shares[verdict, default: (0, 0)].b += 1 / count }
        let expected = shares.keys.sorted().reduce(0) { $0 + (shares[$1]?.a ?? 0) * (shares[$1]?.b ?? 0) }
        return expected >= 1 - 1e-12 ? nil : (observed - expected) / (1 - expected)
    }

    /// The win rate that a logistic regression on the difference of lengths predicts for texts of equal length.
    ///
    /// Source: Dubois et al., "Length-controlled AlpacaEval" (2024), without their term for the difficulty of an
    /// instruction: the preference is explained by the system and by tanh of the standardised difference of lengths.
    ///
    /// - Parameters:
    ///   - preferences: 1 where the first text was preferred, 0 where the second was, 0.5 for a tie.
    ///   - lengths: of both texts.
    /// - Returns: nil for no texts.
    public static func lengthControlledWinRate(
        _ preferences: [Double], lengths: [(first: Double, second: Double)]
    ) -> Double? {
        guard !preferences.isEmpty, preferences.count == lengths.count else { return nil }
        let differences = lengths.map { $0.first - $0.second }
        let spread =
            (differences.reduce(0) { $0 + $1 * $1 } / Double(differences.count)).squareRoot()
        let features = differences.map { spread > 0 ? tanh($0 / spread) : 0 }
        // Newton's method; a small ridge keeps the weights finite where one text always wins.
        var (system, length) = (0.0, 0.0)
        let ridge = 0.01
        for _ in 0..<50 {
            var (g0, g1) = (-ridge * system, -ridge * length)
            var (h00, h01, h11) = (ridge, 0.0, ridge)
            for (preference, feature) in zip(preferences, features) {
                let p = 1 / (1 + exp(-(system + length * feature)))
                g0 += preference - p
                g1 += (preference - p) * feature
                let weight = p * (1 - p)
                h00 += weight
                h01 += weight * feature
                h11 += weight * feature * feature
            }
            let determinant = h00 * h11 - h01 * h01
            guard determinant > 0 else { break }
            let (step0, step1) = ((g0 * h11 - g1 * h01) / determinant, (g1 * h00 - g0 * h01) / determinant)
            system += step0
            length += step1
            if abs(step0) + abs(step1) < 1e-10 { break }
        }
        return 1 / (1 + exp(-system))
    }
}
