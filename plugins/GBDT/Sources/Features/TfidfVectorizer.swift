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
        for (i, string) in texts.enumerated() {
            if i & 63 == 0 { try job.checkCancelled() }
            try options.analyzer.analyze(string, into: &text)
            findColumns(of: text, &columns)
            rows.append(occurrences: &columns)
        }
        return rows.matrix
    }

    /// The columns of a text's terms, repetitions included.
    private func findColumns(of text: AnalyzedText, _ columns: inout [UInt32]) {
        columns.removeAll(keepingCapacity: true)
        text.bytes.withUnsafeBufferPointer { buffer in
            guard let bytes = buffer.baseAddress else { return }
            for term in text.terms {
                let (start, length) = (bytes + Int(term.start), Int(term.length))
                let column =
                    options.hashedColumns.map { MurmurHash.column(start, length, of: $0) }
                    ?? vocabulary.number(of: start, length, hash: TermTable.hash(start, length))
                if let column { columns.append(UInt32(truncatingIfNeeded: column)) }
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
    private var cells: [UInt64] = []
    private var row: [Double] = []
    /// 1 + ln(tf) of the usual counts.
    private let logarithms: [Double]

    init(_ vectorizer: TfidfVectorizer) {
        self.init(vectorizer.options, idf: vectorizer.idf, columnCount: vectorizer.columnCount)
    }

    init(_ options: TfidfOptions, idf: [Double], columnCount: Int) {
        self.options = options
        self.idf = idf
        logarithms = (0..<64).map { 1 + log(Double(max($0, 1))) }
        matrix = SparseMatrix(columnCount: columnCount)
    }

    /// Appends the row of a text whose terms lie in these columns, repetitions included.
    mutating func append(occurrences columns: inout [UInt32]) {
        columns.sort()
        cells.removeAll(keepingCapacity: true)
        var i = 0
        while i < columns.count {
            let start = i
            while i < columns.count, columns[i] == columns[start] { i += 1 }
            cells.append(Self.cell(columns[start], UInt32(truncatingIfNeeded: i - start)))
        }
        appendSortedCells()
    }

    /// A column and a count, so packed that sorting sorts by column.
    @inline(__always) static func cell(_ column: UInt32, _ count: UInt32) -> UInt64 {
        UInt64(column) << 32 | UInt64(count)
    }

    /// Appends the row of a text of these cells, each column once.
    mutating func append(cells: inout [UInt64]) {
        cells.sort()
        swap(&self.cells, &cells)
        appendSortedCells()
        swap(&self.cells, &cells)
    }

    private mutating func appendSortedCells() {
        row.removeAll(keepingCapacity: true)
        var squares = 0.0
        var sum = 0.0
        for cell in cells {
            let column = Int(truncatingIfNeeded: cell >> 32)
            let count = Int(truncatingIfNeeded: cell & 0xFFFF_FFFF)
            var value = Double(count)
            if options.sublinearTF { value = count < 64 ? logarithms[count] : 1 + log(value) }
            if options.useIDF { value *= idf[column] }
            squares += value * value
            sum += value
            row.append(value)
        }
        var scale = 1.0
        switch options.norm {
        case .l2: scale = squares > 0 ? squares.squareRoot() : 1
        case .l1: scale = sum > 0 ? sum : 1
        case .none: break
        }
        for i in cells.indices {
            matrix.columns.append(UInt32(truncatingIfNeeded: cells[i] >> 32))
            matrix.values.append(Float(row[i] / scale))
        }
        matrix.rowPlaces.append(UInt64(matrix.values.count))
    }
}
