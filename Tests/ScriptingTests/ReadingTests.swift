import LuaBridge
import LyceumKit
import TestSupport
import Testing

/// Files as other people have them, through Lua.
@Suite struct ReadingTests {
    private func run(_ code: String, _ files: [String: [UInt8]]) throws {
        try withFolder { folder in
            for (name, bytes) in files { try Files.write(bytes, to: Files.join(folder, name)) }
            try makeState().run("local folder = '\(folder)/'\n" + code, name: "test")
        }
    }

    @Test("every option of data.load, with each choice")
    func options() throws {
        try run(
            """
            assert(#data.load(folder .. "glue.tsv") == 4)
            assert(#data.load(folder .. "glue.tsv", { quotes = true }) == 2)
            assert(data.load(folder .. "glue.tsv", { quotes = false })[1].t == '"a')
            local d = data.load(folder .. "n.csv", { types = { id = "text", n = "number", ok = "boolean" } })
            assert(d[1].id == "007" and d[1].n == 12345678901234567890 and d[1].ok == true)
            assert(data.load(folder .. "n.csv")[1].n == "12345678901234567890")
            assert(data.load(folder .. "e.csv", { encoding = "latin1" })[1].a == "\u{E9}")
            assert(data.load(folder .. "e.csv", { encoding = "windows-1252" })[1].a == "\u{E9}")
            assert(data.load(folder .. "u.csv", { encoding = "utf-16" })[1].a == "x")
            assert(data.load(folder .. "n.csv", { encoding = "utf-8" })[1].id == "007")
            """,
            [
                "glue.tsv": Array("l\tt\n1\t\"a\n0\tb\n1\tc\"\n0\td".utf8),
                "n.csv": Array("id,n,ok\n007,12345678901234567890,TRUE\n".utf8),
                "e.csv": Array("a\n".utf8) + [0xE9, 0x0A], "u.csv": [0x61, 0, 0x0A, 0, 0x78, 0, 0x0A, 0],
            ])
    }

    @Test("the keys of nested objects keep their order through Lua, prompts and files")
    func order() throws {
        let line = #"{"m":{"z":1,"a":{"c":[{"y":1,"x":2}],"b":2}}}"#
        try run(
            """
            local line = '\(line)'
            local d = data.load(folder .. "d.jsonl")
            d:map(function(r) r.n = 1 return r end):save(folder .. "out.jsonl")
            assert(io.open(folder .. "out.jsonl"):read("a") == line:sub(1, -2) .. ',"n":1}\\n')
            assert(json.encode(json.decode(line)) == line)
            local value = json.decode(line)
            value.m.a.new, value.m.z = true, nil
            assert(json.encode(value) == '{"m":{"a":{"c":[{"y":1,"x":2}],"b":2,"new":true}}}')
            local p = prompt "{% for k, v in m.items() %}{{ k }} {% endfor %}{{ m | tojson }}{% for k in m.a %}{{ k }}{% endfor %}"
            local text = tostring(p(d[1]))
            assert(text:find('z a {"z": 1, "a": {"c": [{"y": 1, "x": 2}], "b": 2}}cb', 1, true), text)
            """, ["d.jsonl": Array(line.utf8)])
    }

    @Test("NaN and the infinities through Lua")
    func infinities() throws {
        try run(
            """
            local t = json.decode('[NaN, Infinity, -Infinity]')
            assert(t[1] ~= t[1] and t[2] == math.huge and t[3] == -math.huge)
            local d = data.from { { a = 0 / 0 } }
            for _, name in ipairs { "x.jsonl", "x.json", "x.csv" } do
                local ok, problem = pcall(d.save, d, folder .. name)
                assert(not ok and tostring(problem):find("column 'a', row 1", 1, true), problem)
                assert(not io.open(folder .. name))
            end
            """, [:])
    }

    @Test("words are counted alike everywhere, also where no spaces are written")
    func words() throws {
        try run(
            """
            local a = "\u{4ECA}\u{5929}\u{5929}\u{6C14}\u{5F88}\u{597D}\u{FF0C}\u{6211}\u{4EEC}\u{53BB}\u{516C}\u{56ED}\u{5427}\u{3002}"
            local b = a:gsub("\u{516C}", "\u{82B1}")
            local d = data.from { { t = a }, { t = b }, { t = "?!" }, { t = "..." }, { t = "Don't go" } }
            assert(#d:filter { min_words = { t = 12 } } == 2)
            assert(#d:filter { max_words = { t = 0 } } == 2 and #d:filter { not_empty = { "t" } } == 5)
            local stats = d:stats()
            for _, row in ipairs { stats[1], stats[2] } do
                if row.unit == "words" then assert(row.max == 12 and row.min == 0) end
            end
            assert(#d:dedup("t", { near = 0.7, near_words = 1 }) == 4)
            assert(#data.from({ { t = "?!" }, { t = "..." }, { t = "?!" } }):dedup("t", { near = 0.9 }) == 2)
            """, [:])
    }
}
