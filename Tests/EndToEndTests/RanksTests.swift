import Glibc
import Testing

/// Several real processes that run one script: they train as one, share work, and end together.
@Suite(.serialized) struct RanksTests {
    /// A small student that starts from the same folder in every process, and its data.
    static let student = """
        local rows = {}
        for i = 1, 48 do
          rows[i] = { a = ("word%d other%d"):format(i % 7, i % 5) .. (" more"):rep(i % 4), b = "word" .. i % 7 }
        end
        gold = data.from(rows)
        function start(dropout)
          if ranks.rank == 0 and not io.open("start/config.json") then
            local s = student.new("t5", { d_model = 16, num_layers = 1, d_ff = 32, num_heads = 2, d_kv = 8,
                                          vocab_size = 80, dropout_rate = dropout })
            s:train(gold, { input = "a", target = "b", max_steps = 1, precision = "fp32" })
            if ranks.count == 1 then s:save("start") end
          end
          return student.load("start")
        end
        function learn(s, o)
          o.input = "a" o.target = "b" o.batch_size = 16 o.seed = 5 o.precision = "fp32"
          return s:train(gold, o)
        end
        function show(run, curve)
          local values = {}
          for _, p in ipairs(run:history(curve)) do values[#values + 1] = ("%.9f"):format(p.value) end
          return table.concat(values, " ")
        end

        """

