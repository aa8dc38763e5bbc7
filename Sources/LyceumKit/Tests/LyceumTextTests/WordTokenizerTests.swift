import LyceumKit
import LyceumText
import Testing

@Suite("Word vocabularies") struct WordTokenizerTests {
    private let texts = [
        "The 7-zip archiver (fast), for client/server use; it's small.", "the small the fast the C++ one",
    ]

    private func tokenizer(size: Int = 100, lowercase: Bool = true) throws -> WordTokenizer {
        try WordTokenizer.train(on: texts, vocabularySize: size, lowercase: lowercase)
    }

    @Test("the most frequent words come first, marks at the ends of words are words")
    func vocabulary() throws {
        #expect(
            try Array(tokenizer().pieces.prefix(6)) == ["<pad>", "</s>", "<unk>", "the", "fast", "small"])
        #expect(
            try Set(tokenizer().pieces).isSuperset(of: [
                "7-zip", "client/server", "it's", "c++", "(", ")", ";",
            ]))
        #expect(try tokenizer(lowercase: false).pieces.contains("The"))
        #expect(try tokenizer(size: 5).pieces == ["<pad>", "</s>", "<unk>", "the", "fast"])
    }

    @Test(
        "texts come back as they are printed",
        arguments: [
            "the 7-zip archiver (fast), for client/server use; it's small.",
            "a \"quoted 'word'\" (here) [there]: yes!",
            "", "\u{ab}gu\u{301}n\u{bb} \u{201c}c++\u{201d}\u{2026}",
        ])
    func roundTrip(_ text: String) throws {
        let tokenizer = try WordTokenizer.train(on: [text + " x"], vocabularySize: 1000, lowercase: true)
        #expect(try tokenizer.decode(tokenizer.encode(text, addEOS: true)) == text)
    }

    @Test("words outside the vocabulary have ids in their text, and only in it")
    func copying() throws {
        let tokenizer = try tokenizer(size: 5)
        let source = try tokenizer.encodeSource("the zeta fast ALPHA zeta omega", maximumLength: 6)
        #expect(source.ids == [3, 5, 4, 6, 5, 1])
        #expect(source.words == ["zeta", "alpha"] && source.isCut)
        // What was cut off cannot be copied.
        let target = try tokenizer.encodeTarget("alpha, the omega", words: source.words, maximumLength: 9)
        #expect(target == [6, 2, 3, 2, 1])
        #expect(try tokenizer.encodeTarget("alpha the", words: source.words, maximumLength: 2) == [6, 1])
        #expect(try tokenizer.decode([6, 2, 3, 1], words: source.words) == "alpha the")
        #expect(try tokenizer.encode("zeta fast", addEOS: false) == [2, 4])
        #expect(throws: LyceumError.self) { try tokenizer.decode([7], words: source.words) }
        #expect(throws: LyceumError.self) { try tokenizer.decode([5], skipSpecialTokens: true) }
    }

    @Test("a saved vocabulary is read again, a damaged one refused")
    func saving() throws {
        let folder = try TemporaryFolder()
        let tokenizer = try tokenizer(lowercase: false)
        try tokenizer.save(to: folder.path)
        let loaded = try #require(try TokenizerLoader.load(folder: folder.path) as? WordTokenizer)
        #expect(loaded.pieces == tokenizer.pieces && loaded.lowercase == false)
        let path = Files.join(folder.path, "words.txt")
        for damaged in ["", "<pad>\n", "<pad>\n</s>\n<unk>\na\na\n"] {
            try Files.write(Array(damaged.utf8), to: path)
            let error = #expect(throws: LyceumError.self) { try TokenizerLoader.load(folder: folder.path) }
            #expect(error?.description.contains("words.txt") == true)
        }
        Files.removeTree(Files.join(folder.path, "tokenizer_config.json"))
        try tokenizer.save(to: folder.path)
        try Files.write("{}", to: Files.join(folder.path, "tokenizer_config.json"))
        #expect(throws: LyceumError.self) { try TokenizerLoader.load(folder: folder.path) }
    }

    @Test("texts without words teach nothing")
    func empty() throws {
        #expect(throws: LyceumError.self) {
            try WordTokenizer.train(on: [" ", "\n"], vocabularySize: 10, lowercase: true)
        }
    }
}
