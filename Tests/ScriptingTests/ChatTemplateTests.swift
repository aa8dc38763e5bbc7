import LuaBridge
import LyceumKit
import Testing

/// The template language as a script meets it.
@Suite struct ChatTemplateTests {
    @Test func chatTemplatesAreReadFromFilesAndTexts() throws {
        let folder = "/tmp/lyceum-chat-\(UInt64.random(in: 0...UInt64.max))"
        try Files.makeFolder(folder)
        defer { Files.removeTree(folder) }
        let source =
            "{{ bos_token }}{% for m in messages %}\n  {% if m.role == 'user' %}\n[{{ m.content }}]\n  {% endif %}\n{% endfor %}{% if add_generation_prompt %}>{% endif %}"
        try Files.write(
            JSON.encode([
                "bos_token": ["content": "<s>"], "eos_token": "</s>", "chat_template": .string(source),
            ]), to: folder + "/tokenizer_config.json")
        try Files.write(
            JSON.encode([
                "chat_template": [
                    ["name": "default", "template": "d"], ["name": "tool_use", "template": "t"],
                ]
            ]),
            to: folder + "/several.json")
        try makeState().run(
            """
            local talk = { { role = "user", content = "Hi" }, { role = "system", content = "no" } }
            for _, place in ipairs { "\(folder)", "\(folder)/tokenizer_config.json" } do
                local chat = prompt.chat_template(place)
                assert(chat { messages = talk, add_generation_prompt = true } == "<s>[Hi]\\n>")
                assert(chat { messages = talk, bos_token = "" } == "[Hi]\\n")
                assert(chat.tokens.eos_token == "</s>" and chat.source:find("bos_token"))
            end
            assert(prompt.chat_template("\(folder)/several.json", "tool_use") {} == "t")
            local ok, problem = pcall(prompt.chat_template, "\(folder)/several.json", "tool")
            assert(not ok and tostring(problem):find("tool_use"), problem)
            -- As transformers renders: what is missing is empty, and values look as Python prints them.
            local odd = prompt.chat_template("{% if tools %}x{% endif %}{{ none }}{{ true }}{{ [1, 'a'] }}{{ nope }}")
            assert(odd {} == "NoneTrue[1, 'a']")
            local raising = prompt.chat_template("a\\n{{ raise_exception('Roles must alternate') }}")
            local ok, problem = pcall(raising, {})
            assert(not ok and tostring(problem):find("Roles must alternate") and tostring(problem):find(":2"), problem)
            local year = prompt.chat_template("{{ strftime_now('%Y') }}") {}
            assert(year == os.date("%Y"))
            """)
    }

    @Test func promptsHaveTheWholeLanguage() throws {
        try makeState().run(
            """
            local cases = {
                ["{% macro q(x, n=2) %}{{ x * n }}{% endmacro %}{{ q('ab') }}{{ q('c', n=3) }}"] = "ababccc",
                ["{% macro box() %}[{{ caller() }}]{% endmacro %}{% call box() %}in{% endcall %}"] = "[in]",
                ["{% for i in range(9) %}{% if i == 3 %}{% break %}{% endif %}{% if i is odd %}{% continue %}{% endif %}{{ i }}{% endfor %}"] = "02",
                ["{% for k, g in rows | groupby('s') %}{{ k }}={{ g | length }};{% endfor %}"] = "x=2;y=1;",
                ["{{ 'a long text here' | wordwrap(6) }}"] = "a long\\ntext\\nhere",
                ["{{ '%05.1f|%s' | format(2.25, 'q') }}"] = "002.2|q", ["{{ 0x1f }}"] = "31",
                ["{{ 'a-b'.partition('-')[2] }}{{ 'x'.zfill(3) }}{{ 'aXb'.swapcase() }}"] = "b00xAxB",
                ["{% set j = joiner('+') %}{% for r in rows %}{{ j() }}{{ r.s }}{% endfor %}"] = "x+y+x",
                ["{% set c = cycler('o', 'e') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}"] = "oeo",
                ["{% for r in rows %}{% if loop.changed(r.s) %}{{ r.s }}{% endif %}{% endfor %}"] = "xyx",
                ["{{ none is sameas none }}{{ '<b>x</b> &amp;' | striptags }}{{ {'a': 'b c'} | urlencode }}"] = "truex &a=b+c",
                ["{{ 1234567 | filesizeformat }}"] = "1.2 MB", ["{{ rows | map(attribute='s') | unique | join }}"] = "xy",
                ["{{ {'b': 1, 'a': 2} }}"] = '{"b":1,"a":2}',
            }
            for source, expected in pairs(cases) do
                local text = prompt(source) { rows = { { s = "x" }, { s = "y" }, { s = "x" } } }
                assert(text == expected, source .. " gives " .. text)
            end
            -- Nothing ends the process, whatever numbers and depths there are.
            for _, source in ipairs {
                "{% set ns = namespace(x=[]) %}{% for i in range(90000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}",
                "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "{% set l = ['a'*30000000]*90000 %}{{ l | sort }}",
                "{{ 'x'.zfill(9223372036854775807) }}", "{{ rows.append(1) }}",
            } do
                assert(not pcall(prompt(source), { rows = {} }), source)
            end
            assert(prompt("{{ 'abc' | center(-9223372036854775807) }}{{ '' * 100000000000 }}") {} == "abc")
            """)
    }
}
