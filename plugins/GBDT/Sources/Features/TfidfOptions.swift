import LyceumKit

/// How texts become TF-IDF features, by scikit-learn's names.
struct TfidfOptions: Sendable, Equatable {
    /// How a vector is scaled.
    enum Norm: String, CaseIterable, Sendable { case l2, l1, none }

    /// How a text is cut up.
    var analyzer = TextAnalyzer()
    /// The number of columns that terms are hashed into; nil keeps a vocabulary.
    var hashedColumns: Int?
    /// Terms of fewer texts are left out: a count from 1 on, a share of the texts below.
    var minDF = 1.0
    /// Terms of more texts are left out: a share of the texts up to 1, a count beyond.
    var maxDF = 1.0
    /// Only the most frequent terms are kept.
    var maxFeatures: Int?
    /// Whether a count tf becomes 1 + ln(tf).
    var sublinearTF = false
    /// Whether terms are weighted by their rarity.
    var useIDF = true
    /// Whether the rarity is computed as if one more text held every term once.
    var smoothIDF = true
    /// How each vector is scaled.
    var norm = Norm.l2
}

extension TfidfOptions {
    /// The declarations that the features share.
    static var declarations: [OptionDeclaration] {
        [
            .choice(
                "vectorizer", ["vocabulary", "hashing"], default: "vocabulary",
                "keep a vocabulary, or hash terms into n_features columns (no names, no pruning)"),
            .integer(
                "n_features", default: 1 << 18, in: 1...(1 << 24), unit: "columns",
                "columns that vectorizer = \"hashing\" hashes into"),
            .choice(
                "analyzer", TextAnalyzer.Unit.allCases.map(\.rawValue), default: "word",
                "what n-grams are made of: words, characters, characters inside words"),
            .list(
                "ngram_range", of: .integer, default: [1, 1], "shortest and longest n-gram, from 1 to 20"),
            .list(
                "char_ngram_range", of: .integer, default: [],
                "shortest and longest n-gram of characters inside words, beside those of analyzer; {} is none"
            ),
            .boolean("lowercase", default: true, "ignore case"),
            .number(
                "min_df", default: 2, in: 0...1e9, unit: "texts",
                "leave out terms of fewer texts; below 1 it is a share of the texts"),
            .number(
                "max_df", default: 1, in: 0...1e9, unit: "texts",
                "leave out terms of more texts; up to 1 it is a share of the texts"),
            .integer(
                "max_features", default: nil, in: 1...Int(Int32.max), unit: "terms",
                "keep only the most frequent terms, of each kind of n-gram"),
            .boolean("sublinear_tf", default: false, "a term that occurs tf times counts 1 + ln(tf)"),
            .boolean("use_idf", default: true, "weight terms by their rarity"),
            .boolean("smooth_idf", default: true, "ln((1 + n) / (1 + df)) + 1 in place of ln(n / df) + 1"),
            .choice("norm", Norm.allCases.map(\.rawValue), default: "l2", "how each vector is scaled"),
        ]
    }

    /// The kinds of features that checked options ask for: one, or words and characters side by side.
    ///
    /// - Throws: `LyceumError.badOption` for a range that is none.
    static func blocks(_ options: Options) throws -> [TfidfOptions] {
        var first = TfidfOptions()
        first.analyzer.unit = TextAnalyzer.Unit(rawValue: try options.string("analyzer")) ?? .word
        first.analyzer.lowercase = try options.bool("lowercase")
        first.analyzer.ngrams = try range("ngram_range", options) ?? 1...1
        if try options.string("vectorizer") == "hashing" {
            first.hashedColumns = try options.int("n_features")
        }
        first.minDF = try options.double("min_df")
        first.maxDF = try options.double("max_df")
        first.maxFeatures = options.optionalInt("max_features")
        first.sublinearTF = try options.bool("sublinear_tf")
        first.useIDF = try options.bool("use_idf")
        first.smoothIDF = try options.bool("smooth_idf")
        first.norm = Norm(rawValue: try options.string("norm")) ?? .l2
        guard let characters = try range("char_ngram_range", options) else { return [first] }
        var second = first
        second.analyzer.unit = .charWb
        second.analyzer.ngrams = characters
        return [first, second]
    }

    private static func range(_ name: String, _ options: Options) throws -> ClosedRange<Int>? {
        let bounds = (options.values[name]?.list ?? []).compactMap(\.integer)
        if bounds.isEmpty { return nil }
        guard bounds.count == 2, bounds[0] >= 1, bounds[0] <= bounds[1], bounds[1] <= 20 else {
            throw LyceumError.badOption(
                function: options.function, option: name,
                expected: "two whole numbers such as {1, 2}, from 1 to 20, the smaller first",
                got: "{\(bounds.map { String($0) }.joined(separator: ", "))}")
        }
        return bounds[0]...bounds[1]
    }
}
