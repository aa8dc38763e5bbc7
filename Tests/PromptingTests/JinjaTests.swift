import Foundation
import LyceumKit
import Prompting
import Testing

/// What Jinja itself renders; see scripts/fixtures/jinja.py.
@Suite struct JinjaTests {
    @Test func rendersWhatJinjaRenders() throws {
        let url = try #require(
            Bundle.module.url(forResource: "jinja", withExtension: "jsonl", subdirectory: "Fixtures"))
        var values: [String: Value] = [:]
        var cases = 0
        try JSON.decodeLines(try Files.read(url.path), name: "jinja.jsonl") { line, value in
            let fields = try #require(value.object)
            guard line > 1 else { return values = fields }
            cases += 1
            let source = try #require(fields["template"]?.string)
            let rendered = Result { try Template(source).render(values) }
            switch rendered {
            case .success(let text):
                // Characters that look the same are not the same text.
                #expect(
                    fields["text"]?.string.map { Array($0.utf8) } == Array(text.utf8),
                    "line \(line): \(source) gives \(text), not \(fields["text"]?.string ?? "an error")")
            case .failure(let error):
                #expect(fields["fails"] == true, "line \(line): \(source): \(error)")
                #expect(error is LyceumError)
            }
        }
        #expect(cases > 1000)
    }
}
