import LyceumKit
import LyceumText

/// An immutable table of records, stored by column.
///
/// Whatever selects or reorders rows or columns shares the stored texts with its source and costs a list of row
/// numbers; only `map` and loading store texts again. Rows are counted from 0 here.
public struct Dataset: Sendable {
    /// The columns with the rows of theirs that this dataset shows.
    let views: [ColumnView]
    /// How many rows there are.
    public let count: Int
    /// The column names, in order.
    public let columns: [String]
    /// How it was made: what it was loaded from, and what was done since; never empty.
    public let history: [HistoryStep]
    /// Where generated values come from: for a column of answers what a teacher did for each row. It stays with the
    /// rows, and is neither shown nor part of the content.
    let origins: [ColumnView]
    /// Of the fingerprint, which is computed when it is first asked for. The last step of the history shows it.
    private let cache: FingerprintCache

    /// - Parameters:
    ///   - history: the steps so far; the last is the one that makes this dataset.
    ///   - origins: where generated values come from; those of columns that are not there are left out.
    init(views: [ColumnView], count: Int, history: [HistoryStep], origins: [ColumnView] = []) {
        self.views = views
        self.count = count
        columns = views.map(\.name)
        let names = Set(origins.isEmpty ? [] : columns)
        self.origins = origins.filter { names.contains($0.name) }
        let cache = FingerprintCache()
        self.cache = cache
        var history = history
        if let last = history.indices.last {
            history[last].rows = count
            history[last].cache = cache
        }
        self.history = history
    }

    /// Makes a dataset of rows. A key that a row lacks is null there.
    ///
    /// - Parameters:
    ///   - records: the rows.
    ///   - columns: names that come first, in this order; all others follow sorted by name.
    public init(records: [[String: Value]], columns: [String] = []) {
        var builder = DatasetBuilder(columns: columns)
        for record in records {
            builder.append(record.sorted { $0.key < $1.key }.map { JSON.Field(name: $0, value: $1) })
        }
        self = builder.dataset(HistoryStep("records"))
    }

    /// Makes a dataset of records; the columns keep their order.
    public init(records: [Record]) {
        var builder = DatasetBuilder()
        for record in records { builder.append(record) }
        self = builder.dataset(HistoryStep("records"))
    }

    /// The row at `index`, counted from 0.
    ///
    /// - Throws: `LyceumError.invalid` if there is no such row.
    public func record(at index: Int) throws -> Record {
        guard index >= 0, index < count else {
            throw LyceumError.invalid(
                "row", expected: count == 0 ? "a row of a dataset that has some" : "0 to \(count - 1)",
                got: String(index), remedy: nil)
        }
        return uncheckedRecord(at: index)
    }

    /// The row at an index that is known to exist.
    func uncheckedRecord(at index: Int) -> Record {
        Record(columns: columns, values: views.map { $0[index] })
    }

    /// One value.
    ///
    /// - Throws: `LyceumError.missingColumn`, or `LyceumError.invalid` if there is no such row.
    public func value(row: Int, column: String) throws -> Value {
        let view = try view(column)
        guard row >= 0, row < count else {
            throw LyceumError.invalid("row", expected: "0..<\(count)", got: String(row), remedy: nil)
        }
        return view[row]
    }

    /// The values of a column.
    ///
    /// - Throws: `LyceumError.missingColumn`.
    public func values(_ column: String) throws -> [Value] {
        let view = try view(column)
        return (0..<count).map { view[$0] }
    }

    /// The texts of a column; numbers and Booleans as text.
    ///
    /// - Throws: `LyceumError.missingColumn`, or `LyceumError.invalid` naming the row that holds no text.
    public func strings(_ column: String) throws -> [String] {
        let view = try view(column)
        return try (0..<count).map { try view.text(at: $0) }
    }

    /// The texts of a column that holds in each row a text or a list of texts.
    ///
    /// - Throws: `LyceumError.missingColumn`, or `LyceumError.invalid` naming the row that holds neither.
    public func stringLists(_ column: String) throws -> [[String]] {
        let view = try view(column)
        return try (0..<count).map { row in
            guard let elements = view[row].list else { return [try view.text(at: row)] }
            let texts = elements.compactMap(\.string)
            guard texts.count == elements.count else {
                throw LyceumError.invalid(
                    "column '\(column)', row \(row + 1)", expected: "a text or a list of texts",
                    got: "a list of other things", remedy: nil)
            }
            return texts
        }
    }

    /// Identifies the content: column names, their order, every value. Equal for equal content, whatever way it
    /// was made; 128 bits as 32 hexadecimal digits.
    public var fingerprint: String {
        cache.value {
            // Pieces of equal size everywhere: all cores, and always the same figure.
            let ranges = pieces(of: 1024)
            let parts = views.flatMap { view in ranges.map { (view, $0) } }
            let hashes = Parallel.all(parts) { view, rows in
                var hash = ContentHash()
                for row in rows { view.hash(row, into: &hash) }
                return hash
            }
            var hash = ContentHash()
            hash.combine(count)
            for name in columns { hash.combine(name) }
            for piece in hashes { hash.combine(piece) }
            return hash.hexadecimal
        }
    }

    /// The rows, cut into pieces of at most `length`.
    func pieces(of length: Int) -> [Range<Int>] {
        stride(from: 0, to: count, by: length).map { $0..<min($0 + length, count) }
    }

    /// Throws if there are no rows.
    ///
    /// - Parameter purpose: what the rows are wanted for, for the error: "train on".
    public func requireRows(_ purpose: String) throws {
        if count == 0 {
            throw LyceumError.empty("the dataset", remedy: "there is nothing to \(purpose)")
        }
    }

    /// The column of that name.
    func view(_ column: String) throws -> ColumnView {
        guard let view = views.first(where: { $0.name == column }) else {
            throw LyceumError.missingColumn(column, available: columns)
        }
        return view
    }
}
