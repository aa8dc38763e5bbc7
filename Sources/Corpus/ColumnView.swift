import LyceumKit

/// The rows of a stored column that a dataset shows, shared by all columns that were selected together.
final class RowList: Sendable {
    let rows: [Int]

    init(_ rows: [Int]) { self.rows = rows }
}

/// A stored column under a name, and which of its rows are shown in which order.
struct ColumnView: Sendable {
    let name: String
    let column: Column
    /// Nil shows all rows as they are stored.
    let rows: RowList?

    /// The value of row `row` of the dataset.
    subscript(row: Int) -> Value { column[stored(row)] }

    /// The row of the stored column.
    func stored(_ row: Int) -> Int { rows.map { $0.rows[row] } ?? row }

    func renamed(_ name: String) -> ColumnView { ColumnView(name: name, column: column, rows: rows) }

    /// The value of a row as a text.
    ///
    /// - Throws: `LyceumError.invalid` naming column and row if it is null, a list or a table.
    func text(at row: Int) throws -> String {
        let value = self[row]
        switch value {
        case .string(let text): return text
        case .bool, .integer, .number: return value.text
        case .null, .list, .object:
            throw LyceumError.invalid(
                "column '\(name)', row \(row + 1)", expected: "a string", got: value.typeName,
                remedy: value.isNull ? "drop such rows with :filter" : "turn it into a text with :map")
        }
    }

    /// Gives `body` the bytes of a text; nil, and `body` not called, for a value that is not text.
    func withText<T>(_ row: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> T) rethrows -> T? {
        try column.withText(stored(row), body)
    }

    /// Whether a row lacks the key, in a column that few rows have.
    func isMissing(_ row: Int) -> Bool { column.isMissing(stored(row)) }

    /// Whether the value of a row is a text; quicker than making it.
    func isText(_ row: Int) -> Bool { column.isText(stored(row)) }

    /// Whether two rows hold equal values.
    func isEqual(_ a: Int, _ b: Int) -> Bool {
        let texts = withText(a) { a in
            withText(b) { b in a.count == b.count && a.elementsEqual(b) }
        }
        guard case .some(.some(let areEqual)) = texts else { return self[a] == self[b] }
        return areEqual
    }

    /// Puts the value of a row into a hash, as `ContentHash.combine(_: Value)` does, without making a string.
    func hash(_ row: Int, into hash: inout ContentHash) {
        if withText(row, { hash.combine(text: UnsafeRawBufferPointer($0)) }) == nil {
            hash.combine(self[row])
        }
    }
}

extension Dataset {
    /// The dataset of some of this one's rows, in the order given; texts are shared.
    ///
    /// - Parameters:
    ///   - indices: rows of this dataset; each must exist.
    ///   - step: what is done.
    func choosing(_ indices: [Int], _ step: HistoryStep) -> Dataset {
        // Columns selected together share one list before, and so one list after.
        var composed: [ObjectIdentifier: RowList] = [:]
        let plain = RowList(indices)
        func choose(_ view: ColumnView) -> ColumnView {
            guard let old = view.rows else {
                return ColumnView(name: view.name, column: view.column, rows: plain)
            }
            let rows = composed[ObjectIdentifier(old)] ?? RowList(indices.map { old.rows[$0] })
            composed[ObjectIdentifier(old)] = rows
            return ColumnView(name: view.name, column: view.column, rows: rows)
        }
        return Dataset(
            views: views.map(choose), count: indices.count, history: history + [step],
            origins: origins.map(choose))
    }
}
