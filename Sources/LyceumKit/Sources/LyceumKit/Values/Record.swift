/// One row of a dataset: values under column names, in the dataset's column order.
public struct Record: Sendable, Hashable {
    /// The column names, in order.
    public let columns: [String]
    /// One value a column.
    public let values: [Value]

    /// Makes a record; surplus names or values are dropped.
    public init(columns: [String], values: [Value]) {
        let count = min(columns.count, values.count)
        self.columns = Array(columns.prefix(count))
        self.values = Array(values.prefix(count))
    }

    /// The value of a column; nil if there is no such column.
    public subscript(column: String) -> Value? {
        guard let index = columns.firstIndex(of: column) else { return nil }
        return values[index]
    }

    /// The text of a column.
    ///
    /// - Throws: `LyceumError.missingColumn` if the column is missing, `LyceumError.invalid` if it holds no text.
    public func text(_ column: String) throws -> String {
        guard let value = self[column] else {
            throw LyceumError.missingColumn(column, available: columns)
        }
        guard let text = value.string else {
            throw LyceumError.invalid(
                "column '\(column)'", expected: "a string", got: value.typeName,
                remedy: "convert it with :map(function(r) r.\(column) = tostring(r.\(column)) return r end)")
        }
        return text
    }
}
