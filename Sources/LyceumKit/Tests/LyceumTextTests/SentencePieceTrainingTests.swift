import LyceumKit
import Testing

@testable import LyceumText

@Suite("Learning a vocabulary")
struct SentencePieceTrainingTests {
    let texts: [String]

    init() throws {
        texts = Fixture.cases(try Fixture.document("sentencepiece.json")["processor"]).map(\.text)
            .filter { $0.unicodeScalars.allSatisfy { $0.value < 0x250 } }
    }

    @Test("a vocabulary has T5's ids, the size asked for, and spells its text")
    func learns() throws {
        let tokenizer = try SentencePieceTokenizer.train(on: texts, vocabularySize: 500, extraIDs: 4)
        #expect(Array(tokenizer.pieces.prefix(3)) == ["<pad>", "</s>", "<unk>"])
        #expect(tokenizer.vocabularySize == 504)
        #expect([tokenizer.padID, tokenizer.eosID, tokenizer.unkID] == [0, 1, 2])
        let text = "This package contains the library."
        #expect(try tokenizer.decode(tokenizer.encode(text)) == text)
        #expect(try tokenizer.encode(text).count < text.utf8.count / 2)
    }

    @Test("equal texts give equal vocabularies; a sample depends on the seed")
    func isDeterministic() throws {
        func model(sentences: Int, seed: Int) throws -> [UInt8] {
            try SentencePieceTokenizer.train(
                on: texts, vocabularySize: 300, limit: .atMost, characterCoverage: 0.98,
                maximumSentences: sentences, seed: seed
            ).bytes
        }
        #expect(try model(sentences: 1000, seed: 1) == model(sentences: 1000, seed: 2))
        #expect(try model(sentences: 40, seed: 1) == model(sentences: 40, seed: 1))
        #expect(try model(sentences: 40, seed: 1) != model(sentences: 40, seed: 2))
    }

    @Test("a vocabulary that the text cannot fill says how large it may be")
    func tooLarge() throws {
        let text = ["the cat sat on the mat", "the dog sat on the log"]
        let error = #expect(throws: LyceumError.self) {
            try SentencePieceTokenizer.train(on: text, vocabularySize: 4000)
        }
        let largest = try SentencePieceTokenizer.train(on: text, vocabularySize: 4000, limit: .atMost)
        #expect(largest.vocabularySize > 10)
        #expect(
            error?.description
                == "vocabulary size: expected at most \(largest.vocabularySize) for this text, got 4000; "
                + "ask for \(largest.vocabularySize) or fewer, or learn from more text")
    }

    @Test("a vocabulary too small for the characters says how small it may be")
    func tooSmall() throws {
        let error = #expect(throws: LyceumError.self) {
            try SentencePieceTokenizer.train(on: ["abcdefghijklmnop"], vocabularySize: 8)
        }
        #expect(error?.description.contains("at least 20") == true, "\(String(describing: error))")
        #expect(throws: LyceumError.self) { try SentencePieceTokenizer.train(on: ["ab"], vocabularySize: 3) }
    }

    @Test(
        "texts without a single character are an error",
        arguments: [[], [""], [" \n\t", "\u{200b}\u{00ad}"]])
    func noText(_ texts: [String]) {
        #expect(throws: LyceumError.self) {
            try SentencePieceTokenizer.train(on: texts, vocabularySize: 100)
        }
    }

    @Test(
        "odd texts do not end the process",
        arguments: [
            "a", "aa", "\u{0}a\u{0}", "▁a▁", "⁇ x", "\u{fffd}1", "a\u{200b}", "<unk></s><pad> b", "٣", "ㅤ a",
        ])
    func oddTexts(_ text: String) throws {
        let tokenizer = try SentencePieceTokenizer.train(
            on: ["", text, "\u{200b}", " ", text], vocabularySize: 100, limit: .atMost)
        #expect(tokenizer.vocabularySize > 3)
    }

    @Test("a line longer than the trainer takes is cut, not skipped")
    func longLine() throws {
        let sentence = "é" + String(repeating: "é", count: SentenceSample.longestSentence)
        let sample = try SentenceSample(of: [sentence, "b\nc"], atMost: 10, seed: 0, job: .silent())
        #expect(sample.count == 5)
        #expect(sample.offsets.last == sentence.utf8.count + 2)
        #expect(String(validating: sample.bytes, as: UTF8.self) != nil)
    }

    @Test("repetitions are cut between words, other lines stay whole")
    func repetitions() throws {
        let repeated = String(repeating: "word ", count: 5000)
        let ordinary = (0..<300).map { "w\($0)" }.joined(separator: " ")
        let sample = try SentenceSample(of: [repeated, ordinary], atMost: 1000, seed: 0, job: .silent())
        let sentences = (0..<sample.count).map { number in
            String(decoding: sample.bytes[sample.offsets[number]..<sample.offsets[number + 1]], as: UTF8.self)
        }
        #expect(sentences.joined() == repeated + ordinary)
        #expect(sentences.dropLast().allSatisfy { $0.utf8.count <= SentenceSample.longestRepetition })
        #expect(sentences.last == ordinary)
        #expect(sentences.dropFirst().dropLast().allSatisfy { $0.hasPrefix(" word") })
    }

    @Test("two trainings at once do not disturb each other")
    func atOnce() throws {
        let texts = texts
        func model(_ size: Int) throws -> [UInt8] {
            try SentencePieceTokenizer.train(on: texts, vocabularySize: size, limit: .atMost).bytes
        }
        let alone = try [model(300), model(400)]
        let together = try Parallel.map([300, 400]) { size in
            try SentencePieceTokenizer.train(on: texts, vocabularySize: size, limit: .atMost).bytes
        }
        #expect(alone == together)
    }

    @Test("a cancelled job learns nothing")
    func cancelled() {
        let job = Job.silent()
        job.cancel()
        #expect(throws: LyceumError.cancelled("")) {
            try SentencePieceTokenizer.train(on: texts, vocabularySize: 100, job: job)
        }
    }
}
