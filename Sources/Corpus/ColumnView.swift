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

    /// Whether two rows hold equal values.
    func isEqual(_ a: Int, _ b: Int) -> Bool {
        guard case .text(let texts) = column else { return self[a] == self[b] }
        let (i, j) = (stored(a), stored(b))
        if texts.isNull(i) != texts.isNull(j) { return false }
        return texts.bytes[texts.offsets[i]..<texts.offsets[i + 1]]
            .elementsEqual(texts.bytes[texts.offsets[j]..<texts.offsets[j + 1]])
    }

    /// Puts the value of a row into a hash, as `ContentHash.combine(_: Value)` does, without making a string.
    func hash(_ row: Int, into hash: inout ContentHash) {
        guard case .text(let texts) = column, !texts.isNull(stored(row)) else {
            return hash.combine(self[row])
        }
        let i = stored(row)
        texts.bytes.withUnsafeBytes {
            hash.combine(text: UnsafeRawBufferPointer(rebasing: $0[texts.offsets[i]..<texts.offsets[i + 1]]))
        }
    }
}

extension Dataset {
    /// The dataset of some of this one's rows, in the order given; texts are shared.
    ///
    /// - Parameter indices: rows of this dataset; each must exist.
    func choosing(_ indices: [Int]) -> Dataset {
        // Columns selected together share one list before, and so one list after.
        var composed: [ObjectIdentifier: RowList] = [:]
        let plain = RowList(indices)
        let chosen = views.map { view -> ColumnView in
            guard let old = view.rows else {
                return ColumnView(name: view.name, column: view.column, rows: plain)
            }
            let rows = composed[ObjectIdentifier(old)] ?? RowList(indices.map { old.rows[$0] })
            composed[ObjectIdentifier(old)] = rows
            return ColumnView(name: view.name, column: view.column, rows: rows)
        }
        return Dataset(views: chosen, count: indices.count)
    }
}
