import LyceumKit

/// The longest common subsequence of two token lists, 64 columns of the table at a time.
///
/// Source: Hyyrö, "Bit-parallel LCS-length computation revisited" (2004). Of the table t, only the differences
/// between neighbouring columns are kept: a 0 bit where t[i][j] = t[i][j - 1] + 1. The table is computed in
/// strips of 64 columns, each over all rows, with the carries between the strips kept by row.
struct CommonSubsequence {
    /// For each token, at which columns of the strip it stands. All zero between two calls.
    private var places: [UInt64] = []
    /// For each row, the carry out of the last strip.
    private var carries: [UInt64] = []
    /// The differences: for each strip, the empty row and then each row.
    private var strips: [UInt64] = []
    /// Cells computed since the job was looked at.
    private var unseen = 0

    /// The length of the longest common subsequence.
    ///
    /// - Parameters:
    ///   - vocabularySize: every token is below it.
    ///   - job: looked at now and then.
    /// - Throws: `LyceumError.cancelled`.
    mutating func length(_ a: [Int32], _ b: [Int32], vocabularySize: Int, job: Job) throws -> Int {
        if a.isEmpty || b.isEmpty { return 0 }
        let (columns, rows) = a.count <= b.count ? (a, b) : (b, a)
        prepare(rows: rows.count, vocabularySize: vocabularySize)
        var length = 0
        for start in stride(from: 0, to: columns.count, by: 64) {
            let strip = columns[start..<min(start + 64, columns.count)]
            try look(at: job, cells: rows.count)
            note(strip)
            var differences = UInt64.max
            for (i, token) in rows.enumerated() { advance(&differences, row: i, token: token) }
            length += (~differences).nonzeroBitCount
            forget(strip)
        }
        return length
    }

    /// Marks the rows that the backtracking of rouge_score takes into one longest common subsequence with the
    /// columns. Where both ways are as long it goes up, to an earlier row.
    mutating func mark(
        rows: ArraySlice<Int32>, columns: ArraySlice<Int32>, vocabularySize: Int, in marked: inout [Bool],
        job: Job
    ) throws {
        if rows.isEmpty || columns.isEmpty { return }
        prepare(rows: rows.count, vocabularySize: vocabularySize)
        strips.removeAll(keepingCapacity: true)
        for start in stride(from: columns.startIndex, to: columns.endIndex, by: 64) {
            let strip = columns[start..<min(start + 64, columns.endIndex)]
            try look(at: job, cells: rows.count)
            note(strip)
            var differences = UInt64.max
            strips.append(differences)
            for (i, token) in rows.enumerated() {
                advance(&differences, row: i, token: token)
                strips.append(differences)
            }
            forget(strip)
        }
        try backtrack(rows: rows, columns: columns, in: &marked, job: job)
    }

    /// Looks at the job after so many cells of 64 columns, never between two buffers: an error leaves none half written.
    private mutating func look(at job: Job, cells: Int) throws {
        unseen += cells
        if unseen < 1 << 18 { return }
        unseen = 0
        try job.checkCancelled()
    }

    private mutating func prepare(rows: Int, vocabularySize: Int) {
        if places.count < vocabularySize {
            places.append(contentsOf: repeatElement(0, count: vocabularySize - places.count))
        }
        carries.removeAll(keepingCapacity: true)
        carries.append(contentsOf: repeatElement(0, count: rows))
    }

    private mutating func note(_ strip: ArraySlice<Int32>) {
        for (column, token) in strip.enumerated() { places[Int(token)] |= 1 << UInt64(column) }
    }

    private mutating func forget(_ strip: ArraySlice<Int32>) {
        for token in strip { places[Int(token)] = 0 }
    }

    /// Turns the differences of row `row` within a strip into those of the row below it, whose token is given.
    @inline(__always)
    private mutating func advance(_ differences: inout UInt64, row: Int, token: Int32) {
        let matches = places[Int(token)]
        let carry = carries[row]
        if matches | carry == 0 { return }
        let (partial, overflow) = differences.addingReportingOverflow(differences & matches)
        let (sum, carryOverflow) = partial.addingReportingOverflow(carry)
        carries[row] = overflow || carryOverflow ? 1 : 0
        differences = sum | (differences & ~matches)
    }

    /// Walks from the last row and column to the first.
    private mutating func backtrack(
        rows: ArraySlice<Int32>, columns: ArraySlice<Int32>, in marked: inout [Bool], job: Job
    ) throws {
        let rowCount = rows.count
        var i = rowCount
        var j = columns.count
        // t[i][j] and t[i - 1][j]
        var here = value(row: i, column: j, rowCount: rowCount)
        var above = value(row: i - 1, column: j, rowCount: rowCount)
        while i > 0, j > 0 {
            // A value adds up its row's strips.
            try look(at: job, cells: columns.count >> 6)
            let isMatch = rows[rows.startIndex + i - 1] == columns[columns.startIndex + j - 1]
            let stepAbove = difference(row: i - 1, column: j, rowCount: rowCount)
            let left = here - difference(row: i, column: j, rowCount: rowCount)
            if !isMatch, left > above {
                j -= 1
                here = left
                above -= stepAbove
                continue
            }
            if isMatch {
                marked[i - 1] = true
                j -= 1
                here = above - stepAbove
            } else {
                here = above
            }
            i -= 1
            above = i > 0 ? value(row: i - 1, column: j, rowCount: rowCount) : 0
        }
    }

    /// t[row][column] - t[row][column - 1]
    private func difference(row: Int, column: Int, rowCount: Int) -> Int {
        let bit = column - 1
        let strip = strips[(bit >> 6) * (rowCount + 1) + row]
        return Int((~strip >> UInt64(bit & 63)) & 1)
    }

    /// t[row][column]: the zeros among the first `column` bits of the row.
    private func value(row: Int, column: Int, rowCount: Int) -> Int {
        var count = 0
        for strip in 0..<(column >> 6) { count += (~strips[strip * (rowCount + 1) + row]).nonzeroBitCount }
        if column & 63 != 0 {
            let low = (UInt64(1) << UInt64(column & 63)) - 1
            count += (~strips[(column >> 6) * (rowCount + 1) + row] & low).nonzeroBitCount
        }
        return count
    }
}
