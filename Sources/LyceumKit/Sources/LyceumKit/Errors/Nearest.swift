/// Finds the names that a misspelt one may have meant.
public enum Nearest {
    /// The candidates closest to `name`, best first: at most three, and only those within a third of the
    /// name's length in edits (at least two), or of which it is a prefix.
    ///
    /// - Parameters:
    ///   - name: what was typed.
    ///   - candidates: the names that there are.
    ///   - most: the most edits, where fewer than that are wanted: among names that have nothing to do with each
    ///     other, a name of four letters resembles too many.
    public static func names(
        to name: String, among candidates: some Sequence<String>, within most: Int = .max
    ) -> [String] {
        let wanted = Array(name.lowercased().unicodeScalars)
        guard !wanted.isEmpty, wanted.count <= 100 else { return [] }
        let limit = min(max(2, wanted.count / 3), most)
        var scored: [(distance: Int, name: String)] = []
        for candidate in candidates {
            let scalars = Array(candidate.lowercased().unicodeScalars)
            if scalars.count > wanted.count, scalars.starts(with: wanted), wanted.count >= 3 {
                scored.append((1, candidate))
                continue
            }
            let distance = editDistance(wanted, scalars)
            if distance <= limit, distance < max(wanted.count, scalars.count) {
                scored.append((distance, candidate))
            }
        }
        scored.sort { ($0.distance, $0.name) < ($1.distance, $1.name) }
        return scored.prefix(3).map(\.name)
    }

    /// The optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours.
    static func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
        if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
        var beforePrevious = [Int](repeating: 0, count: b.count + 1)
        var previous = Array(0...b.count)
        for i in 1...a.count {
            var current = [i] + [Int](repeating: 0, count: b.count)
            for j in 1...b.count {
                let cost = a[i - 1] == b[j - 1] ? 0 : 1
                current[j] = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + cost)
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                    current[j] = min(current[j], beforePrevious[j - 2] + 1)
                }
            }
            beforePrevious = previous
            previous = current
        }
        return previous[b.count]
    }
}
