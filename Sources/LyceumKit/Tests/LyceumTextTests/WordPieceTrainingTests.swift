import LyceumKit
import Testing

@testable import LyceumText

@Suite("WordPiece vocabularies are learned")
struct WordPieceTrainingTests {
    private static func texts() throws -> [String] {
        Array(Fixture.texts(try Fixture.document("wordpiece.json")["inputs"]).suffix(30))
    }

    @Test func whatWasReadCanBeSpelt() throws {
        let texts = try Self.texts()
        let tokenizer = try WordPieceTokenizer.train(on: texts, vocabularySize: 600)
        #expect(tokenizer.vocabularySize == 600)
        #expect(Array(tokenizer.pieces.prefix(5)) == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
        #expect(Set(tokenizer.pieces).count == 600)
        var count = 0
        for text in texts {
            let ids = try tokenizer.encode(text, addEOS: true)
            #expect(ids.first == 2 && ids.last == 3 && !ids.contains(tokenizer.unkID))
            count += ids.count
            // Letters are small, spaces stand between words and marks: otherwise the text is there again.
            let own = try tokenizer.decode(ids).filter { !$0.isWhitespace }
            #expect(own == text.lowercased().filter { !$0.isWhitespace })
        }
        // A larger vocabulary spells the same in fewer pieces.
        let larger = try WordPieceTokenizer.train(on: texts, vocabularySize: 1200)
        #expect(try texts.reduce(0) { try $0 + larger.encode($1, addEOS: true).count } < count)
    }

    @Test func theOrderOfTheTextsDoesNotMatter() throws {
        let texts = try Self.texts()
        let tokenizer = try WordPieceTokenizer.train(on: texts, vocabularySize: 500)
        #expect(
            try WordPieceTokenizer.train(on: texts.reversed(), vocabularySize: 500).pieces == tokenizer.pieces
        )
    }

    @Test func badInput() throws {
        func error(_ texts: [String], _ size: Int = 500, job: Job = .silent()) throws -> String {
            try #require(
                #expect(throws: LyceumError.self) {
                    try WordPieceTokenizer.train(on: texts, vocabularySize: size, job: job)
                }
            ).description
        }
        #expect(try error([]).contains("is empty"))
        #expect(try error(["", " \n\u{0}"]).contains("is empty"))
        #expect(try error(["abc"], 7).contains("8 (the special tokens and the texts' characters)"))
        #expect(try error(["abc"], 2_000_000).contains("1000000"))
        let job = Job.silent()
        job.cancel()
        #expect(try error(["abc"], job: job).contains("interrupted"))
        // Fewer words than pieces.
        #expect(try WordPieceTokenizer.train(on: ["abc"], vocabularySize: 500).vocabularySize == 8)
        // Words without end, and characters without number.
        let odd = [
            String(repeating: "x", count: 1_000_000),
            String((0x4E00..<0x5600).compactMap { Unicode.Scalar($0) }.map(Character.init)),
        ]
        let tokenizer = try WordPieceTokenizer.train(on: odd + ["abc abc"], vocabularySize: 5000)
        #expect(tokenizer.vocabularySize < 1100)
        #expect(try tokenizer.encode(odd[0], addEOS: false) == [tokenizer.unkID])
    }
}
