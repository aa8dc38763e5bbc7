import LyceumKit

extension Dataset {
    /// The rows for which `keep` is true.
    ///
    /// - Throws: `RowError` around what `keep` throws.
    public func filter(_ keep: (Record) throws -> Bool) throws -> Dataset {
        choosing(
            try (0..<count).filter { row in
                try RowError.naming("filter", row: row) { try keep(uncheckedRecord(at: row)) }
            }, HistoryStep("filter", "a function"))
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
        let mapped = builder.dataset(HistoryStep("map", "a function"))
        let kept = columns.filter(mapped.columns.contains)
        let views = try (kept + mapped.columns.filter { order[$0] == nil }).map(mapped.view)
        return Dataset(views: views, count: count, history: history + mapped.history, origins: origins)
    }

    /// The rows at these indices, in this order; a row may come more than once.
    ///
    /// - Throws: `LyceumError.invalid` if there is no such row.
    public func rows(_ indices: [Int]) throws -> Dataset {
        if let wrong = indices.first(where: { $0 < 0 || $0 >= count }) { _ = try record(at: wrong) }
        return choosing(indices, HistoryStep("rows", "\(indices.count) chosen"))
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
        return choosing(kept, HistoryStep("dedup", columns.joined(separator: ", ")))
    }

    /// How often each value of a column occurs: a dataset of the column and `count`, the most frequent first,
    /// equals in order of first appearance.
    ///
    /// - Throws: `LyceumError.missingColumn`, or `LyceumError.invalid` if the column is called `count`.
    public func group(by column: String) throws -> Dataset {
        let view = try view(column)
        if column == "count" {
            throw LyceumError.invalid(
                "group", expected: "a column not called 'count'", got: "'count'", remedy: "rename it first")
        }
        var places: [Value: Int] = [:]
        var groups: [(value: Value, count: Int)] = []
        for row in 0..<count {
            let value = view[row]
            if let place = places[value] {
                groups[place].count += 1
            } else {
                places[value] = groups.count
                groups.append((value, 1))
            }
        }
        let order = groups.indices.sorted { (groups[$1].count, $0) < (groups[$0].count, $1) }
        let columns = [
            (column, order.map { groups[$0].value }), ("count", order.map { .integer(groups[$0].count) }),
        ]
        return Dataset(
            views: columns.map { ColumnView(name: $0, column: Column($1), rows: nil) }, count: groups.count,
            history: history + [HistoryStep("group", column)])
    }
}
