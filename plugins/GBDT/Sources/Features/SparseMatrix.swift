import LyceumKit

/// A matrix of few non-zero elements, row after row (CSR): what XGBoost reads.
struct SparseMatrix: Sendable, Equatable {
    /// Where each row ends in `columns` and `values`, after a leading 0: rows + 1 places.
    var rowPlaces: [UInt64] = [0]
    /// The column of each element, ascending within a row.
    var columns: [UInt32] = []
    /// Each element.
    var values: [Float] = []
    /// How many columns there are.
    var columnCount: Int

    /// How many rows there are.
    var rowCount: Int { rowPlaces.count - 1 }

    /// The places of a row's elements in `columns` and `values`.
    func places(ofRow row: Int) -> Range<Int> { Int(rowPlaces[row])..<Int(rowPlaces[row + 1]) }

    /// Appends a row of a value for every column, zeros included.
    mutating func append(denseRow row: [Float]) {
        columns.append(contentsOf: (0..<row.count).map { UInt32(truncatingIfNeeded: $0) })
        values.append(contentsOf: row)
        rowPlaces.append(UInt64(values.count))
    }

    /// Appends the rows of a matrix of the same columns.
    mutating func append(_ other: SparseMatrix) {
        let offset = UInt64(values.count)
        columns.append(contentsOf: other.columns)
        values.append(contentsOf: other.values)
        rowPlaces.append(contentsOf: other.rowPlaces.dropFirst().map { $0 + offset })
    }

    /// Puts the columns of a matrix of as many rows to the right of these.
    func joined(with right: SparseMatrix) -> SparseMatrix {
        var joined = SparseMatrix(columnCount: columnCount + right.columnCount)
        joined.columns.reserveCapacity(columns.count + right.columns.count)
        joined.values.reserveCapacity(values.count + right.values.count)
        let offset = UInt32(truncatingIfNeeded: columnCount)
        for row in 0..<min(rowCount, right.rowCount) {
            joined.columns.append(contentsOf: columns[places(ofRow: row)])
            joined.values.append(contentsOf: values[places(ofRow: row)])
            let theirs = right.places(ofRow: row)
            joined.columns.append(contentsOf: right.columns[theirs].lazy.map { $0 + offset })
            joined.values.append(contentsOf: right.values[theirs])
            joined.rowPlaces.append(UInt64(joined.values.count))
        }
        return joined
    }
}
