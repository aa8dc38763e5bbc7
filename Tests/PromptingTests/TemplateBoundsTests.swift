import LyceumKit
import Prompting
import Testing

/// No template traps, hangs, or takes more memory than its bound, whatever numbers and depths it comes up with.
@Suite struct TemplateBoundsTests {
    private static let least = "(-9223372036854775807 - 1)"
    private static let extremes = [
        "9223372036854775807", "(-9223372036854775807 - 1)", "-9223372036854775807", "0", "-1",
    ]

    private func outcome(_ source: String, style: String = "prompt") -> String {
        do {
            let values: [String: Value] = ["t": .string(String(repeating: "x", count: 10_000)), "n": 3]
            return style == "chat"
                ? try ChatTemplate(source).render(values) : try Template(source).render(values)
        } catch { return "error: \(error)" }
    }

    @Test("integer extremes in every filter, method and index are an answer or an error")
    func extremes() {
        let shapes = [
            "'abc' | center(N)", "'abc' | truncate(N)", "'abc' | truncate(5, leeway=N)",
            "'a b' | wordwrap(N)",
            "'abc' | indent(N)", "[1] | batch(N) | list", "[1] | slice(N) | list", "5 | round(N)",
            "1.5 | round(N)",
            "1.5 | round(N, 'ceil')", "N | abs", "N | filesizeformat", "'7' | int(0, N)", "N | int",
            "N | float",
            "'a' | replace('a', 'b', N)", "{'a': [1]} | tojson(indent=N)", "[N, N] | sum", "'%d' | format(N)",
            "'%*d' | format(N, 1)", "'%.*f' | format(N, 1.5)", "'%c' | format(N)", "'abc'.center(N)",
            "'abc'.ljust(N, '.')", "'abc'.rjust(N)", "'abc'.zfill(N)", "'\\t'.expandtabs(N)",
            "'a b'.split(' ', N)",
            "'a b'.rsplit(' ', N)", "'a b'.split(None, N)", "'a b'.rsplit(None, N)", "'abc'.find('c', N, N)",
            "'abc'.rfind('c', N)", "'abc'.count('c', N, N)", "'abc'.startswith('b', N)",
            "'abc'.endswith('b', N, N)",
            "'aa'.replace('a', 'b', N)", "'abc'[N] is defined", "'abc'[N:N:N]", "'abc'[::N]",
            "[1][N] is defined",
            "[1, 2][N::N]", "[1] * N", "'x' * N", "N * 'x'", "N + N", "N - 1", "N * N", "N // -1", "N % -1",
            "N / N",
            "N ** 2", "2 ** N", "-N", "N is odd", "N is divisibleby(N)", "N == 1.5", "N < 2.5",
            "range(N, N, N) | list",
            "range(N) | list | length", "N.bit_length()", "'{:d}'.format(N)", "'{0:N}'.format(1)",
            "N | tojson",
            "'a'.ljust(5, N)", "[[1]] | map(attribute=N) | list", "[3] | sort(attribute=N)",
            "['b'] | join(N)",
            "lipsum(N)", "cycler(N).next()", "dict(a=N)", "N | string", "N in [N]", "{N: 1}[N]",
            "N | random | d(1)",
            "'%N' | format(1)", "[1] | first * N", "N | pprint", "(N, N) | max", "N | groupby(N) | list",
        ]
        for shape in shapes {
            for number in Self.extremes {
                for style in ["prompt", "chat"] {
                    let source = "{{ \(shape.replacing("N", with: number)) }}"
                    #expect(outcome(source, style: style).utf8.count <= 32 << 20, "\(source)")
                }
            }
        }
        #expect(outcome("{{ 'abc' | center(-9223372036854775807) }}") == "abc")
        #expect(outcome("{{ '' * 100000000000 }}|{{ [] * 100000000000 }}") == "|[]")
        #expect(outcome("{{ \(Self.least) | abs }}").hasPrefix("error:"))
    }

