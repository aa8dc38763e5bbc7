import Evaluation
import LyceumKit
import Testing

/// Tokens beyond ASCII, several references, lengths in tokens.
@Suite struct TokenizationTests {
    private func f1(
        _ prediction: String, _ reference: String, stemmer: Bool = false,
        tokenizer: RougeOptions.Tokenization = .unicode
    ) throws -> Double {
        let options = try RougeOptions(kinds: [.n(1)], stemmer: stemmer, tokenizer: tokenizer)
        return try Rouge.score(prediction: prediction, reference: reference, options: options)[.n(1)]?
            .fmeasure
            ?? -1
    }

    @Test(arguments: [
        ("Der Bär fährt", "der bär FÄHRT", 1.0), ("漢字のテスト", "漢字", 0.5), ("мама мыла раму", "МАМА", 0.5),
        ("naïve", "na ve", 0.0), ("한국어 문장", "한국어", 2.0 / 3), ("٣ ٤", "٣", 2.0 / 3), ("…—„“", "x", 0.0),
    ])
    func unicodeTokens(prediction: String, reference: String, expected: Double) throws {
        #expect(abs(try f1(prediction, reference) - expected) < 1e-12)
    }

    @Test func spellingsOfOneTextAreEqual() throws {
        #expect(try f1("caf\u{E9} fr\u{E8}re", "cafe\u{301} fre\u{300}re") == 1)
        #expect(try f1("running cafés", "runs cafés", stemmer: true) == 1)
        #expect(try f1("caf\u{E9}", "cafe\u{301}", tokenizer: .google) < 1)
    }

    /// On English both tokenizers agree: with the fixtures of rouge_score, as far as they are ASCII.
    @Test func agreesWithGoogleOnEnglish() throws {
        let path = try fixture("rouge.jsonl")
        var compared = 0
        try JSON.decodeLines(try Files.read(path), name: path) { line, row in
            let target = try #require(row.object?["target"]?.string)
            let prediction = try #require(row.object?["prediction"]?.string)
            guard (target + prediction).utf8.allSatisfy({ $0 < 0x80 }) else { return }
            for stemmer in [false, true] {
                let scores = try [RougeOptions.Tokenization.google, .unicode].map { tokenizer in
                    try Rouge.score(
                        prediction: prediction, reference: target,
                        options: try RougeOptions(stemmer: stemmer, tokenizer: tokenizer))
                }
                #expect(scores[0] == scores[1], "line \(line)")
                compared += 1
            }
        }
        #expect(compared > 400)
    }

    @Test func theBestReferenceCountsInEachMeasure() throws {
        // rouge_score's score_multi takes the largest F of each measure.
        let options = try RougeOptions(kinds: [.n(1), .n(2)], resamples: 10)
        let references = ["a b c d", "b a d c x"]
        let prediction = "a b d c"
        let report = try Rouge.score(
            predictions: [prediction], multipleReferences: [references], options: options)
        let alone = try references.map {
            try Rouge.score(prediction: prediction, reference: $0, options: options)
        }
        for kind in options.kinds {
            let best = alone.compactMap { scores in scores[kind]?.fmeasure }.max()
            #expect(report[kind]?.fmeasure == best)
        }
        #expect(report.signature == "ROUGE|stem:none|tok:google|refs:2|v:1")
        let uneven = try Rouge.score(
            predictions: ["a", "b"], multipleReferences: [["a"], ["b", "c", "d"]], options: options)
        #expect(uneven.signature(of: .n(1)) == "ROUGE-1|stem:none|tok:google|refs:1-3|v:1")
        #expect(throws: LyceumError.self) { try Rouge.score(predictions: ["a"], multipleReferences: [[]]) }
    }

    @Test func tokensAreCountedWhereAsked() throws {
        let report = try Rouge.score(
            predictions: ["a b", "c"], references: ["a", "c"],
            options: try RougeOptions(tokenizer: .unicode, resamples: 10), countTokens: { $0.utf8.count })
        #expect(report.meanTokens == 2)
        #expect(report.table.contains("2 pairs, 1.5 words, 2.0 tokens a prediction"))
        #expect(report.signature.contains("tok:unicode"))
        #expect(report.figures["mean_tokens"] == 2.0)
    }

    @Test func oneErrorStopsAllCores() {
        let job = Job.silent()
        job.cancel()
        let texts = Array(repeating: "a", count: 1000)
        #expect(throws: LyceumError.cancelled("")) {
            try Rouge.score(predictions: texts, references: texts, job: job)
        }
    }
}
