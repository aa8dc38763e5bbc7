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

    @Test("a learned tokenizer spells every text and survives saving")
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

    @Test("merges are those of the plain method, also in long words and in runs of one letter")
    func longWords() throws {
        var random = SeededGenerator(seed: 6)
        let words =
            (0..<8).map { _ in
                String(
                    (0..<(1 + random.index(below: 40))).map { _ in
                        Character(["a", "b", "c"][random.index(below: 3)])
                    })
            } + [String(repeating: "a", count: 21)]
        let tokenizer = try ByteLevelBPETokenizer.train(on: words, vocabularySize: 300)
        let learned = tokenizer.content.model.merges.map {
            tokenizer.pieces[Int($0.left)] + " " + tokenizer.pieces[Int($0.right)]
        }
        #expect(learned == Self.plainMerges(words, from: tokenizer, count: learned.count))
        #expect(learned.count > 10)
    }

    /// The textbook's method: count all pairs, merge the most frequent everywhere, begin again.
    private static func plainMerges(
        _ words: [String], from tokenizer: ByteLevelBPETokenizer, count: Int
    ) -> [String] {
        var split = words.map { $0.map(String.init) }
        let ids = Dictionary(uniqueKeysWithValues: tokenizer.pieces.enumerated().map { ($1, $0) })
        return (0..<count).map { _ in
            var counts: [[String]: Int] = [:]
            for word in split {
                for pair in zip(word, word.dropFirst()) { counts[[pair.0, pair.1], default: 0] += 1 }
            }
            let best =
                counts.max { a, b in
                    (a.value, ids[b.key[0]] ?? 0, ids[b.key[1]] ?? 0) < (
                        b.value, ids[a.key[0]] ?? 0, ids[a.key[1]] ?? 0
                    )
                }?.key ?? []
            split = split.map { word in
                var merged: [String] = []
                var place = 0
                while place < word.count {
                    if place + 1 < word.count, word[place] == best[0], word[place + 1] == best[1] {
                        merged.append(best.joined())
                        place += 2
                    } else {
                        merged.append(word[place])
                        place += 1
                    }
                }
                return merged
            }
            return best.joined(separator: " ")
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
