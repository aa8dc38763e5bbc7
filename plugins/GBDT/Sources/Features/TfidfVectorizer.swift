import Glibc
import LyceumKit
import LyceumText

/// Turns texts into TF-IDF vectors, exactly as scikit-learn does: `TfidfVectorizer` with a vocabulary,
/// `HashingVectorizer(alternate_sign=False, norm=None)` and `TfidfTransformer` without one.
///
/// Source: scikit-learn's feature_extraction/text.py.
struct TfidfVectorizer: Sendable {
    /// How.
    let options: TfidfOptions
    /// The terms by their column; empty when they are hashed.
    let vocabulary: TermTable
    /// The weight of each column; empty without `useIDF`.
    let idf: [Double]

    /// How many columns there are.
    var columnCount: Int { options.hashedColumns ?? vocabulary.count }

    /// The name of a column: its term, or "hash_" and its number.
    func name(of column: Int) -> String {
        column < vocabulary.count ? vocabulary.text(of: column) : "hash_\(column)"
    }

    /// The vectors of texts: [texts, columns]. Unknown terms count nothing.
    ///
    /// - Throws: `LyceumError.cancelled`, or as `TextAnalyzer.analyze`.
    func transform(_ texts: [String], threads: Int, job: Job) throws -> SparseMatrix {
        let matrices = try Parallel.map(texts.pieces(threads), job: job) { try rows(of: texts[$0], job: job) }
        return SparseMatrix(matrices, columnCount: columnCount)
    }

    /// The vectors of texts, on this thread.
    ///
    /// - Throws: as `transform`.
    func rows(of texts: some Sequence<String>, job: Job = .silent()) throws -> SparseMatrix {
        var rows = TfidfRows(self)
        var text = AnalyzedText()
        var columns: [UInt32] = []
        var cells: [TermCounts.Cell] = []
        for (i, string) in texts.enumerated() {
            if i & 63 == 0 { try job.checkCancelled() }
            try options.analyzer.analyze(string, into: &text)
            findColumns(of: text, &columns)
            Self.count(&columns, &cells)
            rows.append(&cells)
        }
        return rows.matrix
    }

    /// The columns of a text's terms, repetitions included, `TermTable.unknown` for none.
    private func findColumns(of text: AnalyzedText, _ columns: inout [UInt32]) {
        text.bytes.withUnsafeBufferPointer { buffer in
            guard let bytes = buffer.baseAddress else { return }
            guard let count = options.hashedColumns else {
                return vocabulary.find(text.terms, in: bytes, &columns)
            }
            columns.removeAll(keepingCapacity: true)
            for term in text.terms {
                let column = MurmurHash.column(bytes + Int(term.start), Int(term.length), of: count)
                columns.append(UInt32(truncatingIfNeeded: column))
            }
        }
    }

    private static func count(_ columns: inout [UInt32], _ cells: inout [TermCounts.Cell]) {
        columns.sort()
        cells.removeAll(keepingCapacity: true)
        for column in columns where column != TermTable.unknown {
            if cells.last?.number == column {
                cells[cells.count - 1].count += 1
            } else {
                cells.append(.init(number: column, count: 1))
            }
        }
    }

    /// The weight of a term that `documents` of `count` texts hold.
    static func idf(_ documents: Int, of count: Int, smooth: Bool) -> Double {
        let one = smooth ? 1.0 : 0.0
        // Without smoothing, a column that no text uses weighs nothing; scikit-learn divides by zero there.
        if !smooth, documents == 0 { return 1 }
        return log((Double(count) + one) / (Double(documents) + one)) + 1
    }
}

/// Rows of TF-IDF values that are being written.
struct TfidfRows {
    /// The rows so far.
    private(set) var matrix: SparseMatrix
    private let options: TfidfOptions
    private let idf: [Double]
    private var spare: [TermCounts.Cell] = []
    /// The row that is being written, at least as long: its values before and after they are scaled, its columns.
    private var row: [Double] = []
    private var scaled: [Float] = []
    private var columns: [UInt32] = []
    /// 1 + ln(tf) of the usual counts.
    private let logarithms: [Double]

    /// Begins without rows.
    ///
    /// - Parameter elements: how many elements to make room for.
    init(_ vectorizer: TfidfVectorizer, elements: Int = 0) {
        options = vectorizer.options
        idf = vectorizer.idf
        logarithms = (0..<64).map { 1 + log(Double(max($0, 1))) }
        matrix = SparseMatrix(columnCount: vectorizer.columnCount)
        matrix.columns.reserveCapacity(elements)
        matrix.values.reserveCapacity(elements)
    }

    /// Appends the row of a text of these columns and counts, each column once; sorts them.
    mutating func append(_ cells: inout [TermCounts.Cell]) {
        cells.sortByNumber(below: matrix.columnCount, spare: &spare)
        let count = cells.count
        if row.count < count {
            let more = count - row.count
            row.append(contentsOf: repeatElement(0, count: more))
            scaled.append(contentsOf: repeatElement(0, count: more))
            columns.append(contentsOf: repeatElement(0, count: more))
        }
        let (squares, sum) = weigh(cells)
        var scale = 1.0
        switch options.norm {
        case .l2: scale = squares > 0 ? squares.squareRoot() : 1
        case .l1: scale = sum > 0 ? sum : 1
        case .none: break
        }
        row.withUnsafeBufferPointer { row in
            scaled.withUnsafeMutableBufferPointer { scaled in
                for i in 0..<count { scaled[i] = Float(row[i] / scale) }
                matrix.values.append(contentsOf: UnsafeBufferPointer(rebasing: scaled[..<count]))
            }
        }
        columns.withUnsafeBufferPointer {
            matrix.columns.append(contentsOf: UnsafeBufferPointer(rebasing: $0[..<count]))
        }
        matrix.rowPlaces.append(UInt64(matrix.values.count))
    }

    /// Writes the columns and the values before they are scaled; returns the sums of their squares and of them.
    private mutating func weigh(_ cells: [TermCounts.Cell]) -> (squares: Double, sum: Double) {
        var squares = 0.0
        var sum = 0.0
        let (sublinear, weighs) = (options.sublinearTF, options.useIDF)
        cells.withUnsafeBufferPointer { cells in
            idf.withUnsafeBufferPointer { idf in
                row.withUnsafeMutableBufferPointer { row in
                    columns.withUnsafeMutableBufferPointer { columns in
                        for (i, cell) in cells.enumerated() {
                            var value = Double(cell.count)
                            if sublinear {
                                value = cell.count < 64 ? logarithms[Int(cell.count)] : 1 + log(value)
                            }
                            if weighs { value *= idf[Int(cell.number)] }
                            squares += value * value
                            sum += value
                            row[i] = value
                            columns[i] = cell.number
                        }
                    }
                }
            }
        }
        return (squares, sum)
    }
}