    @Test("values in values, calls in calls and loops in loops end at a depth, in an error")
    func depth() throws {
        let chain = "{% set ns = namespace(x=[]) %}{% for i in range(N) %}{% set ns.x = [ns.x] %}{% endfor %}"
        #expect(outcome(chain.replacing("N", with: "90000")).contains("nested more than 1024 deep"))
        // What is just allowed is freed, compared, printed and encoded.
        let deep = chain.replacing("N", with: "1000")
        for use in [
            "{{ ns.x }}", "{{ ns.x | tojson }}", "{{ ns.x == [ns.x] }}", "{{ ns.x in [ns.x] }}",
            "{{ ns.x | pprint | length }}", "{{ [ns.x, ns.x] | sort | length }}",
        ] {
            for style in ["prompt", "chat"] { #expect(!outcome(deep + use, style: style).isEmpty) }
        }
        let tables =
            "{% set ns = namespace(x={}) %}{% for i in range(90000) %}{% set ns.x = {'a': ns.x} %}{% endfor %}"
        #expect(outcome(tables).contains("nested more than 1024 deep"))
        #expect(outcome("{% macro m(n) %}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}").contains("too deeply"))
        #expect(outcome("{% for x in [[1]] recursive %}{{ loop([x]) }}{% endfor %}").contains("too deeply"))
        #expect(
            outcome(
                "{% macro a() %}{{ caller() }}{% endmacro %}{% macro b() %}{% call a() %}{{ b() }}{% endcall %}{% endmacro %}{{ b() }}"
            ).contains("too deeply"))
        // A namespace that holds itself, and a long row of them, is freed.
        #expect(outcome("{% set ns = namespace() %}{% set ns.a = ns %}{{ ns.a.a.a is defined }}") == "true")
        #expect(outcome("{% set ns = namespace() %}{% set ns.a = ns %}{{ ns }}").hasPrefix("error:"))
        let row =
            "{% set ns = namespace(x=none) %}{% for i in range(50000) %}{% set ns.x = namespace(x=ns.x) %}{% endfor %}done"
        #expect(outcome(row) == "done")
    }

    @Test(
        "steps and bytes are counted while they are spent, inside lists, comparisons, filters and conversions",
        arguments: [
            "{{ l | sort | length }}", "{{ l | unique | list | length }}", "{{ l | join | length }}",
            "{{ l }}", "{{ l | tojson | length }}",
            "{{ l | string | length }}", "{{ l == ['a' * 30000000] * 90000 }}",
            "{{ l | map('upper') | list | length }}",
            "{{ l | max | length }}", "{{ l | select('equalto', 'a' * 30000000) | list | length }}",
            "{{ l | groupby('x') }}",
            "{{ l ~ l }}", "{{ l | pprint | length }}", "{{ l | batch(2) | list == l | batch(2) | list }}",
            "{{ l | map('length') | sum }}",
            "{{ l | map('replace', 'a', 'b') | list | length }}", "{{ 'b' in l and 'ab' * 15000000 in l }}",
            "{% set ns = namespace(l=[]) %}{% for i in range(90) %}{% set ns.l = ns.l + ['a' * 30000000] %}{% endfor %}x",
            "{% set ns = namespace(s='') %}{% for x in l %}{% set ns.s = x | upper %}{% endfor %}x",
            "{% for x in l %}{{ x | length }}{% endfor %}",
            "{% for x in l %}{% if x == 'b' * 30000000 %}{% endif %}{% endfor %}",
        ])
    func spent(_ use: String) {
        let result = outcome("{% set l = ['a' * 30000000] * 90000 %}" + use)
        #expect(result.hasPrefix("error:") || result.utf8.count < 1 << 20, "\(use): \(result.prefix(100))")
    }

    @Test("substrings are searched in linear time")
    func search() {
        // Each would take 10^13 comparisons if every place were tried.
        let text = "('a' * 20000000)"
        let part = "('a' * 1000000 ~ 'b')"
        #expect(outcome("{{ \(part) in \(text) }}") == "false")
        #expect(outcome("{{ \(text) | replace(\(part), 'x') | length }}") == "20000000")
        #expect(outcome("{{ \(text).split(\(part)) | length }}") == "1")
        #expect(outcome("{{ \(text).count(\(part)) }}|{{ \(text).find(\(part)) }}") == "0|-1")
        #expect(outcome("{{ \(text).rfind('b' ~ 'a' * 1000000) }}") == "-1")
        #expect(outcome("{{ \(text).partition(\(part)) | length }}") == "3")
    }
}
