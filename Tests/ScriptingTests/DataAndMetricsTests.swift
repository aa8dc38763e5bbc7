import LuaBridge
import LyceumKit
import Testing

/// Datasets and scores as a script uses them.
@Suite struct DataAndMetricsTests {
    static let scripts: [(name: String, code: String)] = [
        (
            "declared filters",
            """
            local d = data.from { { t = "one two", n = 1 }, { t = "three", n = 2 }, { n = 3 } }
            assert(#d:filter { max_words = { t = 1 } } == 1)
            assert(#d:filter { min_chars = { t = 1 }, equals = { n = { 1, 3 } } } == 1)
            assert(#d:filter { contains = { t = "e" }, not_empty = { "t" } } == 2)
            local h = d:filter { max_words = { t = 1 } }:history()
            assert(h[2].operation == "filter" and h[2].detail == "max_words t = 1" and h[2].rows == 1)
            """
        ),
        (
            "verbs",
            """
            local rows = {}
            for i = 1, 90 do rows[i] = { n = i, label = i % 3 == 0 and "rare" or "often" } end
            local d = data.from(rows)
            assert(#d:sample(7, { seed = 3 }) == 7 and d:sample(7, { seed = 3 }) == d:sample(7, { seed = 3 }))
            assert(d:sort("n", { descending = true })[1].n == 90)
            assert(d:group("label")[1].count == 60)
            local parts = d:split({ train = 60, test = 30 }, { stratify = "label", seed = 2 })
            assert(math.abs(parts.test:group("label")[2].count - 10) <= 1)
            assert(#d:concat(d, d) == 270)
            local s = d:stats { columns = { "label" }, tokens = function(t) return { t, t } end }
            assert(s[3].unit == "tokens" and s[3].max == 2 and s[1].max == 5)
            """
        ),
        (
            "every format",
            """
            local d = data.from { { t = 'a "b",\\nc', n = 1.5, ok = true }, { t = "", n = 2 } }
            for _, ending in ipairs { "jsonl", "json", "csv", "tsv", "jsonl.gz", "csv.gz" } do
                local path = os.tmpname() .. "." .. ending
                d:save(path)
                assert(data.load(path).fingerprint == d.fingerprint, ending)
                os.remove(path)
            end
            """
        ),
        (
            "several references",
            """
            local s = metrics.rouge({ "a b" }, { { "a c", "a b" } })
            assert(s.rouge1.fmeasure == 1 and s.signature:find("refs:2", 1, true))
            local d = data.from { { prediction = "a b", gold = { "a c", "a b" } } }
            local t = metrics.rouge(d, { reference = "gold", tokenizer = "unicode",
                                         tokens = function(x) return #x end })
            assert(t.rougeL.recall == 1 and t.mean_tokens == 3 and t.kind == "rouge")
            """
        ),
        (
            "comparison",
            """
            local gold, a, b = {}, {}, {}
            for i = 1, 30 do
                gold[i] = { reference = "the cat sat on mat " .. i }
                a[i] = { reference = gold[i].reference, prediction = "the cat sat on " .. i }
                b[i] = { reference = gold[i].reference, prediction = i % 2 == 0 and "a dog" or "the cat " .. i }
            end
            local c = metrics.compare({ data.from(a), data.from(b) }, { reference = "reference", types = { "rouge1" } })
            assert(#c.pairs == 1 and c.pairs[1].difference > 0 and c.pairs[1].p_holm < 0.05)
            local x = metrics.rouge(data.from(a), { reference = "reference", types = { "rouge1" } })
            local y = metrics.rouge(data.from(b), { reference = "reference", types = { "rouge1" } })
            local m = metrics.compare({ x, y, x }, { resamples = 99 })
            assert(#m.pairs == 3 and m.pairs[2].p_holm == 1 and m.names[3] == "C")
            """
        ),
        (
            "classification",
            """
            local d = data.from { { prediction = "a", label = "a" }, { prediction = "b", label = "a" } }
            local s = metrics.classification(d, { reference = "label" })
            assert(s.accuracy == 0.5 and s.classes.a.recall == 0.5 and s.confusion[1][2] == 1)
            assert(#s.macro.f1_ci == 2 and tostring(s) == "score (accuracy 50.00, macro F1 33.33)")
            """
        ),
    ]

    @Test("a script uses", arguments: scripts)
    func runs(name: String, code: String) throws { try makeState().run(code, name: name) }

    static let mistakes: [(code: String, expected: [String])] = [
        ("data.from({ { a = 1 } }):filter { max_chars = { b = 1 } }", ["no column 'b'"]),
        ("data.from({ { a = 1 } }):filter { max_chars = 3 }", ["option 'max_chars'"]),
        (
            "data.from({ { a = 1 } }):filter { max_chars = { a = 'x' } }",
            ["column = a whole number", "got x"]
        ),
        ("data.from({ { a = 1 } }):filter { max_char = { a = 1 } }", ["did you mean 'max_chars'?"]),
        (
            "data.from({ { a = 1 } }):split({ a = 1 }, { group = 'a', stratify = 'a' })",
            ["either group or stratify"]
        ),
        ("data.from({ { a = 1 } }):save '/tmp/x.xls'", ["its name must end in", ".csv", "with .gz"]),
        ("data.load('/tmp', { url_list = 'x' })", ["unknown option 'url_list'", "url_lists"]),
        ("data.from({ { a = 'x' } }):stats { tokens = function() error('no') end }", ["stats, row 1"]),
        ("data.from({ { a = 'x' } }):dedup(nil, { near = 0.8 })", ["option 'near'", "one column"]),
        ("data.from({ { a = 'x' } }):stats { tokens = function() end }", ["returns a count or a list"]),
        ("metrics.rouge({ 'a' }, { 'a' }, { tokenizer = 'bpe' })", ["tokenizer", "google", "unicode"]),
        ("metrics.compare({ 'a' })", ["argument 1 (systems), element 1", "a dataset or a score"]),
        ("metrics.compare(data.from { { prediction = 'a' } })", ["write metrics.compare({ a, b })"]),
        (
            "local s = metrics.rouge({ 'a' }, { 'a' }) metrics.compare(s, s, s, { seed = 1 })",
            ["write metrics.compare({ a, b, c }, { … })"]
        ),
        ("metrics.compare({ metrics.rouge({ 'a' }, { 'a' }) })", ["two"]),
        ("metrics.compare({ names = { 'x' } })", ["write metrics.compare(systems, { names = … })"]),
        ("metrics.rouge({ 'a' }, { 'a', prediction = 'x' })", ["a table with the name 'prediction'"]),
        ("metrics.classification({ 'a' }, { { 'a', 'b' } })", ["row 1", "one class"]),
        ("metrics.classification({}, {})", ["empty"]),
        ("metrics.latency(3, { 'a' })", ["argument 1 (student)", "a student"]),
        ("local x = metrics.rouge({ 'a' }, { 'a' }).rouge7", ["rouge7"]),
    ]

    @Test("is a clear error", arguments: mistakes)
    func clear(code: String, expected: [String]) throws {
        let text = message(code, in: try makeState())
        for part in expected { #expect(text.contains(part), "\(code) → \(text)") }
        #expect(!text.contains("\n"), "an error is one line: \(text)")
    }
}
