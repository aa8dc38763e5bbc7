import Foundation
import LyceumKit
import Prompting
import Testing

/// What Jinja itself renders; see scripts/fixtures/jinja.py.
@Suite struct JinjaTests {
    private static func lines(_ name: String) throws -> [Value] {
        let url = try #require(
            Bundle.module.url(forResource: name, withExtension: "jsonl", subdirectory: "Fixtures"))
        var values: [Value] = []
        try JSON.decodeLines(try Files.read(url.path), name: name) { _, value in values.append(value) }
        return values
    }

    /// Compares by code points: characters that look the same are not the same text.
    private func compare(
        _ what: String, expected: String?, fails: Bool, _ render: () throws -> String
    ) {
        do {
            let text = try render()
            #expect(
                expected.map { Array($0.utf8) } == Array(text.utf8),
                "\(what) gives \(text), not \(expected ?? "an error")")
        } catch {
            #expect(fails, "\(what): \(error)")
            #expect(error is LyceumError)
        }
    }

    @Test func rendersWhatJinjaRenders() throws {
        let lines = try Self.lines("jinja")
        let values = try #require(lines.first?.object)
        var cases = (prompt: 0, chat: 0)
        for (number, line) in lines.enumerated().dropFirst() {
            let fields = try #require(line.object)
            let source = try #require(fields["template"]?.string)
            let what = "line \(number + 1): \(source)"
            if fields["text"] != nil || fields["fails"] != nil {
                cases.prompt += 1
                compare(what, expected: fields["text"]?.string, fails: fields["fails"] == true) {
                    try Template(source).render(values)
                }
            }
            if fields["chat"] != nil || fields["chat_fails"] != nil {
                cases.chat += 1
                compare(
                    "chat, " + what, expected: fields["chat"]?.string, fails: fields["chat_fails"] == true
                ) {
                    try ChatTemplate(source).render(values)
                }
            }
        }
        #expect(cases.prompt > 1400 && cases.chat > 1400)
    }

    @Test func rendersChatTemplatesOfTheHub() throws {
        let lines = try Self.lines("chat_templates")
        let head = try #require(lines.first?.object)
        let moment = try #require(head["moment"]?.integer)
        let conversations = try #require(head["conversations"]?.object)
        var cases = 0
        for line in lines.dropFirst() {
            let fields = try #require(line.object)
            let name = fields["name"]?.string ?? "?"
            let template = try ChatTemplate(try #require(fields["template"]?.string), name: name)
            for test in fields["cases"]?.list ?? [] {
                cases += 1
                let conversation = test.object?["conversation"]?.string ?? "?"
                let values = conversations[conversation]?.object ?? [:]
                compare(
                    "\(name), \(conversation)", expected: test.object?["text"]?.string,
                    fails: test.object?["fails"] == true
                ) { try template.render(values, moment: moment) }
            }
        }
        #expect(lines.count > 50 && cases > 500)
    }

    /// The names of Jinja 3.1.6 itself (`FILTERS`, `TESTS`): each is known here.
    @Test func everyFilterAndTestIsKnown() throws {
        let filters = """
            abs attr batch capitalize center count d default dictsort e escape filesizeformat first float forceescape \
            format groupby indent int items join last length list lower map max min pprint random reject rejectattr \
            replace reverse round safe select selectattr slice sort string striptags sum title tojson trim truncate \
            unique upper urlencode urlize wordcount wordwrap xmlattr
            """
        for name in filters.split(separator: " ") {
            #expect(try Template("{{ '\(name)' is filter }}").render([:]) == "true", "\(name)")
        }
        let tests = """
            odd even divisibleby defined undefined filter test none boolean false true integer float lower upper string \
            mapping number sequence iterable callable sameas escaped in == eq equalto != ne > gt greaterthan ge >= < lt \
            lessthan <= le
            """
        for name in tests.split(separator: " ") {
            #expect(try Template("{{ '\(name)' is test }}").render([:]) == "true", "\(name)")
        }
    }
}
