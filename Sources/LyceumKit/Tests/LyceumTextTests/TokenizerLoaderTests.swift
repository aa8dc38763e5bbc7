import LyceumKit
import Testing

@testable import LyceumText

@Suite("Finding a folder's tokenizer")
struct TokenizerLoaderTests {
    @Test("spiece.model comes first; sentinels are what the model has room for, unless they are asked for")
    func sentencePiece() throws {
        let folder = try TemporaryFolder()
        try folder.write(try Files.read(try Fixture.path("small.model")), "spiece.model")
        try folder.write(Array("broken".utf8), "tokenizer.json")
        #expect(try TokenizerLoader.load(folder: folder.path).vocabularySize == 600)
        #expect(try TokenizerLoader.load(folder: folder.path, vocabularySize: 512).vocabularySize == 512)
        #expect(try TokenizerLoader.load(folder: folder.path, vocabularySize: 500).vocabularySize == 500)
        try folder.write(Array(#"{"vocab_size": 540}"#.utf8), "config.json")
        #expect(try TokenizerLoader.load(folder: folder.path).vocabularySize == 540)
        try folder.write(Array(#"{"extra_ids": 100, "legacy": false}"#.utf8), "tokenizer_config.json")
        #expect(try TokenizerLoader.load(folder: folder.path).vocabularySize == 600)
    }

    @Test("a folder without a tokenizer says what it needs")
    func nothing() throws {
        let folder = try TemporaryFolder()
        let error = #expect(throws: LyceumError.self) { try TokenizerLoader.load(folder: folder.path) }
        #expect(
            error?.description
                == "\(folder.path): holds no tokenizer; it needs spiece.model, tokenizer.json, vocab.json with "
                + "merges.txt, vocab.txt or words.txt")
    }

    @Test("merges that do not belong to the vocabulary are named with their line")
    func foreignMerges() throws {
        let folder = try TemporaryFolder()
        try folder.write(Array(#"{"<s>":0,"<pad>":1,"</s>":2,"<unk>":3,"a":4,"b":5}"#.utf8), "vocab.json")
        for (merges, expected) in [
            ("#version: 0.2\na b\n", "merges.txt:2: the piece 'ab' is not in the vocabulary"),
            ("a\n", "merges.txt:1: expected two pieces, found 1: 'a'"),
            ("x a\n", "merges.txt:1: the piece 'x' is not in the vocabulary"),
        ] {
            try folder.write(Array(merges.utf8), "merges.txt")
            let error = #expect(throws: LyceumError.self) { try TokenizerLoader.load(folder: folder.path) }
            #expect(error?.description.contains(expected) == true, "\(String(describing: error))")
        }
    }

    @Test(
        "ids that cannot be are errors",
        arguments: [
            #"{"a":-1}"#, #"{"a":0,"b":0}"#, #"{"a":1e30}"#, #"{"a":9223372036854775807}"#, #"{"a":"0"}"#,
            #"{"a":1000000}"#, "[]", "",
        ])
    func badIDs(_ vocabulary: String) throws {
        let folder = try TemporaryFolder()
        try folder.write(Array(vocabulary.utf8), "vocab.json")
        try folder.write([], "merges.txt")
        let error = #expect(throws: LyceumError.self) { try TokenizerLoader.load(folder: folder.path) }
        #expect(error?.description.contains("vocab.json") == true, "\(String(describing: error))")
    }
}
