import LyceumKit

/// The features of texts: one kind of TF-IDF vector, or words and characters side by side.
struct TextFeatures: Sendable {
    /// The kinds, in the order of their columns.
    let blocks: [TfidfVectorizer]

    /// Learns vocabularies and weights; the second result is the features of these texts.
    ///
    /// - Throws: as `TfidfVectorizer.fit`.
    static func fit(
        _ texts: [String], _ options: [TfidfOptions], threads: Int, job: Job
    ) throws -> (features: TextFeatures, matrix: SparseMatrix) {
        let fitted = try options.map { try TfidfVectorizer.fit(texts, $0, threads: threads, job: job) }
        return (TextFeatures(blocks: fitted.map(\.vectorizer)), joined(fitted.map(\.matrix)))
    }

    /// The features of texts: [texts, columns].
    ///
    /// - Throws: as `TfidfVectorizer.transform`.
    func transform(_ texts: [String], threads: Int, job: Job) throws -> SparseMatrix {
        Self.joined(
            try blocks.map { try $0.transform(texts, threads: threads, job: job) })
    }

    /// How many columns there are.
    var columnCount: Int { blocks.reduce(0) { $0 + $1.columnCount } }

    /// The name of a column: its term, preceded by "word__" or "char__" if there are several kinds, as
    /// scikit-learn's `FeatureUnion` names them.
    func name(of column: Int) -> String {
        var column = column
        for block in blocks {
            if column < block.columnCount {
                let kind = block.options.analyzer.unit == .word ? "word__" : "char__"
                return (blocks.count > 1 ? kind : "") + block.name(of: column)
            }
            column -= block.columnCount
        }
        return "column_\(column)"
    }

    private static func joined(_ matrices: [SparseMatrix]) -> SparseMatrix {
        guard let first = matrices.first else { return SparseMatrix(columnCount: 0) }
        return matrices.dropFirst().reduce(first) { $0.joined(with: $1) }
    }
}
