import LyceumKit
import Testing

@testable import LyceumText

@Suite("T5's tokenizer.json")
struct UnigramTokenizerTests {
    /// The fixture's folder with another normalizer, pre-tokenizer and decoder.
    private static func folder(_ parts: [String: Value]) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let source = try Fixture.path("t5")
        var document = try JSONFile(path: Files.join(source, TokenizerDocument.fileName)).fields
        document.merge(parts) { $1 }
        try folder.write(Array(JSON.encode(.object(document)).utf8), TokenizerDocument.fileName)
        try folder.write(
            try Files.read(Files.join(source, TokenizerConfiguration.fileName)),
            TokenizerConfiguration.fileName)
        return folder
    }

    @Test("ids and texts equal T5TokenizerFast's", arguments: ["always", "first", "old"])
    func equalsReference(_ form: String) throws {
        let expected = try #require(try Fixture.document("unigram.json")[form]?.object)
        let folder = try Self.folder(try #require(expected["parts"]?.object))
        let tokenizer = try TokenizerLoader.load(folder: folder.path)
        #expect(tokenizer is UnigramTokenizer)
        #expect([tokenizer.padID, tokenizer.eosID, tokenizer.unkID] == [0, 1, 2])
        #expect(tokenizer.vocabularySize == 510)
        let cases = Fixture.cases(expected["cases"])
        #expect(cases.count > 80)
        #expect(try Fixture.differences(tokenizer, cases) == [])
        let saved = try TemporaryFolder()
        try tokenizer.save(to: saved.path)
        #expect(try Fixture.differences(try TokenizerLoader.load(folder: saved.path), cases) == [])
    }

    @Test("what is not supported is named")
    func unsupported() throws {
        for (part, value, expected) in [
            ("normalizer", ["type": "NFKC"] as Value, "normalizer NFKC"),
            ("pre_tokenizer", ["type": "Digits"], "pre_tokenizer Digits"),
            ("decoder", ["type": "Fuse"], "decoder"),
            ("post_processor", ["type": "Odd"], "post_processor Odd"),
            ("model", ["type": "WordSalad", "vocab": [:]], "the model WordSalad"),
            ("model", ["type": "Unigram", "unk_id": 5, "vocab": [["a", -1.5]]], "unk_id is 5"),
            ("model", ["type": "Unigram", "unk_id": 0, "vocab": [["a", -1.5]]], "same id, 0"),
        ] {
            let folder = try Self.folder([part: value])
            let error = #expect(throws: LyceumError.self) { try TokenizerLoader.load(folder: folder.path) }
            #expect(error?.description.contains(expected) == true, "\(String(describing: error))")
        }
    }
}
