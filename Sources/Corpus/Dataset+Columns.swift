import LyceumKit

extension Dataset {
    /// Only these columns, in this order.
    ///
    /// - Throws: `LyceumError.missingColumn`, or `LyceumError.invalid` if a name stands twice.
    public func select(_ columns: [String]) throws -> Dataset {
        try requireDistinct(columns)
        return deriving(try columns.map(view), HistoryStep("select", columns.joined(separator: ", ")))
    }

    /// All columns but these.
    ///
    /// - Parameter columns: names; one that ends in `*` means all columns that begin so.
    /// - Throws: `LyceumError.missingColumn`.
    public func dropping(_ columns: [String]) throws -> Dataset {
        var dropped: Set<String> = []
        for column in columns {
            let begun =
                column.hasSuffix("*") ? self.columns.filter { $0.hasPrefix(String(column.dropLast())) } : []
            if begun.isEmpty { _ = try view(column) }
            dropped.formUnion(begun.isEmpty ? [column] : begun)
        }
        return deriving(
            views.filter { !dropped.contains($0.name) },
            HistoryStep("drop", columns.joined(separator: ", ")))
    }

    /// The same dataset with columns under other names.
    ///
    /// - Parameter names: the new name by the old one.
    /// - Throws: `LyceumError.missingColumn`, or `LyceumError.invalid` if two columns would have one name.
    public func rename(_ names: [String: String]) throws -> Dataset {
        for old in names.keys.sorted() { _ = try view(old) }
        let renamed = views.map { view in names[view.name].map(view.renamed) ?? view }
        try requireDistinct(renamed.map(\.name))
        let detail = names.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" }
        return deriving(
            renamed, HistoryStep("rename", detail.joined(separator: ", "), renamed: names))
    }

    /// The dataset with one more column, or with other values in a column that it has.
    ///
    /// - Parameters:
    ///   - column: its name.
    ///   - values: one a row.
    ///   - run: the number of the lab's run that made the values, if one did; scores of the column are then
    ///     recorded with that run.
    ///   - earlierRuns: runs that answered some of the rows before it; what they cost counts, too.
    /// - Throws: `LyceumError.invalid` if their number is not the number of rows.
    public func adding(column: String, values: [Value], run: Int? = nil, earlierRuns: [Int] = []) throws
        -> Dataset
    {
        guard values.count == count else {
            throw LyceumError.invalid(
                "column '\(column)'", expected: "\(count) values, one a row", got: String(values.count),
                remedy: nil)
        }
        let added = ColumnView(name: column, column: Column(values), rows: nil)
        guard let place = columns.firstIndex(of: column) else {
            return deriving(
                views + [added],
                HistoryStep(HistoryStep.addColumn, column, run: run, earlierRuns: earlierRuns))
        }
        var changed = views
        changed[place] = added
        return deriving(
            changed, HistoryStep(HistoryStep.replaceColumn, column, run: run, earlierRuns: earlierRuns))
    }

    /// The dataset with more columns, in one step; columns of these names that it has are replaced.
    ///
    /// - Parameters:
    ///   - columns: names and values, one a row.
    ///   - operation: what the history calls the step.
    /// - Throws: `LyceumError.invalid` if the number of values is not the number of rows.
    public func adding(columns: [(name: String, values: [Value])], operation: String) throws -> Dataset {
        if let wrong = columns.first(where: { $0.values.count != count }) {
            throw LyceumError.invalid(
                "column '\(wrong.name)'", expected: "\(count) values, one a row",
                got: String(wrong.values.count), remedy: nil)
        }
        var changed = views
        for (name, values) in columns {
            let view = ColumnView(name: name, column: Column(values), rows: nil)
            if let place = changed.firstIndex(where: { $0.name == name }) {
                changed[place] = view
            } else {
                changed.append(view)
            }
        }
        return deriving(changed, HistoryStep(operation, columns.map(\.name).joined(separator: ", ")))
    }

    /// The same rows with other columns.
    private func deriving(_ views: [ColumnView], _ step: HistoryStep) -> Dataset {
        let kept = origins.filter { step.operation != HistoryStep.replaceColumn || $0.name != step.detail }
        let renamed = kept.map { view in step.renamed[view.name].map(view.renamed) ?? view }
        return Dataset(views: views, count: count, history: history + [step], origins: renamed)
    }

    private func requireDistinct(_ names: [String]) throws {
        var seen: Set<String> = []
        for name in names where !seen.insert(name).inserted {
            throw LyceumError.invalid(
                "columns", expected: "different names", got: "'\(name)' twice", remedy: nil)
        }
    }
}
