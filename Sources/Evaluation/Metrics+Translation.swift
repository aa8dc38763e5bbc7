import LyceumKit

// BLEU, chrF and TER: figures of all texts together, from counts that add up.
extension Metrics {
    /// BLEU, equal to sacrebleu's.
    public static var bleu: Metric {
        Metric(
            id: "bleu", summary: "BLEU of predictions against references, equal to sacrebleu 2.6",
            options: [
                .choice(
                    "tokenize", BleuTokenizer.Kind.allCases.map(\.rawValue), default: "13a",
                    "sacrebleu's tokenizers; zh for Chinese, intl for every script, none for texts that are tokenized"
                ),
                .boolean("lowercase", default: false, "compares in lower case"),
                .choice(
                    "smooth_method", Bleu.Smoothing.allCases.map(\.rawValue), default: "exp",
                    "what an order without a match counts as"),
                .number(
                    "smooth_value", default: nil, in: 0...1_000_000,
                    "of floor (0.1 if left out) and add-k (1 if left out)"),
                .integer("max_ngram_order", default: 4, in: 1...16, "the longest n-gram"),
                .boolean(
                    "effective_order", default: false,
                    "leaves out orders that the texts are too short for; sentence_bleu always does"),
            ]
        ) { input in
            var bleu = Bleu()
            bleu.tokenizer = try input.options.choice("tokenize")
            bleu.lowercase = try input.options.bool("lowercase")
            bleu.smoothing = try input.options.choice("smooth_method")
            bleu.smoothingValue = input.options.optionalDouble("smooth_value")
            bleu.order = try input.options.int("max_ngram_order")
            bleu.effectiveOrder = try input.options.bool("effective_order")
            let settings = bleu
            return try translation(
                input, id: "bleu", title: "BLEU", columns: bleu.columns,
                signature: bleu.signature(references: SacreBleu.referenceCount(input.references)),
                counts: try SacreBleu.counts(input, columns: bleu.columns.count, of: "bleu") {
                    BleuCounter(settings)
                }, sentence: { settings.score($0, effective: true) }, value: { settings.score($0) })
        }
    }

    /// chrF and chrF++, equal to sacrebleu's.
    public static var chrf: Metric {
        Metric(
            id: "chrf", summary: "chrF, with word_order = 2 chrF++, equal to sacrebleu 2.6",
            options: [
                .integer("char_order", default: 6, in: 1...32, "the longest n-gram of characters"),
                .integer("word_order", default: 0, in: 0...16, "the longest n-gram of words; 2 is chrF++"),
                .integer(
                    "beta", default: 2, in: 1...1000, "beta: how much more recall counts than precision"),
                .boolean("lowercase", default: false, "compares in lower case"),
                .boolean("whitespace", default: false, "white space belongs to the n-grams of characters"),
                .boolean(
                    "eps_smoothing", default: false,
                    "orders without n-grams count almost 0, as in chrF++.py and NLTK, instead of nothing"),
            ]
        ) { input in
            var chrf = Chrf()
            chrf.characterOrder = try input.options.int("char_order")
            chrf.wordOrder = try input.options.int("word_order")
            chrf.beta = try input.options.int("beta")
            chrf.lowercase = try input.options.bool("lowercase")
            chrf.whitespace = try input.options.bool("whitespace")
            chrf.epsilonSmoothing = try input.options.bool("eps_smoothing")
            let settings = chrf
            return try translation(
                input, id: "chrf", title: chrf.title, columns: chrf.columns,
                signature: chrf.signature(references: SacreBleu.referenceCount(input.references)),
                counts: try SacreBleu.counts(input, columns: chrf.columns.count, of: "chrf") {
                    ChrfCounter(settings)
                }, sentence: { settings.score($0) }, value: { settings.score($0) })
        }
    }

    /// The translation edit rate, equal to sacrebleu's.
    public static var ter: Metric {
        Metric(
            id: "ter", summary: "translation edit rate (less is better), equal to sacrebleu 2.6",
            options: [
                .boolean("normalized", default: false, "cuts punctuation off first, as Tercom does"),
                .boolean("no_punct", default: false, "leaves punctuation out"),
                .boolean(
                    "asian_support", default: false,
                    "with normalized or no_punct: takes Chinese characters one by one, and their punctuation"),
                .boolean("case_sensitive", default: false, "distinguishes upper and lower case"),
            ], largerIsBetter: false
        ) { input in
            var ter = Ter()
            ter.normalized = try input.options.bool("normalized")
            ter.removesPunctuation = try input.options.bool("no_punct")
            ter.asian = try input.options.bool("asian_support")
            ter.caseSensitive = try input.options.bool("case_sensitive")
            let settings = ter
            return try translation(
                input, id: "ter", title: "TER", columns: Ter.columns, largerIsBetter: false,
                signature: ter.signature(references: SacreBleu.referenceCount(input.references)),
                counts: try SacreBleu.counts(input, columns: 2, of: "ter") { TerCounter(settings) },
                sentence: { Ter.score($0) }, value: { Ter.score($0) })
        }
    }

    private static func translation(
        _ input: MetricInput, id: String, title: String, columns: [String], largerIsBetter: Bool = true,
        signature: String, counts: [Double], sentence: ([Double]) -> Double,
        value: @escaping @Sendable ([Double]) -> Double
    ) throws -> MetricResult {
        let width = columns.count
        var sum = [Double](repeating: 0, count: width)
        var values: [Double] = []
        values.reserveCapacity(input.predictions.count)
        for row in 0..<(counts.count / max(width, 1)) {
            let own = Array(counts[(row * width)..<((row + 1) * width)])
            for place in 0..<width { sum[place] += own[place] }
            values.append(sentence(own))
        }
        return MetricResult(
            figures: [
                MetricFigure(
                    "sentence_\(id)", title: "sentence \(title)", values, largerIsBetter: largerIsBetter)
            ],
            corpusFigures: [
                CorpusFigure(
                    id, title: title, columns: columns, rows: counts, largerIsBetter: largerIsBetter,
                    value: value)
            ], signature: signature, score: value(sum))
    }
}
