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
        ("a\r\n\n{% if x %}b", "prompt:3: '{% if %}' is never closed; close it with '{% endif %}'"),
        ("{% raw %}{{ x }}", "prompt:1: '{% raw %}' is never closed; close it with '{% endraw %}'"),
        ("{{ }}", "prompt:1: '{{ }}' names no variable; write {{ name }}"),
        ("{{ name | uper }}", "prompt:1: unknown filter 'uper'; did you mean 'upper'?"),
        ("{{ name is defind }}", "prompt:1: unknown test 'defind'; did you mean 'defined'?"),
        ("\n{% fro a in b %}", "prompt:2: unknown statement 'fro'; did you mean 'for'?"),
        ("{% include 'x' %}", "prompt:1: '{% include %}' is not for prompts: a template is one text"),
        (
            "{% if x %}\n{% endfor %}",
            "prompt:2: '{% endfor %}' closes nothing here; '{% if %}' of line 1 is open"
        ),
        ("{{ name | truncate(lenght=3) }}", "truncate: no argument 'lenght'; did you mean 'length'?"),
        ("{{ name | upper(1) }}", "prompt:1: upper: takes no values"),
        ("{{ a..b }}", "prompt:1: expected a name after '.', got '.'"), ("{{ a b }}", "expected the end of"),
        ("{{ 'x }}", "prompt:1: a string is never closed; close it with '"),
        ("{{ $x }}", "prompt:1: '$' means nothing in an expression; write {{ name }}"),
        ("{{ 99999999999999999999 }}", "prompt:1: the number 99999999999999999999 is too large"),
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
        let error = try #require(throws: LyceumError.self) { try template.render(values) }
        #expect(error.description.hasPrefix(problem), "\(error)")
    }

    @Test(arguments: [
        ("\n{{ article | round }}", "prompt:2: round: expected a number, got a string"),
        ("{{ article + 1 }}", "prompt:1: '+' does not fit a string and a number; texts are joined with ~"),
        ("{{ 1 // 0 }}", "prompt:1: division by zero"),
        ("{{ 9223372036854775807 + 1 }}", "prompt:1: the result is too large a number"),
        ("{{ 10 ** 19 }}", "prompt:1: the result is too large a number"),
        ("{% for x in null %}{% endfor %}", "prompt:1: {% for %} needs a list, got nil"),
        ("{% for k, v in meta %}{% endfor %}", "prompt:1: '{% for k, v %}' needs lists of 2, got a string"),
        ("{{ article.nope() }}", "prompt:1: a string has no method 'nope'"),
        ("{{ null | upper }}", "prompt:1: upper: the value is nil; give it one before"),
    ])
    func namesWhatDoesNotFit(source: String, problem: String) throws {
        let values: [String: Value] = ["article": "x", "meta": ["title": "t"], "null": .null]
        let error = try #require(throws: LyceumError.self) { try Template(source).render(values) }
        #expect(error.description.hasPrefix(problem), "\(error)")
    }

    @Test func nilCountsAsMissing() throws {
        let template = try Template("{{ a | default('-') }}{{ b is defined }}{{ c | d('+') }}{{ a is none }}")
        #expect(try template.render(["a": .null, "b": .null]) == "-false+true")
    }

    @Test func variablesAreThoseOfTheRecord() throws {
        let template = try Template(
            """
            {% set x = first.name %}{% for p in people if p.age > limit %}{{ p.name }}{{ loop.index }}{{ x }}
            {% else %}{{ nobody | default("no") }}{% endfor %}{{ range(n) | join }}{{ meta.items() | length }}
            {% if extra is defined %}{{ extra }}{% endif %}
            """)
        #expect(
            template.variables.map(\.name)
                == ["first.name", "people", "limit", "nobody", "n", "meta", "extra", "extra"])
        #expect(template.variables.map(\.line) == [1, 1, 1, 2, 2, 2, 3, 3])
        #expect(template.optional == ["nobody", "extra"])
        #expect(
            template.fields(of: ["n": 3, "first": ["name": "A"], "limit": .null]) == [
                "n": "3", "first.name": "A",
            ])
    }

    /// Each of these would take for ever, all memory or the whole stack.
    @Test(arguments: [
        "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
        "{{ range(1000000000) }}", "{{ 'x' * 1000000000 }}", "{{ [1] * 1000000000 }}",
        "{% set n = namespace(s='xxxxxxxxxx') %}{% for i in range(60) %}{% set n.s = n.s ~ n.s %}{% endfor %}",
        "{% set n = namespace(s=[1]) %}{% for i in range(60) %}{% set n.s = n.s + n.s %}{% endfor %}",
        "{% for i in range(99999) %}{{ t }}{% endfor %}", "{{ 'x' | indent(99999999999, true) }}",
        "{{ 'x' | center(99999999999) }}", "{{ (t * 10) | replace('x', t) }}",
        "{{ [0] | tojson(99999999999) }}",
        "{{ [1] | batch(99999999999, 0) | list }}", "{{ (t * 1000) | replace('', t) }}",
        String(repeating: "(", count: 100_000), "{{ \(String(repeating: "(", count: 100_000)) }}",
        "{{ \(String(repeating: "not ", count: 100_000)) t }}",
        "{{ \(String(repeating: "-", count: 100_000)) 1 }}",
        "{{ t\(String(repeating: "|upper", count: 100_000)) }}",
        "{{ 1\(String(repeating: "+1", count: 100_000)) }}",
        "{{ t\(String(repeating: ".a", count: 100_000)) }}",
        "{{ 1\(String(repeating: " if 1", count: 100_000)) }}",
        "{{ 1\(String(repeating: " if 1 else 1", count: 100_000)) }}",
        String(repeating: "{% if t %}", count: 100_000), String(repeating: "{% for a in t %}", count: 50),
    ])
    func isBounded(source: String) throws {
        let text = String(repeating: "x", count: 10_000)
        guard source.hasPrefix("{") else {
            #expect(try Template(source).render([:]) == source)
            return
        }
        #expect(throws: LyceumError.self) { try Template(source).render(["t": .string(text)]) }
    }

    @Test func theLongestExpressionFits() throws {
        let template = try Template(
            "{{ 1\(String(repeating: "+1", count: 450)) }}{{ \(String(repeating: "(", count: 30))1"
                + "\(String(repeating: ")", count: 30)) }}")
        #expect(try template.render([:]) == "4511")
    }
}
