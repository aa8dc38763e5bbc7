import Foundation
import LyceumKit

@testable import LyceumText

/// What scripts/fixtures/spiece.py wrote.
struct ReferenceTexts {
    struct Case {
        let text: String
        let ids: [Int]
        let decoded: String?
    }

    let pieces: [String]
    let cases: [Case]
    let sentinels: [Case]

    static func path(_ name: String) throws -> String {
        guard let url = Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: nil) else {
            throw LyceumError.file(path: name, line: nil, problem: "is no fixture", remedy: nil)
        }
        return url.path
    }

    init() throws {
        let path = try Self.path("sentencepiece.json")
        let document = try JSON.decode(try Files.read(path), name: path)
        func cases(_ name: String) -> [Case] {
            (document.object?[name]?.list ?? []).compactMap { entry in
                guard let text = entry.object?["text"]?.string, let ids = entry.object?["ids"]?.list else {
                    return nil
                }
                return Case(
                    text: text, ids: ids.compactMap(\.integer), decoded: entry.object?["decoded"]?.string)
            }
        }
        pieces = (document.object?["pieces"]?.list ?? []).compactMap(\.string)
        self.cases = cases("cases")
        sentinels = cases("sentinels")
    }

    static func tokenizer(extraIDs: Int = 0) throws -> SentencePieceTokenizer {
        try SentencePieceTokenizer(path: try path("spiece.model"), extraIDs: extraIDs)
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
}
