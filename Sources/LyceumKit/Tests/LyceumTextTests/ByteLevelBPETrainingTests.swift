import LyceumKit
import Testing

@testable import LyceumText

@Suite("Learning a byte-level vocabulary")
struct ByteLevelBPETrainingTests {
    let reference: [String: Value]
    let texts: [String]

    init() throws {
        reference = try Fixture.document("bpe.json")
        texts = Fixture.cases(reference["cases"]).map(\.text)
    }

    @Test("the merges are those that tokenizers learns, in whatever order the texts come")
    func equalsReference() throws {
        for texts in [texts, texts.reversed()] {
            let tokenizer = try ByteLevelBPETokenizer.train(on: texts, vocabularySize: 700)
            let merges = tokenizer.content.model.merges.map {
                tokenizer.pieces[Int($0.left)] + " " + tokenizer.pieces[Int($0.right)]
            }
            #expect(merges == Fixture.texts(reference["merges"]))
            #expect(Array(tokenizer.pieces.prefix(6)) == ["<s>", "<pad>", "</s>", "<unk>", "<mask>", "!"])
            #expect(tokenizer.vocabularySize == 700)
        }
    }

    @Test("a learnt tokenizer spells every text and survives saving")
    func roundTrip() throws {
        let tokenizer = try ByteLevelBPETokenizer.train(on: texts, vocabularySize: 500)
        let folder = try TemporaryFolder()
        try tokenizer.save(to: folder.path)
        let read = try TokenizerLoader.load(folder: folder.path)
        #expect(read.pieces == tokenizer.pieces)
        for text in texts where !text.contains("<") {
            let ids = try tokenizer.encode(text, addEOS: true)
            #expect(try tokenizer.decode(ids) == text)
            #expect(try read.encode(text, addEOS: true) == ids)
        }
    }

    @Test("few words give a small vocabulary; a pair must occur often enough")
    func smallVocabulary() throws {
        let tokenizer = try ByteLevelBPETokenizer.train(on: ["ab ab abc"], vocabularySize: 400)
        #expect(Array(tokenizer.pieces.dropFirst(261)) == ["ab", "Ġab"])
        let rare = try ByteLevelBPETokenizer.train(
            on: ["ab ab abc"], vocabularySize: 400, minimumFrequency: 4)
        #expect(rare.vocabularySize == 261)
    }

    @Test("a size, a frequency or texts that do not do are errors")
    func badInput() {
        #expect(throws: LyceumError.self) { try ByteLevelBPETokenizer.train(on: ["a"], vocabularySize: 260) }
        #expect(throws: LyceumError.self) {
            try ByteLevelBPETokenizer.train(on: ["a"], vocabularySize: 2_000_000)
        }
        #expect(throws: LyceumError.self) {
            try ByteLevelBPETokenizer.train(on: ["a"], vocabularySize: 300, minimumFrequency: 0)
        }
        #expect(throws: LyceumError.self) {
            try ByteLevelBPETokenizer.train(on: ["", ""], vocabularySize: 300)
        }
        let job = Job.silent()
        job.cancel()
        #expect(throws: LyceumError.cancelled("")) {
            try ByteLevelBPETokenizer.train(on: texts, vocabularySize: 300, job: job)
        }
    }
}
