import LyceumKit
import Testing

@testable import LyceumText

/// The tokenizers of the Hub's checkpoints, as each ships them; scripts/fixtures/checkpoint_tokenizers.py wrote them.
@Suite("Tokenizers as checkpoints ship them")
struct CheckpointTokenizerTests {
    @Test(
        "ids and texts equal those of transformers",
        arguments: [
            "t5", "t5-v1_1", "flan-t5", "t5-alone", "mt5", "mt5-alone", "bart", "distilbart", "bart-alone",
            "bert-uncased", "bert-uncased-vocabulary", "bert-uncased-alone", "bert-cased",
            "bert-cased-vocabulary",
            "bert-cased-alone", "distilbert-uncased", "distilbert-uncased-vocabulary",
            "distilbert-uncased-alone",
            "distilbert-uncased-changed", "distilbert-cased", "distilbert-cased-vocabulary",
            "distilbert-cased-alone",
            "distilbert-cased-changed",
        ])
    func equalsReference(_ kind: String) throws {
        let cases = Fixture.cases(try Fixture.document("checkpoints/expected.json")[kind])
        #expect(cases.count >= 40)
        let tokenizer = try TokenizerLoader.load(folder: Fixture.path("checkpoints/\(kind)"))
        var wrong: [String] = []
        for example in cases {
            let ids = try tokenizer.encode(example.text, addEOS: true)
            if ids != example.ids { wrong.append("ids of '\(example.text)': \(ids), not \(example.ids)") }
            let text = try tokenizer.decode(example.ids, skipSpecialTokens: true)
            if text != example.decoded {
                wrong.append("text of '\(example.text)': '\(text)', not '\(example.decoded ?? "")'")
            }
        }
        #expect(wrong.isEmpty, "\(wrong.count): \(wrong.prefix(4))")
    }
}
