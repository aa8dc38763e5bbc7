import Evaluation
import LuaBridge
import LyceumKit

// The metrics that Lyceum brings, beyond ROUGE and classification.
extension Scripting {
    /// What help says of each, by id; those that are missing here are declared elsewhere.
    private static let metricPages: [String: (returns: String, example: String)] = [
        "bleu": (
            "a score: score.score from 0 to 100, as sacrebleu prints it; score.values, sentence_bleu of each text; "
                + "score.bleu.ci, .signature",
            "local s = metrics.bleu({ \"the cat sat on the mat\" }, { \"the cat sat on a mat\" })\n"
                + "print(s.score, s.signature)\n"
                + "assert(s.signature == \"nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0\")"
        ),
        "chrf": (
            "a score: score.score from 0 to 100, as sacrebleu prints it; score.values, one for each text; "
                + "score.chrf.ci, .signature",
            "local s = metrics.chrf({ \"the cat sat\" }, { { \"the cat sat down\", \"a cat sat\" } }, { word_order = 2 })\n"
                + "print(s.score, s.values[1], s.signature)"
        ),
        "ter": (
            "a score, of which less is better: score.score in per cent of the references' length; score.values, one for "
                + "each text; score.ter.ci, .signature",
            "assert(metrics.ter({ \"sat the cat\" }, { \"the cat sat\" }).score == 100 * (1 / 3))  -- one shift"
        ),
        "exact_match": (
            "a score: score.score, the share of right answers × 100; score.exact_match.mean and score.f1.mean, fractions; "
                + "score.values, 1 or 0 for each text",
            "assert(metrics.exact_match({ \"The Cat!\" }, { { \"cat\", \"a dog\" } }).score == 100)"
        ),
        "token_f1": (
            "a score: score.score, the mean F1 of words × 100; score.f1.mean and score.exact_match.mean, fractions",
            "assert(metrics.token_f1({ \"red cat\" }, { \"the cat\" }).f1.mean == 2 / 3)"
        ),
        "novelty": (
            "a score: novel_1 … novel_4, the shares of n-grams that the source does not have; coverage, density, "
                + "compression",
            "local s = metrics.novelty({ \"a red cat\" }, { \"A red dog saw a cat.\" })\n"
                + "assert(s.novel_1.mean == 0 and s.novel_2.mean == 0.5 and s.coverage.mean == 1)"
        ),
        "repetition": (
            "a score, of which less is better: repeated_1 … repeated_4, the shares of n-grams that stood in the text before",
            "assert(metrics.repetition({ \"on and on and on\" }).repeated_2.mean == 0.5)"
        ),
        "length": (
            "a score: words, characters, sentences; tokens if they are counted",
            "assert(metrics.length({ \"One cat. Two dogs.\" }).words.mean == 4)"
        ),
        "bertscore": (
            "a score: f1, precision and recall, as bert_score prints them without rescaling",
            "-- bert = student.load(\"google-bert/bert-base-uncased\")\n"
                + "-- print(metrics.bertscore(out, { reference = \"summary\", student = bert }).f1.mean)"
        ),
    ]

    static func builtInMetrics(_ environment: ScriptEnvironment) -> [LuaFunction] {
        Metrics.all.compactMap { own in
            guard let page = metricPages[own.id] else { return nil }
            let summary = own.summary.prefix(1).uppercased() + own.summary.dropFirst() + "."
            return metric(
                own.id, summary, environment, own: own.options, needsReferences: own.needsReferences,
                returns: page.returns, example: page.example)
        }
    }
}
