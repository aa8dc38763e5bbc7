import LyceumKit
import LyceumText

extension TfidfVectorizer {
    /// Learns the vocabulary and the weights from texts.
    ///
    /// - Returns: the vectorizer, and the vectors of these texts: [texts, columns].
    /// - Throws: `LyceumError.empty` if no term is left; `LyceumError.cancelled`; as `TextAnalyzer.analyze`.
    static func fit(
        _ texts: [String], _ options: TfidfOptions, threads: Int, job: Job
    ) throws -> (vectorizer: TfidfVectorizer, matrix: SparseMatrix) {
        if options.hashedColumns != nil { return try fitHashed(texts, options, threads: threads, job: job) }
        let pieces = try TermCounts.count(texts, options.analyzer, threads: threads, job: job)
        let statistics = TermStatistics(pieces, countsOccurrences: options.maxFeatures != nil)
        guard statistics.table.count > 0 else {
            throw LyceumError.empty(
                "the vocabulary", remedy: "the texts hold no words of two or more letters or digits")
        }
        try job.checkCancelled()
        let kept = try statistics.select(options, texts: texts.count, job: job)
        guard !kept.isEmpty else {
            throw LyceumError.empty(
                "the vocabulary after pruning", remedy: "lower min_df or raise max_df")
        }
        // The column of every term; `dropped` for those left out.
        let dropped = TermTable.unknown
        var columns = [UInt32](repeating: dropped, count: statistics.table.count)
        for (column, number) in kept.enumerated() { columns[number] = UInt32(truncatingIfNeeded: column) }
        let idf =
            !options.useIDF
            ? []
            : kept.map {
                Self.idf(statistics.documents[$0], of: texts.count, smooth: options.smoothIDF)
            }
        let vocabulary = TermTable(kept, of: statistics.table)
        let vectorizer = TfidfVectorizer(options: options, vocabulary: vocabulary, idf: idf)
        let numbered = zip(pieces, statistics.numbers).map { (piece: $0, numbers: $1) }
        let matrices = try Parallel.map(numbered, job: job) { [columns] part in
            // The column of each of the piece's own terms.
            let own = part.numbers.map { columns[Int($0)] }
            var rows = TfidfRows(vectorizer, elements: part.piece.cells.count)
            var cells: [TermCounts.Cell] = []
            var start = 0
            for (row, end) in part.piece.ends.enumerated() {
                if row & 255 == 0 { try job.checkCancelled() }
                cells.removeAll(keepingCapacity: true)
                cells.append(contentsOf: part.piece.cells[start..<end])
                cells.renumber(own, without: dropped)
                rows.append(&cells)
                start = end
            }
            return rows.matrix
        }
        return (vectorizer, SparseMatrix(matrices, columnCount: vectorizer.columnCount))
    }

    /// Hashing needs the texts twice: once for the weights of the columns, once for the vectors.
    private static func fitHashed(
        _ texts: [String], _ options: TfidfOptions, threads: Int, job: Job
    ) throws -> (vectorizer: TfidfVectorizer, matrix: SparseMatrix) {
        var counting = options
        (counting.useIDF, counting.norm) = (false, .none)
        let count = options.hashedColumns ?? 0
        let unweighted = TfidfVectorizer(options: counting, vocabulary: TermTable(), idf: [])
        guard options.useIDF else {
            let vectorizer = TfidfVectorizer(options: options, vocabulary: TermTable(), idf: [])
            return (vectorizer, try vectorizer.transform(texts, threads: threads, job: job))
        }
        var documents = [Int](repeating: 0, count: count)
        for column in try unweighted.transform(texts, threads: threads, job: job).columns {
            documents[Int(column)] += 1
        }
        let idf = documents.map { Self.idf($0, of: texts.count, smooth: options.smoothIDF) }
        let vectorizer = TfidfVectorizer(options: options, vocabulary: TermTable(), idf: idf)
        return (vectorizer, try vectorizer.transform(texts, threads: threads, job: job))
    }
}

/// The terms of all texts, put together from pieces.
private struct TermStatistics {
    /// The terms.
    var table = TermTable()
    /// For each piece, the number in `table` of each of its terms.
    var numbers: [[UInt32]] = []
    /// How many texts hold each term.
    var documents: [Int] = []
    /// How often each term occurs; empty unless it is wanted.
    var occurrences: [Int] = []

    init(_ pieces: [TermCounts], countsOccurrences: Bool) {
        for (i, piece) in pieces.enumerated() {
            if i == 0 {
                table = piece.table
                numbers.append((0..<table.count).map { UInt32(truncatingIfNeeded: $0) })
            } else {
                numbers.append(table.insert(all: piece.table))
            }
        }
        documents = [Int](repeating: 0, count: table.count)
        for (piece, numbers) in zip(pieces, numbers) {
            for (number, count) in zip(numbers, piece.documents) { documents[Int(number)] += Int(count) }
        }
        guard countsOccurrences else { return }
        occurrences = [Int](repeating: 0, count: table.count)
        for (piece, numbers) in zip(pieces, numbers) {
            for cell in piece.cells { occurrences[Int(numbers[Int(cell.number)])] += Int(cell.count) }
        }
    }

    /// The terms that the options keep, sorted by their bytes, which is the order of their code points.
    func select(_ options: TfidfOptions, texts: Int, job: Job) throws -> [Int] {
        func bound(_ value: Double, isCount: Bool) -> Double { isCount ? value : value * Double(texts) }
        let low = bound(options.minDF, isCount: options.minDF >= 1)
        let high = bound(options.maxDF, isCount: options.maxDF > 1)
        var kept: [(first: UInt64, second: UInt64, number: Int)] = []
        for number in 0..<table.count {
            let count = Double(documents[number])
            guard count >= low, count <= high else { continue }
            kept.append(
                (table.sortingKey(of: number, from: 0), table.sortingKey(of: number, from: 8), number))
        }
        var comparisons = 0
        try kept.sort { a, b in
            comparisons += 1
            if comparisons % 65536 == 0 { try job.checkCancelled() }
            if a.first != b.first { return a.first < b.first }
            if a.second != b.second { return a.second < b.second }
            return table.isBefore(a.number, b.number)
        }
        guard let limit = options.maxFeatures, limit < kept.count else { return kept.map(\.number) }
        // Stable: of equally frequent terms, those that sort first stay.
        let frequent = kept.indices.sorted { a, b in
            let (more, fewer) = (occurrences[kept[a].number], occurrences[kept[b].number])
            return more != fewer ? more > fewer : a < b
        }
        return frequent.prefix(limit).sorted().map { kept[$0].number }
    }
}

extension SparseMatrix {
    /// Puts matrices one below the other.
    init(_ matrices: [SparseMatrix], columnCount: Int) {
        self.init(columnCount: columnCount)
        if let only = matrices.first, matrices.count == 1 {
            self = only
            return
        }
        columns.reserveCapacity(matrices.reduce(0) { $0 + $1.columns.count })
        values.reserveCapacity(matrices.reduce(0) { $0 + $1.values.count })
        for matrix in matrices { append(matrix) }
    }
}
