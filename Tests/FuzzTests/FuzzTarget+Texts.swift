import Fuzzing
import LyceumKit
import Prompting

@testable import Teaching

// Templates, prompt files, streams of replies.
extension FuzzTarget {
    private static let values: [String: Value] = [
        "text": "A cat sat on a mat.", "n": 3, "x": 1.5, "list": ["a", "b", 3],
        "record": ["k": "v", "l": ["m": 1]],
        "messages": [["role": "user", "content": "hi"], ["role": "assistant", "content": "yes"]],
        "none": .null,
    ]

    static var template: FuzzTarget {
        FuzzTarget(
            "template",
            seeds: [
                "Write about '{{ text }}'.",
                "{% for m in messages %}{{ m.role }}: {{ m['content'] | trim }}\n{% endfor %}",
                "{% if n > 2 and text is defined %}{{ text | upper | replace('A', 'b') }}{% else %}-{% endif %}",
                "{% set ns = namespace(x=1) %}{% for i in range(n) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}",
                "{{ 'abc' | center(-9223372036854775807) }}", "{{ '' * 100000000000 }}",
                "{{ list[-9223372036854775808] }}",
                "{% set l = ['a' * 30000000] * 90000 %}{{ l | sort }}", "{{ list | join(', ') | length }}",
                "{{ text[1:5:2] }}",
                "{% macro f(a, b=2) %}{{ a + b }}{% endmacro %}{{ f(1) }}",
                "{{ (text ~ n) | truncate(5) | wordcount }}",
                "{{ 'a' * 3 in text }}", "{{ text.split('a') | tojson }}",
                "{{ range(9223372036854775807) | sum }}",
                "{{ '%s' | format(n) }}{{ 2 ** 10000 }}{{ 1 // 0 }}",
                "{%- raw -%}{{ x }}{%- endraw -%}{# note #}",
                "{{ list | map('upper') | list | sort(reverse=true) }}",
                "{{ record.l.m | default(0) | int | abs }}",
            ],
            tokens: [
                "{{ ", " }}", "{% ", " %}", "{% for i in range(9999999) %}", "{% endfor %}", "{% if ",
                "{% endif %}", " | ",
                "range(", "sort", "join", "center(", "* 1000000", "** ", "[::-1]", "namespace(", "loop.index",
                "is ", "in ",
                "(", ")", "[", "]", ".", "'", "tojson", "batch(", "slice(", "indent(", "round(", "wordwrap(",
                "groupby(",
            ], longest: 4096
        ) { _ in
            { input in
                let prompt = try PromptTemplate(String(decoding: input, as: UTF8.self))
                _ = try prompt.render(values)
            }
        }
    }

    static var promptFile: FuzzTarget {
        FuzzTarget(
            "prompt-file",
            seeds: [
                "---\nmodel: gpt-4o-mini\ntemperature: 0.5\n---\n--- system ---\nYou report.\n--- user ---\n{{ text }}\n",
                "{{ text }}", "\u{FEFF}---\nmodel: x\n---\n{{ text }}", "---\n---\n", "--- user ---\n",
                "---\nexamples: [{\"q\": \"a\", \"a\": \"b\"}]\n---\n--- question ---\n{{ q }}\n--- answer ---\n{{ a }}\n--- user ---\n{{ text }}",
            ],
            tokens: [
                "---\n", "--- user ---\n", "--- system ---\n", ": ", "{{ text }}", "examples: ", "[", "{",
            ], longest: 4096
        ) { folder in
            { input in
                let path = folder + "/prompt.txt"
                try plainWrite(input, to: path)
                _ = try PromptTemplate.load(path).render(values)
            }
        }
    }

    static var eventStream: FuzzTarget {
        FuzzTarget(
            "sse",
            seeds: [
                "data: {\"choices\":[{\"delta\":{\"content\":\"hello \"}}]}\n\ndata: {broken\n\ndata: [DONE]\n\n",
                "\u{FEFF}data: {\"choices\":[{\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}\r\n\r\n",
                "event: message_start\rdata: {\"type\":\"message_start\",\"message\":{\"model\":\"m\",\"usage\":{\"input_tokens\":3}}}\r\r",
                "data: {\"choices\":[{\"delta\":{\"content\":\"\\ud83d\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"\\ude00\"}}]}\n\n",
                "data: {\"usage\":{\"prompt_tokens\":1e999999,\"completion_tokens\":-1}}\n\n", "data: {\n",
                ": comment\n\n",
                "data: {\"choices\":\ndata: [{\"delta\":{\"content\":\"two lines\"}}]}\n\n",
                "data:{\"error\":{\"message\":\"no\"}}\n\n",
                "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"a\"}}\n\n",
            ],
            tokens: [
                "data: ", "event: ", "\n\n", "[DONE]", "{\"choices\":[{\"delta\":{\"content\":\"", "\"}}]}",
                ":", "\r",
            ]
        ) { _ in
            { input in
                // In pieces of several sizes, as a network brings them: the text must be the same.
                var texts: [String] = []
                for size in [input.count + 1, 1, 7] {
                    var stream = EventStream()
                    var rest = input[...]
                    while !rest.isEmpty {
                        _ = stream.take(rest.prefix(size))
                        rest = rest.dropFirst(size)
                    }
                    texts.append(stream.reply(model: "m", seconds: 1).text)
                }
                demand(texts.allSatisfy { $0 == texts[0] }, "the text does not depend on the pieces")
            }
        }
    }
}
