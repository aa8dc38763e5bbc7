import Foundation
import LyceumKit
import Testing

@testable import LyceumText

@Suite("WordPiece does what BertTokenizerFast does")
struct WordPieceTokenizerTests {
    private static func variants() throws -> [String: Value] {
        try #require(Fixture.document("wordpiece.json")["variants"]?.object)
    }

    private static func ids(_ value: Value?) -> [[Int]] {
        (value?.list ?? []).map { ($0.list ?? []).compactMap(\.integer) }
    }

    /// A folder with vocab.txt and options, without tokenizer.json.
    private static func tokenizer(_ options: [String: Value]) throws -> WordPieceTokenizer {
        let folder = try TemporaryFolder()
        try folder.write(try Files.read(try Fixture.path("bert/vocab.txt")), "vocab.txt")
        try folder.write(Array(JSON.encode(.object(options)).utf8), "tokenizer_config.json")
        return try #require(try TokenizerLoader.load(folder: folder.path) as? WordPieceTokenizer)
    }

    @Test(arguments: ["uncased", "cased", "accented", "stripped", "unsplit"])
    func ids(_ name: String) throws {
        let variant = try #require(Self.variants()[name]?.object)
        let texts = Fixture.texts(try Fixture.document("wordpiece.json")["inputs"])
        let expected = Self.ids(variant["ids"])
        #expect(texts.count == expected.count && texts.count > 200)
        let tokenizer = try Self.tokenizer(try #require(variant["options"]?.object))
        for (text, ids) in zip(texts, expected) {
            let own = try tokenizer.encode(text, addEOS: true)
            #expect(own == ids, "\(text.debugDescription)")
        }
        #expect(try tokenizer.encodeBatch(texts, addEOS: true) == expected)
        // The same vocabulary out of tokenizer.json; the option is in the file next to it.
        if name == "uncased" {
            let fast = try WordPieceTokenizer(folder: Fixture.path("bert"))
            #expect(fast.pieces.elementsEqual(tokenizer.pieces) { Array($0.utf8) == Array($1.utf8) })
            #expect(try fast.encodeBatch(texts, addEOS: true) == expected)
        }
    }

    @Test func texts() throws {
        let document = try Fixture.document("wordpiece.json")
        let rows = Self.ids(try Self.variants()["uncased"]?.object?["ids"])
        let decoded = try #require(document["decoded"]?.list)
        #expect(decoded.count == 90)
        let plain = try Self.tokenizer(["clean_up_tokenization_spaces": false])
        let clean = try Self.tokenizer(["clean_up_tokenization_spaces": true])
        for (row, texts) in zip(rows, decoded.map { Fixture.texts($0) }) {
            let own = try [
                clean.decode(row, skipSpecialTokens: true), plain.decode(row, skipSpecialTokens: true),
                clean.decode(row, skipSpecialTokens: false), plain.decode(row, skipSpecialTokens: false),
            ]
            #expect(own == texts)
        }
    }

    @Test func bytesThatAreNoText() throws {
        let tokenizer = try WordPieceTokenizer(folder: Fixture.path("bert"))
        let cases = Fixture.cases(try Fixture.document("wordpiece.json")["invalid"])
        #expect(cases.count == 8)
        for example in cases {
            #expect(try tokenizer.encode(bytes: #require(example.bytes), addEOS: true) == example.ids)
        }
    }

    @Test func charactersAreClassedAsInTheReference() throws {
        let classes = try #require(try Fixture.document("wordpiece.json")["classes"]?.object)
        let kinds: [(String, BertCharacter)] = [
            ("removed", .removed), ("chinese", .chinese), ("mark", .mark), ("punctuation", .punctuation),
            ("space", .space),
        ]
        var found = [[UInt32]](repeating: [], count: kinds.count)
        for value in UInt32(0)..<0x110000 {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let character = BertCharacter.of(scalar)
            if character.isEmpty { continue }
            for (place, kind) in kinds.enumerated() where character.contains(kind.1) {
                found[place].append(value)
            }
        }
        for ((name, _), members) in zip(kinds, found) {
            let expected = try #require(classes[name]?.object)
            #expect(members.count == expected["count"]?.integer, "\(name)")
            #expect(Fixture.hash(members) == expected["hash"]?.string, "\(name)")
        }
    }

    @Test func savedFoldersGiveTheSameTokenizer() throws {
        let options: [String: Value] = [
            "do_lower_case": false, "strip_accents": true, "model_max_length": 77,
        ]
        let tokenizer = try Self.tokenizer(options)
        let texts = Fixture.texts(try Fixture.document("wordpiece.json")["inputs"])
        let expected = try tokenizer.encodeBatch(texts, addEOS: true)
        let folder = try TemporaryFolder()
        try tokenizer.save(to: folder.path)
        let again = try #require(try TokenizerLoader.load(folder: folder.path) as? WordPieceTokenizer)
        #expect(try again.encodeBatch(texts, addEOS: true) == expected)
        // vocab.txt alone says the same.
        Files.removeTree(Files.join(folder.path, "tokenizer.json"))
        #expect(try WordPieceTokenizer(folder: folder.path).encodeBatch(texts, addEOS: true) == expected)
        let fields = try JSONFile(path: Files.join(folder.path, "tokenizer_config.json")).fields
        #expect(fields["model_max_length"] == 77 && fields["tokenizer_class"] == "BertTokenizer")
    }

    @Test func vocabulariesThatDoNotFit() throws {
        func error(_ files: [String: String]) throws -> String {
            let folder = try TemporaryFolder()
            for (name, text) in files { try folder.write(Array(text.utf8), name) }
            return try #require(
                #expect(throws: LyceumError.self) { try TokenizerLoader.load(folder: folder.path) }
            ).description
        }
        #expect(try error(["vocab.txt": "a\nb\n"]).contains("no '[UNK]'"))
        #expect(try error(["vocab.txt": "[UNK]\na\n"]).contains("no '[CLS]'"))
        #expect(try error(["vocab.txt": ""]).contains("no '[UNK]'"))
        let whole = String(decoding: try Files.read(try Fixture.path("bert/tokenizer.json")), as: UTF8.self)
        #expect(
            try error([
                "tokenizer.json": whole.replacingOccurrences(of: "BertPreTokenizer", with: "Whitespace")
            ])
            .contains("pre_tokenizer Whitespace is not supported"))
        #expect(
            try error([
                "tokenizer.json": whole.replacingOccurrences(of: "\"[UNK]\": 1,", with: "\"[UNK]\": 1000000,")
            ])
            .contains("expected ids below"))
    }
}
