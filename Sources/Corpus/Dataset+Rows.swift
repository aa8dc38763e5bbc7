import LyceumKit

extension Dataset {
    /// The rows for which `keep` is true.
    ///
    /// - Throws: `RowError` around what `keep` throws.
    public func filter(_ keep: (Record) throws -> Bool) throws -> Dataset {
        choosing(
            try (0..<count).filter { row in
                try RowError.naming("filter", row: row) { try keep(uncheckedRecord(at: row)) }
            })
    }

    /// The dataset of what `transform` makes of every row. Columns of this dataset keep their order, new ones
    /// follow sorted by name; a column that no result has is gone.
    ///
    /// - Throws: `RowError` around what `transform` throws.
    public func map(_ transform: (Record) throws -> [String: Value]) throws -> Dataset {
        var builder = DatasetBuilder()
        let order = Dictionary(
            columns.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        for row in 0..<count {
            let fields = try RowError.naming("map", row: row) { try transform(uncheckedRecord(at: row)) }
            let sorted = fields.sorted {
                (order[$0.key] ?? Int.max, $0.key) < (order[$1.key] ?? Int.max, $1.key)
            }
            builder.append(sorted.map { JSON.Field(name: $0, value: $1) })
        }
        let mapped = builder.dataset()
        let kept = columns.filter(mapped.columns.contains)
        return try mapped.select(kept + mapped.columns.filter { order[$0] == nil })
    }

    /// The rows at these indices, in this order; a row may come more than once.
    ///
    /// - Throws: `LyceumError.invalid` if there is no such row.
    public func rows(_ indices: [Int]) throws -> Dataset {
        if let wrong = indices.first(where: { $0 < 0 || $0 >= count }) { _ = try record(at: wrong) }
        return choosing(indices)
    }

    /// The first `n` rows, or all if there are fewer.
    ///
    /// - Throws: `LyceumError.invalid` if `n` is negative.
    public func take(_ n: Int) throws -> Dataset {
        try requireNotNegative(n, "rows to take")
        return choosing(Array(0..<min(n, count)))
    }

    /// All rows but the first `n`.
    ///
    /// - Throws: `LyceumError.invalid` if `n` is negative.
    public func skip(_ n: Int) throws -> Dataset {
        try requireNotNegative(n, "rows to skip")
        return choosing(Array(min(n, count)..<count))
    }

    /// All rows in an order that depends on `seed` and the number of rows alone.
    public func shuffle(seed: Int) -> Dataset {
        var generator = SeededGenerator(seed: seed)
        return choosing(generator.permutation(count))
    }

    /// `n` different rows drawn at random, in random order; all rows if there are fewer.
    ///
    /// - Throws: `LyceumError.invalid` if `n` is negative.
    public func sample(_ n: Int, seed: Int) throws -> Dataset {
        try requireNotNegative(n, "rows to sample")
        return try shuffle(seed: seed).take(n)
    }

    /// The rows of this dataset, then those of others. Columns of this one come first; where one lacks a
    /// column, its rows hold null.
    public func concat(_ others: [Dataset]) -> Dataset {
        let all = [self] + others
        var builder = DatasetBuilder(columns: columns)
        for dataset in all {
            for row in 0..<dataset.count { builder.append(dataset.uncheckedRecord(at: row)) }
        }
        return builder.dataset()
    }

    /// The rows without those whose values in `columns` equal an earlier row's.
    ///
    /// - Parameter columns: what makes two rows equal; empty means all columns.
    /// - Throws: `LyceumError.missingColumn`.
    public func dedup(by columns: [String] = []) throws -> Dataset {
        let compared = try (columns.isEmpty ? self.columns : columns).map(view)
        // A hash finds the candidates, the values themselves decide.
        var seen: [UInt64: [Int]] = [:]
        var kept: [Int] = []
        for row in 0..<count {
            var hash = ContentHash()
            for view in compared { view.hash(row, into: &hash) }
            let earlier = seen[hash.word] ?? []
            if earlier.contains(where: { other in compared.allSatisfy { $0.isEqual(row, other) } }) {
                continue
            }
            seen[hash.word, default: []].append(row)
            kept.append(row)
        }
        return choosing(kept)
    }

    private func requireNotNegative(_ n: Int, _ what: String) throws {
        if n < 0 {
            throw LyceumError.invalid(what, expected: "0 or more", got: String(n), remedy: nil)
        }
    }
}