    @Test("two and four ranks train as one process does, with dropout and without", arguments: ["0", "0.1"])
    func training(dropout: String) throws {
        try withProgram { program in
            let script = try program.write(
                "train.lua",
                Self.student + """
                    local run = learn(start(\(dropout)), { max_steps = 20, valid = gold, eval_steps = 10 })
                    if ranks.rank == 0 then print(show(run, "loss")) print(show(run, "eval_loss")) end
                    """)
            _ = try program.shell("$LYCEUM -q run \(script)")
            let alone = try program.shell("$LYCEUM -q run \(script)")
            #expect(alone.status == 0, "\(alone.errors)")
            let expected = alone.output.split(separator: "\n").map(numbers)
            #expect(expected.map(\.count) == [20, 2])
            for count in [2, 4] {
                let together = try program.shell("$LYCEUM run -q --processes \(count) \(script)")
                #expect(together.status == 0, "\(together.errors)")
                let found = together.output.split(separator: "\n").map(numbers)
                #expect(found.map(\.count) == [20, 2], "printed by rank 0 alone")
                for (a, b) in zip(expected.joined(), found.joined()) { #expect(abs(a - b) < 1e-5) }
            }
        }
    }

    @Test("a checkpoint of two ranks is resumed by three, and the run ends as an uninterrupted one")
    func resuming() throws {
        try withProgram { program in
            let script = try program.write(
                "resume.lua",
                Self.student + """
                    local run = learn(start(0), { max_steps = tonumber(arg[1]), output_dir = arg[2], save_steps = 3, lr_scheduler_type = "constant",
                                                  resume = arg[3] == "resume" })
                    print(show(run, "loss"))
                    """)
            _ = try program.shell("$LYCEUM -q run \(script) 1 first")
            let whole = try program.shell("$LYCEUM -q run \(script) 9 whole")
            let begun = try program.shell("$LYCEUM run -q --processes 2 \(script) 6 out; ls out")
            #expect(begun.output.contains("checkpoint-6"), "\(begun.errors)")
            let resumed = try program.shell("$LYCEUM run -q --processes 3 \(script) 9 out resume")
            #expect(resumed.status == 0, "\(resumed.errors)")
            let (a, b) = (numbers(whole.output[...]), numbers(resumed.output[...]))
            #expect(a.count == 9)
            for (x, y) in zip(a.suffix(3), b.suffix(3)) { #expect(abs(x - y) < 1e-5) }
        }
    }

    @Test(
        "generation, classification, scoring, gather and saving: every rank has all results in order, one file is written"
    )
    func sharing() throws {
        try withProgram { program in
            let script = try program.write(
                "share.lua",
                Self.student + """
                    local s = start(0)
                    local out = s:generate(gold, { input = "a", max_new_tokens = 4 })
                    local texts = table.concat(out:column("prediction"), "|")
                    out:save("out.jsonl")
                    local scores = {}
                    for i, id in ipairs { "rouge", "bleu", "chrf", "ter", "novelty", "token_f1", "length" } do
                      local columns = { prediction = "prediction", reference = "b" }
                      if id == "length" then columns.reference = nil end
                      scores[i] = id .. tostring(metrics.score(id, out, columns))
                    end
                    scores = table.concat(scores, "|")
                    local gb = student.new("gbdt", { task = "classify", min_df = 1 })
                    gb:train(gold, { input = "a", target = "b", n_estimators = 2 })
                    local classes = table.concat(gb:classify(gold, { input = "a" }):column("prediction"), "|")
                    for rank, mine in ipairs(ranks.gather { texts, classes, #data.load("out.jsonl"), scores }) do
                      assert(mine[1] == texts and mine[2] == classes and mine[3] == 48 and mine[4] == scores)
                    end
                    ranks.barrier()
                    print(texts, classes, scores)
                    """)
            _ = try program.shell("$LYCEUM -q run \(script)")
            let alone = try program.shell("$LYCEUM -q run \(script)")
            #expect(alone.status == 0, "\(alone.errors)")
            let together = try program.shell("$LYCEUM run -q --processes 3 \(script)")
            #expect(together.status == 0, "\(together.errors)")
            #expect(together.output == alone.output)
            #expect(alone.output.contains("word"))
        }
    }

    @Test("validation writes its texts by all ranks; a rank may work with several copies of the network")
    func validating() throws {
        try withProgram { program in
            let script = try program.write(
                "valid.lua",
                Self.student + """
                    local run = learn(start(0), { max_steps = 10, valid = gold:take(7), eval_steps = 5,
                                                  predict_with_generate = true })
                    print(show(run, "loss")) print(show(run, "eval_loss")) print(show(run, "eval_rouge1"))
                    """)
            _ = try program.shell("$LYCEUM -q run \(script)")
            let alone = try program.shell("OMP_NUM_THREADS=1 $LYCEUM -q run \(script)")
            #expect(alone.status == 0, "\(alone.errors)")
            let expected = alone.output.split(separator: "\n").map(numbers)
            #expect(expected.map(\.count) == [10, 2, 2])
            // Two threads for each rank: two copies, whose gradients leave together.
            let together = try program.shell(
                "OMP_NUM_THREADS=2 $LYCEUM run -q --processes 2 \(script)")
            #expect(together.status == 0, "\(together.errors)")
            let found = together.output.split(separator: "\n").map(numbers)
            #expect(found.map(\.count) == [10, 2, 2])
            for (a, b) in zip(expected.joined(), found.joined()) { #expect(abs(a - b) < 1e-5) }
        }
    }

    @Test(
        "Ctrl-C and SIGTERM stop all ranks at one step and keep it",
        arguments: [("INT", 130), ("TERM", 143)])
    func interrupting(signal: String, status: Int) throws {
        try withProgram { program in
            _ = try program.write(
                "long.lua",
                Self.student + """
                    local s = start(0)
                    learn(s, { max_steps = tonumber(arg[1]), output_dir = arg[2], save_steps = 4 })
                    """)
            _ = try program.shell("$LYCEUM -q run long.lua 1 first")
            let result = try program.shell(
                """
                $LYCEUM run -q --processes 2 long.lua 1000000 out 2> errors & me=$!
                n=0; until [ -e out/checkpoint-8 ] || [ $n -gt 3000 ]; do n=$((n + 1)); sleep 0.02; done
                kill -\(signal) $me; wait $me; echo status $?; cat errors; ls out
                """)
            #expect(result.output.contains("status \(status)"))
            #expect(result.output.contains("go on with resume = true"))
            let resumed = try program.shell(
                "n=$(ls out | sed 's/checkpoint-//' | sort -n | tail -1); echo $n; sed -i 's/save_steps = 4/save_steps = 4, resume = true/' long.lua; $LYCEUM run -q --processes 2 long.lua $((n + 2)) out && ls out"
            )
            #expect(resumed.status == 0, "\(resumed.errors)")
        }
    }

    @Test(
        "runs: rank 0 records, the ranks of its machine look them up, and the same script runs on one and on many"
    )
    func recording() throws {
        try withProgram { program in
            let script = try program.write(
                "runs.lua",
                Self.student + """
                    local run = learn(start(0), { max_steps = 2 })
                    run:note("first"):tag("mine")
                    local out = start(0):generate(gold:take(4), { input = "a", max_new_tokens = 4 })
                    metrics.rouge(out, { prediction = "prediction", reference = "b", run = run.number })
                    ranks.barrier()
                    local count, comparison = #runs.list(), runs.compare({ run })
                    assert(comparison and run.number and run:note() == "first" and run.tags[1] == "mine")
                    assert(runs.report({ run }, { file = "report.html" }) == "report.html")
                    for _, other in ipairs(ranks.gather { count, run.number }) do
                      assert(other[1] == count and other[2] == run.number)
                    end
                    print(count, io.open("report.html") ~= nil)
                    """)
            let start = try program.write("start.lua", Self.student + "start(0)")
            #expect(try program.shell("$LYCEUM -q --no-lab run \(start)").status == 0)
            let alone = try program.shell("$LYCEUM -q --lab alone run \(script); rm report.html")
            #expect(alone.status == 0, "\(alone.errors)")
            let together = try program.shell("$LYCEUM run -q --lab together --processes 3 \(script)")
            #expect(together.status == 0, "\(together.errors)")
            #expect(together.output == alone.output && alone.output.hasSuffix("\ttrue\n"))
        }
    }

    @Test("a teacher's questions are asked by all ranks, each once, and kept in one lab")
    func teaching() throws {
        try withProgram { program in
            let server = try SlowServer(delay: 0)
            let script = try program.write(
                "teach.lua",
                """
                local rows = {}
                for i = 1, 30 do rows[i] = { n = "number " .. i } end
                local t = teacher.open { "openai", model = "m", base_url = "\(server.baseURL)", api_key = "k" }
                local out = t:generate(data.from(rows), { prompt = prompt "Say {{ n }}", output = "said" })
                assert(#out == 30 and out[30].said == "words" and out[1].n == "number 1")
                for _, count in ipairs(ranks.gather(#out)) do assert(count == 30) end
                print(#runs.list())
                """)
            // Ranks other than 0 have no lab to list.
            _ = try program.shell(
                "sed -i 's/^print.*/if ranks.rank == 0 then print(#runs.list()) end/' \(script)")
            let first = try program.run(["run", "-q", "--processes", "3", script])
            #expect(first.status == 0, "\(first.errors)")
            #expect(first.output == "1\n")
            #expect(server.requestCount == 30)
            let again = try program.run(["run", "-q", "--processes", "2", script])
            #expect(again.status == 0, "\(again.errors)")
            #expect(server.requestCount == 30, "nothing is bought twice")
        }
    }

    @Test("a budget is one for all ranks")
    func budget() throws {
        try withProgram { program in
            let server = try SlowServer(delay: 0)
            let script = try program.write(
                "budget.lua",
                """
                local rows = {}
                for i = 1, 30 do rows[i] = { n = "number " .. i } end
                local t = teacher.open { "openai", model = "m", base_url = "\(server.baseURL)", api_key = "k",
                                         budget_calls = 10, concurrency = 1 }
                t:generate(data.from(rows), { prompt = prompt "Say {{ n }}", output = "said" })
                """)
            let result = try program.run(["run", "-q", "--processes", "2", script])
            #expect(result.status == 1)
            #expect(result.errors.contains("budget of 10 calls"))
            #expect((10...11).contains(server.requestCount))
        }
    }
}

/// Runs `body` with a program in a folder of its own.
func withProgram(_ body: (Program) throws -> Void) throws {
    let program = try Program()
    defer { program.remove() }
    try body(program)
}

/// The numbers of a line.
private func numbers(_ line: Substring) -> [Double] {
    line.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
}
