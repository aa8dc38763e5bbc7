import LyceumKit

extension TfidfOptions.Norm: SettingChoice {}
extension TextAnalyzer.Unit: SettingChoice {}

/// The options of `student.new("gbdt", …)` that say how texts become features.
struct TextSettings: Settings {
    /// Where the columns come from.
    enum Vectorizer: String, SettingChoice { case vocabulary, hashing }

    @Setting(
        "vectorizer", "keep a vocabulary, or hash terms into n_features columns (no names, no pruning)")
    private var vectorizer = Vectorizer.vocabulary
    @Setting(
        "n_features", in: 1...(1 << 24), unit: "columns", "columns that vectorizer = \"hashing\" hashes into")
    private var hashedColumns = 1 << 18
    @Setting("analyzer", "what n-grams are made of: words, characters, characters inside words")
    private var analyzer = TextAnalyzer.Unit.word
    @Setting(
        "token_pattern",
        "where words end: as scikit-learn has it, with unicode each character of Chinese, Japanese, Thai… is one"
    )
    private var pattern = TextAnalyzer.Pattern.unicode
    @Setting("ngram_range", "shortest and longest n-gram, from 1 to 20")
    private var ngrams = [1, 1]
    @Setting(
        "char_ngram_range",
        "shortest and longest n-gram of characters inside words, next to those of analyzer; {} is none")
    private var characterNgrams: [Int] = []
    @Setting("lowercase", "ignore case")
    private var lowercase = true
    @Setting(
        "min_df", in: 0...1e9, unit: "texts",
        "leave out terms of fewer texts; below 1 it is a share of the texts")
    private var minDF = 2.0
    @Setting(
        "max_df", in: 0...1e9, unit: "texts",
        "leave out terms of more texts; up to 1 it is a share of the texts")
    private var maxDF = 1.0
    @Setting(
        "max_features", in: 1...Int(Int32.max), unit: "terms",
        "keep only the most frequent terms, of each kind of n-gram")
    private var maxFeatures: Int?
    @Setting("sublinear_tf", "a term that occurs tf times counts 1 + ln(tf)")
    private var sublinearTF = false
    @Setting("use_idf", "weight terms by their rarity")
    private var useIDF = true
    @Setting("smooth_idf", "ln((1 + n) / (1 + df)) + 1 in place of ln(n / df) + 1")
    private var smoothIDF = true
    @Setting("norm", "how each vector is scaled")
    private var norm = TfidfOptions.Norm.l2

    /// The kinds of features that are asked for: one, or words and characters side by side.
    ///
    /// - Throws: `LyceumError.badOption` for a range that is not one.
    func blocks(_ options: Options) throws -> [TfidfOptions] {
        var first = TfidfOptions()
        first.analyzer.unit = analyzer
        first.analyzer.lowercase = lowercase
        first.analyzer.pattern = pattern
        first.analyzer.ngrams = try Self.range($ngrams, options)
        first.hashedColumns = vectorizer == .hashing ? hashedColumns : nil
        first.minDF = minDF
        first.maxDF = maxDF
        first.maxFeatures = maxFeatures
        first.sublinearTF = sublinearTF
        first.useIDF = useIDF
        first.smoothIDF = smoothIDF
        first.norm = norm
        if characterNgrams.isEmpty { return [first] }
        var second = first
        second.analyzer.unit = .charWb
        second.analyzer.ngrams = try Self.range($characterNgrams, options)
        return [first, second]
    }

    private static func range(_ setting: Setting<[Int]>, _ options: Options) throws -> ClosedRange<Int> {
        let bounds = setting.wrappedValue
        guard bounds.count == 2, bounds[0] >= 1, bounds[0] <= bounds[1], bounds[1] <= 20 else {
            throw setting.refusal(
                options, expected: "two whole numbers such as {1, 2}, from 1 to 20, the smaller first")
        }
        return bounds[0]...bounds[1]
    }
}
