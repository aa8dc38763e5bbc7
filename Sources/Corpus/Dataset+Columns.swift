import LyceumKit

extension Dataset {
    /// Only these columns, in this order.
    ///
    /// - Throws: `LyceumError.missingColumn`, or `LyceumError.invalid` if a name stands twice.
    public func select(_ columns: [String]) throws -> Dataset {
        try requireDistinct(columns)
        return Dataset(views: try columns.map(view), count: count)
    }

    /// All columns but these.
    ///
    /// - Throws: `LyceumError.missingColumn`.
    public func dropping(_ columns: [String]) throws -> Dataset {
        for column in columns { _ = try view(column) }
        return Dataset(views: views.filter { !columns.contains($0.name) }, count: count)
    }

    /// The same dataset with columns under other names.
    ///
    /// - Parameter names: the new name by the old one.
    /// - Throws: `LyceumError.missingColumn`, or `LyceumError.invalid` if two columns would have one name.
    public func rename(_ names: [String: String]) throws -> Dataset {
        for old in names.keys.sorted() { _ = try view(old) }
        let renamed = views.map { view in names[view.name].map(view.renamed) ?? view }
        try requireDistinct(renamed.map(\.name))
        return Dataset(views: renamed, count: count)
    }

    /// The dataset with one more column, or with other values in a column that it has.
    ///
    /// - Parameters:
    ///   - column: its name.
    ///   - values: one a row.
    /// - Throws: `LyceumError.invalid` if their number is not the number of rows.
    public func adding(column: String, values: [Value]) throws -> Dataset {
        guard values.count == count else {
            throw LyceumError.invalid(
                "column '\(column)'", expected: "\(count) values, one a row", got: String(values.count),
                remedy: nil)
        }
        let added = ColumnView(name: column, column: Column(values), rows: nil)
        guard let place = columns.firstIndex(of: column) else {
            return Dataset(views: views + [added], count: count)
        }
        var changed = views
        changed[place] = added
        return Dataset(views: changed, count: count)
    }

    private func requireDistinct(_ names: [String]) throws {
        var seen: Set<String> = []
        for name in names where !seen.insert(name).inserted {
            throw LyceumError.invalid(
                "columns", expected: "different names", got: "'\(name)' twice", remedy: nil)
        }
    }
}
