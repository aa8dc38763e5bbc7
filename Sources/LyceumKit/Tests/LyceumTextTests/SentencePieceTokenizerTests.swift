import LyceumKit
import Testing

@testable import LyceumText

@Suite("SentencePiece tokenizer")
struct SentencePieceTokenizerTests {
    let reference: ReferenceTexts
    let tokenizer: SentencePieceTokenizer

    init() throws {
        reference = try ReferenceTexts()
        tokenizer = try ReferenceTexts.tokenizer()
    }

    @Test("pieces and special ids are the model's")
    func vocabulary() {
        #expect(tokenizer.pieces == reference.pieces)
        #expect(tokenizer.vocabularySize == 1000)
        #expect([tokenizer.padID, tokenizer.eosID, tokenizer.unkID] == [0, 1, 2])
    }

    @Test("ids and texts equal the reference library's")
    func equalsReference() throws {
        #expect(reference.cases.count > 80)
        for example in reference.cases {
            #expect(try tokenizer.encode(example.text) == example.ids, "\(example.text.prefix(60))")
            #expect(try tokenizer.model.decode(example.ids) == example.decoded)
            if !example.ids.contains(tokenizer.unkID) {
                #expect(try tokenizer.decode(example.ids) == example.decoded)
            }
        }
    }

    @Test("sentinels equal those of Hugging Face's T5Tokenizer")
    func sentinels() throws {
        let tokenizer = try ReferenceTexts.tokenizer(extraIDs: 100)
        #expect(tokenizer.vocabularySize == 1100)
        #expect(tokenizer.pieces[1099] == "<extra_id_0>")
        #expect(reference.sentinels.count == 8)
        for example in reference.sentinels {
            #expect(try tokenizer.encode(example.text) == example.ids, "\(example.text)")
        }
    }

    @Test("the end is added when asked for, also to an empty text")
    func end() throws {
        #expect(try tokenizer.encode("", addEOS: true) == [1])
        #expect(try tokenizer.encode("the", addEOS: true) == tokenizer.encode("the") + [1])
    }

    @Test("special pieces are left out of a text, or named")
    func specialPieces() throws {
        let ids = [0] + (try tokenizer.encode("the library")) + [2, 1, 0]
        #expect(try tokenizer.decode(ids) == "the library")
        #expect(
            try tokenizer.decode(ids, skipSpecialTokens: false) == "<pad>the library<unk></s><pad>")
        #expect(try tokenizer.decode([]) == "")
    }

    @Test("an id outside the vocabulary is an error that says which", arguments: [-1, 1000, Int.max])
    func invalidID(_ id: Int) throws {
        let error = #expect(throws: LyceumError.self) { try tokenizer.decode([5, id]) }
        #expect(error?.description == "token 2 of 2: expected an id from 0 to 999, got \(id)")
    }

    @Test("a batch gives what one by one gives, cut to the length with the end kept")
    func batch() throws {
        let texts = (0..<40).flatMap { _ in reference.cases.map(\.text) }
        let batch = try tokenizer.encodeBatch(texts, addEOS: true)
        #expect(batch == (try texts.map { try tokenizer.encode($0, addEOS: true) }))
        let cut = try tokenizer.encodeBatch(texts, addEOS: true, maximumLength: 8)
        #expect(cut.allSatisfy { $0.count <= 8 && $0.last == 1 })
        #expect(zip(cut, batch).allSatisfy { $0.dropLast() == $1.dropLast().prefix(7) })
        #expect(throws: LyceumError.self) {
            try tokenizer.encodeBatch(["a"], addEOS: true, maximumLength: 0)
        }
    }

    @Test("a cancelled batch stops")
    func cancelledBatch() {
        let job = Job.silent()
        job.cancel()
        #expect(throws: LyceumError.cancelled("")) {
            try tokenizer.encodeBatch(["a", "b"], addEOS: false, job: job)
        }
    }

    @Test("a file that is no model, cut short, or missing is an error that names it")
    func badFiles() throws {
        let bytes = tokenizer.bytes
        for broken in [[], Array("no model".utf8), Array(bytes.prefix(bytes.count / 2))] {
            let error = #expect(throws: LyceumError.self) {
                try SentencePieceTokenizer(bytes: broken, name: "x.model")
            }
            #expect(error?.description.hasPrefix("x.model: is no SentencePiece model") == true)
        }
        #expect(throws: LyceumError.self) { try SentencePieceTokenizer(path: "/nowhere/spiece.model") }
    }

    @Test("a saved tokenizer reads back equal, and says what it is")
    func saving() throws {
        let folder = try TemporaryFolder()
        try ReferenceTexts.tokenizer(extraIDs: 100).save(to: folder.path)
        let read = try SentencePieceTokenizer(path: folder.path, extraIDs: 100)
        #expect(read.bytes == tokenizer.bytes)
        let path = Files.join(folder.path, "tokenizer_config.json")
        let configuration = try JSON.decode(try Files.read(path), name: path)
        #expect(configuration.object?["tokenizer_class"] == "T5Tokenizer")
        #expect(configuration.object?["extra_ids"] == 100)
    }
}
