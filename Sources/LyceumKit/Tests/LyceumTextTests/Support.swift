import Foundation
import LyceumKit

@testable import LyceumText

/// What the scripts under scripts/fixtures wrote.
enum Fixture {
    /// What the reference makes of a text.
    struct Case {
        let text: String
        let ids: [Int]
        /// The text of the ids, special tokens left out, and with them.
        let decoded: String?
        let full: String?
        let clean: String?
        /// The input, if it is not text.
        let bytes: [UInt8]?
    }

    static func path(_ name: String) throws -> String {
        guard let url = Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: nil) else {
            throw LyceumError.file(path: name, line: nil, problem: "is not a fixture", remedy: nil)
        }
        return url.path
    }

    static func document(_ name: String) throws -> [String: Value] {
        let path = try path(name)
        return try JSONFile(path: path).fields
    }

    static func cases(_ value: Value?) -> [Case] {
        (value?.list ?? []).compactMap { entry in
            guard let ids = entry.object?["ids"]?.list else { return nil }
            let bytes = entry.object?["bytes"]?.list?.compactMap(\.integer).map {
                UInt8(truncatingIfNeeded: $0)
            }
            return Case(
                text: entry.object?["text"]?.string ?? "", ids: ids.compactMap(\.integer),
                decoded: entry.object?["decoded"]?.string, full: entry.object?["full"]?.string,
                clean: entry.object?["clean"]?.string, bytes: bytes)
        }
    }

    static func texts(_ value: Value?) -> [String] { (value?.list ?? []).compactMap(\.string) }

    /// Where a tokenizer does not do what the reference did: the texts, in short.
    static func differences(_ tokenizer: any Tokenizer, _ cases: [Case]) throws -> [String] {
        try cases.flatMap { example -> [String] in
            var wrong: [String] = []
            let ids = try tokenizer.encode(example.text, addEOS: true)
            if ids != example.ids { wrong.append("ids of '\(example.text.prefix(60))': \(ids.prefix(20))") }
            let decoded = try tokenizer.decode(example.ids, skipSpecialTokens: true)
            if decoded != example.decoded { wrong.append("text of '\(example.text.prefix(60))': \(decoded)") }
            let full = try tokenizer.decode(example.ids, skipSpecialTokens: false)
            if full != example.full { wrong.append("full text of '\(example.text.prefix(60))': \(full)") }
            return wrong
        }
    }

    /// FNV-1a, 64 bits, over small numbers as 32-bit little-endian words.
    static func hash(_ values: some Sequence<UInt32>) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for value in values {
            for shift in stride(from: UInt32(0), to: 32, by: 8) {
                hash = (hash ^ UInt64(value >> shift & 0xFF)) &* 0x100_0000_01B3
            }
        }
        return String(hash)
    }
}

/// A folder that goes away with its owner.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        try Files.makeFolder(path)
    }

    deinit { Files.removeTree(path) }

    /// Writes a file into the folder; nothing waits for the disk.
    func write(_ bytes: [UInt8], _ name: String) throws {
        guard FileManager.default.createFile(atPath: Files.join(path, name), contents: Data(bytes)) else {
            throw LyceumError.file(path: name, line: nil, problem: "cannot be written", remedy: nil)
        }
    }
}
