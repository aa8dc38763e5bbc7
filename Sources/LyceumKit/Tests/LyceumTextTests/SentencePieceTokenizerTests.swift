import LyceumKit
import Testing

@testable import LyceumText

@Suite("SentencePiece tokenizer")
struct SentencePieceTokenizerTests {
    static func tokenizer(extraIDs: Int = 0, isLegacy: Bool = true) throws -> SentencePieceTokenizer {
        let path = try Fixture.path("spiece.model")
        return try SentencePieceTokenizer(
            bytes: try Files.read(path), name: path, extraIDs: extraIDs, isLegacy: isLegacy)
    }

    let reference: [String: Value]
    let tokenizer: SentencePieceTokenizer

    init() throws {
        reference = try Fixture.document("sentencepiece.json")
        tokenizer = try Self.tokenizer()
    }

    @Test("pieces and special ids are the model's")
    func vocabulary() {
        #expect(tokenizer.pieces == Fixture.texts(reference["pieces"]))
        #expect(tokenizer.vocabularySize == 1000)
        #expect([tokenizer.padID, tokenizer.eosID, tokenizer.unkID] == [0, 1, 2])
    }

    @Test("ids of a model without special tokens equal sentencepiece's")
    func equalsProcessor() throws {
        let cases = Fixture.cases(reference["processor"])
        #expect(cases.count > 100)
        for example in cases {
            #expect(try tokenizer.model.encode(example.text) == example.ids, "\(example.text.prefix(60))")
        }
    }

    @Test("ids and texts equal T5Tokenizer's, legacy or not", arguments: [true, false])
    func equalsReference(isLegacy: Bool) throws {
        let cases = Fixture.cases(reference[isLegacy ? "legacy" : "written"])
        #expect(cases.count > 100)
        let tokenizer = try Self.tokenizer(extraIDs: 100, isLegacy: isLegacy)
        #expect(tokenizer.pieces[1099] == "<extra_id_0>")
        #expect(try Fixture.differences(tokenizer, cases) == [])
    }

    @Test("bytes that are not UTF-8 are read as Python's errors=\"replace\" reads them")
    func invalidBytes() throws {
        let tokenizer = try Self.tokenizer(extraIDs: 100, isLegacy: false)
        let cases = Fixture.cases(reference["invalid"])
        #expect(cases.count == 8)
        for example in cases {
            #expect(try tokenizer.encode(bytes: example.bytes ?? [], addEOS: true) == example.ids)
        }
    }

    @Test("the end is added when asked for, also to an empty text, but not twice")
    func end() throws {
        #expect(try tokenizer.encode("", addEOS: true) == [1])
        #expect(try tokenizer.encode("the", addEOS: true) == tokenizer.encode("the") + [1])
        #expect(try tokenizer.encode("the</s>", addEOS: true) == tokenizer.encode("the") + [1])
    }

    @Test("special pieces are left out of a text, or named")
    func specialPieces() throws {
        let ids = [0] + (try tokenizer.encode("the library")) + [2, 1, 0]
        #expect(try tokenizer.decode(ids) == "the library")
        #expect(try tokenizer.decode(ids, skipSpecialTokens: false) == "<pad> the library<unk></s><pad>")
        #expect(try tokenizer.decode([]) == "")
    }

    @Test("an id outside the vocabulary is an error that says which", arguments: [-1, 1000, Int.max])
    func invalidID(_ id: Int) throws {
        let error = #expect(throws: LyceumError.self) { try tokenizer.decode([5, id]) }
        #expect(error?.description == "token 2 of 2: expected an id from 0 to 999, got \(id)")
    }

    @Test("a batch gives what one by one gives, cut to the length with the end kept")
    func batch() throws {
        let texts = (0..<10).flatMap { _ in Fixture.cases(reference["processor"]).map(\.text) }
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

    @Test("a file that is not a model, cut short, or missing is an error that names it")
    func badFiles() throws {
        let bytes = tokenizer.bytes
        for broken in [[], Array("no model".utf8), Array(bytes.prefix(bytes.count / 2))] {
            let error = #expect(throws: LyceumError.self) {
                try SentencePieceTokenizer(bytes: broken, name: "x.model")
            }
            #expect(error?.description.hasPrefix("x.model: is") == true, "\(String(describing: error))")
        }
        #expect(throws: LyceumError.self) { try SentencePieceTokenizer(path: "/nowhere/spiece.model") }
    }

    @Test("a saved tokenizer reads back equal, and says what it is", arguments: [true, false])
    func saving(isLegacy: Bool) throws {
        let folder = try TemporaryFolder()
        try Self.tokenizer(extraIDs: 100, isLegacy: isLegacy).save(to: folder.path)
        let read = try SentencePieceTokenizer(path: folder.path)
        #expect(read.bytes == tokenizer.bytes)
        #expect(read.extraIDs == 100 && read.isLegacy == isLegacy)
        let fields = try JSONFile(path: Files.join(folder.path, "tokenizer_config.json")).fields
        #expect(fields["tokenizer_class"] == "T5Tokenizer")
        #expect(fields["additional_special_tokens"]?.list?.count == 100)
    }
}
