import Glibc
import Testing

/// Everything that can take long, begun on an input with which it would take much longer, and stopped by one signal.
///
/// A test waits for the work to begin, then until the program has worked a while, then for its end: never for a time. Work
/// that did not hear the signal would go on to its end and say so.
@Suite("Long work ends at the first Ctrl-C or SIGTERM", .serialized, .timeLimit(.minutes(5)))
struct CancellationTests {
    struct Work: Sendable {
        let name: String
        /// Makes the input.
        let prepare: String
        /// The call that takes long.
        let call: String
    }

    /// Lua that makes many different words, of `n`, quickly.
    private static let words = """
        local function words(n, of)
            local w = {}
            for i = 1, n do w[i] = 'w' .. i * 7919 % of end
            return table.concat(w, ' ')
        end

        """

    static let works = [
        Work(
            name: "a unigram vocabulary of a repeated word",
            prepare:
                "d = data.from { { a = ('word '):rep(4000000), b = 'x' } }; s = student.new('t5', { vocab_size = 1000 })",
            call: "s:train(d, { input = 'a', target = 'b', num_train_epochs = 0 })"),
        Work(
            name: "a unigram vocabulary of many words",
            prepare:
                "d = data.from { { a = words(300000, 1e6), b = 'x' } }; s = student.new('t5', { vocab_size = 8000 })",
            call: "s:train(d, { input = 'a', target = 'b', num_train_epochs = 0 })"),
        Work(
            name: "byte pairs",
            prepare:
                "d = data.from { { a = words(200000, 1e6), b = 'x' } }; s = student.new('bart', { vocab_size = 30000 })",
            call: "s:train(d, { input = 'a', target = 'b', num_train_epochs = 0 })"),
        Work(
            name: "byte pairs of one long word",
            prepare:
                "d = data.from { { a = (words(200000, 1e6):gsub(' ', '')), b = 'x' } }; s = student.new('bart', { vocab_size = 30000 })",
            call: "s:train(d, { input = 'a', target = 'b', num_train_epochs = 0 })"),
        Work(
            name: "word pieces",
            prepare:
                "d = data.from { { a = words(200000, 1e6), b = 'x' }, { a = 'y', b = 'y' } }; s = student.new('bert', { vocab_size = 30000 })",
            call: "s:train(d, { input = 'a', target = 'b', num_train_epochs = 0 })"),
        Work(
            name: "whole words",
            prepare:
                "d = data.from { { a = ('word '):rep(6000000), b = 'x' } }; s = student.new('lstm', { vocab_size = 1000 })",
            call: "s:train(d, { input = 'a', target = 'b', num_train_epochs = 0 })"),
        Work(
            name: "near-duplicates",
            prepare:
                "local t = {} for i = 1, 12000 do t[i] = { a = words(200, 1000 + i) } end d = data.from(t)",
            call: "d:dedup('a', { near = 0.8 })"),
        Work(
            name: "loading",
            prepare:
                "io.open(folder .. '/d.csv', 'w'):write('a,b\\n', ('one cell,another cell\\n'):rep(2000000)):close()",
            call: "data.load(folder .. '/d.csv')"),
        Work(
            name: "saving",
            prepare:
                "local r = { a = ('x y z '):rep(20000) } local t = {} for i = 1, 4000 do t[i] = r end d = data.from(t)",
            call: "d:save(folder .. '/d.jsonl.gz')"),
        Work(
            name: "sorting",
            prepare:
                "local p = ('same '):rep(20) local t = {} for i = 1, 100000 do t[i] = { a = p .. i * 7919 % 1000003 } end d = data.from(t)",
            call: "d:sort('a')"),
        Work(
            name: "ROUGE of many pairs",
            prepare:
                "local p, r = words(3000, 500), words(3000, 400) local t = {} for i = 1, 2000 do t[i] = { p = p, r = r } end d = data.from(t)",
            call: "metrics.rouge(d, { prediction = 'p', reference = 'r' })"),
        Work(
            name: "ROUGE of one pair of long texts",
            prepare: "local p = words(200000, 3000) d = data.from { { p = p, r = p:reverse() } }",
            call: "metrics.rouge(d, { prediction = 'p', reference = 'r' })"),
        Work(
            name: "the intervals of scores",
            prepare:
                "local t = {} for i = 1, 3000 do t[i] = { p = 'a b c', r = 'b c d' } end d = data.from(t)",
            call: "metrics.rouge(d, { prediction = 'p', reference = 'r', resamples = 1000000 })"),
        Work(
            name: "paired tests",
            prepare:
                "local t, u = {}, {} for i = 1, 3000 do t[i] = { prediction = 'a b c', r = 'b c d' } u[i] = { prediction = 'b c', r = 'b c d' } end a, b = data.from(t), data.from(u)",
            call: "metrics.compare({ a, b }, { reference = 'r', resamples = 1000000 })"),
        Work(
            name: "BM25",
            prepare:
                "local t = {} for i = 1, 2000 do t[i] = { a = words(300, 1000 + i), b = 'x' } end d = data.from(t)",
            call:
                "teacher.open({ 'retrieval', corpus = d, input = 'a', target = 'b' }):generate(d:concat(d, d, d, d, d, d, d), { prompt = prompt '{{ a }}', output = 'o' })"
        ),
        Work(
            name: "TF-IDF",
            prepare:
                "local t = {} for i = 1, 2000 do t[i] = { a = words(3000, 10000 + 13 * i), b = 'x' .. i % 2 } end d = data.from(t); s = student.new('gbdt', { task = 'classify', ngram_range = { 1, 3 } })",
            call: "s:train(d, { input = 'a', target = 'b', n_estimators = 1 })"),
        Work(
            name: "boosting",
            prepare:
                "local t = {} for i = 1, 500 do t[i] = { a = words(100, 1000 + i), b = 'x' .. i % 2 } end d = data.from(t); s = student.new('gbdt', { task = 'classify' })",
            call: "s:train(d, { input = 'a', target = 'b', n_estimators = 10000 })"),
        Work(
            name: "one method of a template over a long text",
            prepare: "t, p = ('ab c<'):rep(6000000), prompt '{{ t.title() }}'", call: "p { t = t }"),
        Work(
            name: "one filter of a template over a long text",
            prepare: "t, p = ('&lt;b c<'):rep(4000000), prompt '{{ t | striptags }}'", call: "p { t = t }"),
        Work(
            name: "a report of runs with many rows",
            prepare: """
                local t = {} for i = 1, 3000 do t[i] = { a = 'w' .. i .. ' b c', b = 'b c d', c = 'c d e w' .. i } end
                d = data.from(t)
                local g = teacher.open { 'retrieval', corpus = d:take(3), input = 'a', target = 'b' }
                for i = 1, 4 do
                    local o = g:generate(d, { prompt = prompt '{{ a }}', output = 'o', name = 'r' .. i })
                    metrics.rouge(o, { prediction = 'o', reference = 'c' })
                end
                """,
            call: "runs.report({ 1, 2, 3, 4 }, { file = folder .. '/r.html' })"),
    ]

    @Test(arguments: works.indices)
    func ends(_ number: Int) throws {
        let work = Self.works[number]
        // Both signals take one road: each work is tried with one of them.
        let signal = number % 2 == 0 ? SIGINT : SIGTERM
        let program = try Program()
        defer { program.remove() }
        let script = try program.write(
            "work.lua",
            Self.words
                + """
                folder = '\(program.folder)'
                \(work.prepare)
                print('begun') io.stdout:flush()
                \(work.call)
                print('finished')
                """)
        let child = try program.start(["--lab", program.folder + "/lab", "run", script])
        while child.worked != nil, !program.read("stdout").contains("begun") { usleep(10_000) }
        let begun = child.worked ?? 0
        while let worked = child.worked, worked < begun + 30 { usleep(10_000) }
        kill(child.identifier, signal)
        let status = child.wait()
        #expect(program.read("stdout") == "begun\n", "\(work.name): \(program.read("stderr"))")
        #expect(
            status == (signal == SIGINT ? 130 : 128 + SIGTERM), "\(work.name): \(program.read("stderr"))")
    }
}
