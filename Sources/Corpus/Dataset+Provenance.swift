import LyceumKit

// Where generated values come from. It stays with the rows through filter, split, shuffle and the like, but is not part
// of the table: a person wants to see the answers, and a file the columns that were asked for.
extension Dataset {
    /// The dataset with what is known about the values of a column.
    ///
    /// - Parameters:
    ///   - values: one a row: an object of fields such as model and cost_usd; null where nothing is known.
    ///   - column: a column of this dataset.
    /// - Throws: `LyceumError.missingColumn`, or `LyceumError.invalid` if their number is not the number of rows.
    public func attaching(provenance values: [Value], of column: String) throws -> Dataset {
        _ = try view(column)
        guard values.count == count else {
            throw LyceumError.invalid(
                "provenance of '\(column)'", expected: "\(count) values, one a row",
                got: String(values.count),
                remedy: nil)
        }
        let attached = ColumnView(name: column, column: Column(values), rows: nil)
        return Dataset(
            views: views, count: count, history: history,
            origins: origins.filter { $0.name != column } + [attached])
    }

    /// The columns whose origin is known, the newest last.
    public var generatedColumns: [String] { origins.map(\.name) }

    /// What is known about the values of a column, one a row; null where nothing is.
    public func provenanceValues(of column: String) -> [Value] {
        guard let origin = origins.first(where: { $0.name == column }) else {
            return [Value](repeating: .null, count: count)
        }
        return (0..<count).map { origin[$0] }
    }

    /// A table of what is known about generated values: a row for each, with `row` and `column` first.
    ///
    /// - Parameters:
    ///   - column: whose values; of all generated columns if nil.
    ///   - fields: names that come next, in this order.
    /// - Throws: `LyceumError.missingColumn` if nothing is known about that column.
    public func provenance(of column: String? = nil, fields: [String] = []) throws -> Dataset {
        if let column, !generatedColumns.contains(column) {
            throw LyceumError.missingColumn(column, available: generatedColumns)
        }
        let chosen = origins.filter { column == nil || $0.name == column }
        var records: [[String: Value]] = []
        for row in 0..<count {
            for origin in chosen {
                guard var fields = origin[row].object else { continue }
                fields["source_row"] = fields["row"]
                fields["row"] = .integer(row + 1)
                fields["column"] = .string(origin.name)
                records.append(fields)
            }
        }
        let present = Set(records.flatMap(\.keys))
        return Dataset(
            records: records,
            columns: ["row", "column"].filter(present.contains)
                + (["source_row"] + fields).filter { present.contains($0) && $0 != "row" && $0 != "column" })
    }

    /// The dataset with what is known about generated values as columns of their own: `teacher_model` and so on, with
    /// the column's name before them where there are several generated columns.
    ///
    /// - Parameter fields: their order.
    public func withProvenance(fields: [String]) throws -> Dataset {
        var columns: [(name: String, values: [Value])] = []
        for origin in origins {
            let objects = (0..<count).map { origin[$0].object ?? [:] }
            let present = Set(objects.flatMap(\.keys))
            let names = fields.filter(present.contains) + present.subtracting(fields).sorted()
            let lead = origins.count == 1 ? "" : "\(origin.name)_"
            columns += names.map { name in ("\(lead)teacher_\(name)", objects.map { $0[name] ?? .null }) }
        }
        return columns.isEmpty ? self : try adding(columns: columns, operation: "provenance")
    }
}
