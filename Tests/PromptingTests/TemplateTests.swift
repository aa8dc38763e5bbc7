import LyceumKit
import Prompting
import Testing

@Suite struct TemplateTests {
    // What Jinja 3.1 renders for the same template and values.
    @Test(arguments: [
        ("plain", "plain"), ("", ""), ("{{ name }}", "Ada"), ("{{name}}!", "Ada!"),
        ("'{{ name }}' {{ name }}", "'Ada' Ada"),
        ("{{ a.b }}-{{ a.c.d }}", "1-x"), ("a{# gone #}b", "ab"), ("a {#- gone -#}\n b", "ab"),
        ("a \n{{- name -}}\n b", "aAdab"), ("line\n", "line"), ("line\n\n", "line\n"),
        ("{ name } }} { {", "{ name } }} { {"),
        ("{{ n }} {{ x }}", "3 0.5"), ("{{\n  name\n}}", "Ada"), ("{{ größe }}", "1.9"),
        ("é{{ name }}漢", "éAda漢"),
    ])
    func rendersAsJinjaDoes(source: String, expected: String) throws {
        let values: [String: Value] = [
            "name": "Ada", "a": ["b": 1, "c": ["d": "x"]], "n": 3, "x": 0.5, "größe": 1.9,
        ]
        #expect(try Template(source).render(values) == expected)
    }

    @Test func valuesAreNeverEvaluated() throws {
        let text = "{{ name }} {% if %} {# c #} {{"
        #expect(try Template("<{{ t }}>").render(["t": .string(text), "name": "no"]) == "<\(text)>")
    }

    @Test func otherValuesAreText() throws {
        #expect(
            try Template("{{ b }} {{ l }} {{ t }}").render(["b": true, "l": [1, "é"], "t": ["k": .null]])
                == #"true [1,"é"] {"k":null}"#)
    }

    @Test(arguments: [
        ("a\n{{ name", "prompt:2: '{{' is never closed; close it with '}}'"),
        ("{# x", "prompt:1: '{#' is never closed; close it with '#}'"),
        ("a\r\n\n{% if x %}b", "prompt:3: not yet: statements such as '{% if %}'; use variables: {{ name }}"),
        ("{{ name | upper }}", "prompt:1: not yet: filters, as in '{{ name | upper }}'"),
        ("{{ }}", "prompt:1: '{{ }}' names no variable"),
        ("{{ a['b'] }}", "prompt:1: not yet: expressions such as '{{ a['b'] }}'"),
        ("{{ 'text' }}", "not yet: expressions"), ("{{ a..b }}", "not yet: expressions"),
        ("{{ 1a }}", "not yet: expressions"), ("{{ a b }}", "not yet: expressions"),
        ("{{ .a }}", "not yet: expressions"),
    ])
    func refusesWithTheLine(source: String, problem: String) throws {
        let error = try #require(throws: LyceumError.self) { try Template(source) }
        #expect(error.description.contains(problem), "\(error)")
    }

    @Test(arguments: [
        ("a\n{{ artcle }}", "prompt:2: no value for variable 'artcle'; did you mean 'article'?"),
        ("{{ zzzzz }}", "prompt:1: no value for variable 'zzzzz'; there are article, meta, null"),
        ("{{ meta.titel }}", "prompt:1: no value for variable 'meta.titel'; did you mean 'meta.title'?"),
        ("{{ article.x }}", "prompt:1: 'article.x': 'article' is a string and has no fields"),
        ("{{ null }}", "prompt:1: variable 'null' is nil in this record; drop such records"),
    ])
    func namesWhatIsMissing(source: String, problem: String) throws {
        let values: [String: Value] = ["article": "x", "meta": ["title": "t"], "null": .null]
        let template = try Template(source)
        for run in [{ _ = try template.render(values) }, { _ = try template.fields(of: values) }] {
            let error = try #require(throws: LyceumError.self, performing: run)
            #expect(error.description.hasPrefix(problem), "\(error)")
        }
    }
}
