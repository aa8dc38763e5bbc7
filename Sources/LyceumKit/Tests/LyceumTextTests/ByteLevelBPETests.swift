import LyceumKit
import Testing

@testable import LyceumText

@Suite("Byte-level BPE")
struct ByteLevelBPETests {
    let reference: [String: Value]
    let tokenizer: ByteLevelBPETokenizer

    init() throws {
        reference = try Fixture.document("bpe.json")
        tokenizer = try ByteLevelBPETokenizer(folder: try Fixture.path("bart"))
    }

    @Test("ids and texts equal BartTokenizerFast's")
    func equalsReference() throws {
        let cases = Fixture.cases(reference["cases"])
        #expect(cases.count > 150)
        #expect([tokenizer.bosID, tokenizer.padID, tokenizer.eosID, tokenizer.unkID] == [0, 1, 2, 3])
        #expect(try Fixture.differences(tokenizer, cases) == [])
    }

    @Test("vocab.json with merges.txt gives the same, and so does what is saved")
    func otherFiles() throws {
        let source = try Fixture.path("bart")
        let cases = Fixture.cases(reference["cases"])
        let plain = try TemporaryFolder()
        for name in ["vocab.json", "merges.txt"] {
            try plain.write(try Files.read(Files.join(source, name)), name)
        }
        let read = try TokenizerLoader.load(folder: plain.path)
        #expect(try Fixture.differences(read, cases) == [])
        let saved = try TemporaryFolder()
        try tokenizer.save(to: saved.path)
        #expect(try Fixture.differences(try TokenizerLoader.load(folder: saved.path), cases) == [])
        for name in ["vocab.json", "merges.txt"] {
            let path = Files.join(saved.path, name)
            #expect(Files.exists(path), "\(name)")
        }
        Files.removeTree(Files.join(saved.path, "tokenizer.json"))
        #expect(try Fixture.differences(try TokenizerLoader.load(folder: saved.path), cases) == [])
        let fields = try JSONFile(path: Files.join(saved.path, "tokenizer_config.json")).fields
        #expect(fields["tokenizer_class"] == "BartTokenizer" && fields["model_max_length"] == 1024)
    }

    @Test("spaces are cleaned up when the configuration says so, as transformers does")
    func cleansUpSpaces() throws {
        let folder = try TemporaryFolder()
        try tokenizer.save(to: folder.path)
        try folder.write(Array(#"{"clean_up_tokenization_spaces": true}"#.utf8), "tokenizer_config.json")
        let cleaning = try TokenizerLoader.load(folder: folder.path)
        for example in Fixture.cases(reference["cases"]) {
            #expect(try cleaning.decode(example.ids) == example.clean, "\(example.text.prefix(60))")
        }
    }

    @Test("bytes that are not UTF-8 are read as Python's errors=\"replace\" reads them")
    func invalidBytes() throws {
        for example in Fixture.cases(reference["invalid"]) {
            #expect(try tokenizer.encode(bytes: example.bytes ?? [], addEOS: true) == example.ids)
        }
    }

    @Test("every character is a letter, a number or white space where the reference says so")
    func characterClasses() throws {
        var members: [CharacterClass: [UInt32]] = [:]
        for value in UInt32(0)...0x10FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let kind = CharacterClass(of: scalar)
            if kind != .other { members[kind, default: []].append(value) }
        }
        for (name, kind) in [("letters", CharacterClass.letter), ("numbers", .number), ("spaces", .space)] {
            let expected = reference["classes"]?.object?[name]?.object
            #expect(members[kind]?.count == expected?["count"]?.integer, "\(name)")
            #expect(Fixture.hash(members[kind] ?? []) == expected?["hash"]?.string, "\(name)")
        }
    }

    @Test("a long word is merged as the reference merges it, and soon", .timeLimit(.minutes(1)))
    func longWord() throws {
        let expected = try #require(reference["long_word"]?.object)
        var state = 1
        let letters = Array("etaoinshrdlu")
        let word = (0..<(expected["length"]?.integer ?? 0)).map { _ -> Character in
            state = (state * 1_103_515_245 + 12345) % (1 << 31)
            return letters[(state >> 16) % 12]
        }
        let ids = try tokenizer.encode(String(word))
        #expect(ids.count == expected["count"]?.integer)
        #expect(Fixture.hash(ids.map { UInt32($0) }) == expected["hash"]?.string)
        #expect(try tokenizer.decode(ids) == String(word))
    }

    @Test("bytes that a vocabulary lacks are left out, or unknown, apart or in one")
    func gaps() throws {
        let documents = try #require(reference["gaps"]?.list)
        #expect(documents.count == 3)
        for entry in documents {
            let folder = try TemporaryFolder()
            try folder.write(
                Array((entry.object?["document"]?.string ?? "").utf8), TokenizerDocument.fileName)
            let tokenizer = try TokenizerLoader.load(folder: folder.path)
            for example in Fixture.cases(entry.object?["cases"]) {
                #expect(try tokenizer.encode(example.text) == example.ids, "\(example.text)")
            }
        }
    }

    @Test("an id outside the vocabulary is an error that says which", arguments: [-1, 800, Int.max])
    func invalidID(_ id: Int) throws {
        let error = #expect(throws: LyceumError.self) { try tokenizer.decode([5, id]) }
        #expect(error?.description == "token 2 of 2: expected an id from 0 to 799, got \(id)")
    }

    @Test("a batch gives what one by one gives, framed and cut to the length")
    func batch() throws {
        let texts = (0..<8).flatMap { _ in Fixture.cases(reference["cases"]).map(\.text) }
        let batch = try tokenizer.encodeBatch(texts, addEOS: true)
        #expect(batch == (try texts.map { try tokenizer.encode($0, addEOS: true) }))
        let cut = try tokenizer.encodeBatch(texts, addEOS: true, maximumLength: 6)
        #expect(cut.allSatisfy { $0.count <= 6 && $0.first == 0 && $0.last == 2 })
    }
}
