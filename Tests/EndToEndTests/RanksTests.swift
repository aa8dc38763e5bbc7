import Glibc
import Testing

/// Several real processes that run one script: they train as one, share work, and end together.
@Suite(.serialized) struct RanksTests {
    private func withProgram(_ body: (Program) throws -> Void) throws {
        let program = try Program()
        defer { program.remove() }
        try body(program)
    }

    /// A small student that starts from the same folder in every process, and its data.
    private static let student = """
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

    private func numbers(_ line: Substring) -> [Double] {
        line.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
    }

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
        "generation, classification, gather and saving: every rank has all results in order, one file is written"
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
                    local gb = student.new("gbdt", { task = "classify", min_df = 1 })
                    gb:train(gold, { input = "a", target = "b", n_estimators = 2 })
                    local classes = table.concat(gb:classify(gold, { input = "a" }):column("prediction"), "|")
                    for rank, mine in ipairs(ranks.gather { texts, classes, #data.load("out.jsonl") }) do
                      assert(mine[1] == texts and mine[2] == classes and mine[3] == 48)
                    end
                    ranks.barrier()
                    print(texts, classes)
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

    @Test("an error on one rank ends all of them with that error")
    func failing() throws {
        try withProgram { program in
            let script = try program.write(
                "fail.lua",
                "if ranks.rank == 1 then error('no luck today') end\nranks.barrier()\nprint('past')")
            let result = try program.run(["run", "--processes", "3", script])
            #expect(result.status == 1)
            #expect(result.output == "")
            #expect(result.errors.contains("rank 1: error:"))
            #expect(result.errors.contains("no luck today"))
            // A rank that computes and never waits is ended, too.
            let busy = try program.write(
                "busy.lua", "if ranks.rank == 1 then error('no luck') end\nwhile true do end")
            #expect(try program.run(["run", "--processes", "2", busy]).status == 1)
        }
    }

    @Test("a rank that is killed while the others wait for it: they end and say so", arguments: [0, 1])
    func killed(rank: Int) throws {
        try withProgram { program in
            let start = try program.write("start.lua", Self.student + "start(0)")
            #expect(try program.shell("$LYCEUM -q run \(start)").status == 0)
            _ = try program.write(
                "kill.lua",
                Self.student + """
                    if ranks.rank == \(rank) then
                      local me = io.open("/proc/self/stat"):read("n")
                      os.execute("(n=0; until [ -e going ] || [ $n -gt 3000 ]; do n=$((n + 1)); sleep 0.02; done; [ -e going ] && kill -9 " .. me .. ") &")
                    end
                    learn(start(0), { max_steps = 1000000, output_dir = "out", save_steps = 5 })
                    """)
            let result = try program.shell(
                "(n=0; until [ -e out/checkpoint-10 ] || [ $n -gt 3000 ]; do n=$((n + 1)); sleep 0.02; done; touch going) & $LYCEUM run -q --processes 2 kill.lua"
            )
            #expect(result.status == 1 || result.status == 137)
            #expect(
                result.errors.contains("gone") || result.errors.contains("ended by signal 9"),
                "\(result.errors)")
        }
    }

    @Test("Ctrl-C stops all ranks at one step and keeps it")
    func interrupting() throws {
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
                kill -INT $me; wait $me; echo status $?; cat errors; ls out
                """)
            #expect(result.output.contains("status 130"))
            #expect(result.output.contains("go on with resume = true"))
            let resumed = try program.shell(
                "n=$(ls out | sed 's/checkpoint-//' | sort -n | tail -1); echo $n; sed -i 's/save_steps = 4/save_steps = 4, resume = true/' long.lua; $LYCEUM run -q --processes 2 long.lua $((n + 2)) out && ls out"
            )
            #expect(resumed.status == 0, "\(resumed.errors)")
        }
    }

    @Test(
        "ranks that start late are waited for; a store that nobody opens is an error that names it; two jobs share a host"
    )
    func meeting() throws {
        try withProgram { program in
            let script = try program.write("meet.lua", "print(ranks.count, #ranks.gather(ranks.rank))")
            let late = try program.shell(
                """
                export WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=$((20000 + $$ % 20000))
                RANK=1 $LYCEUM run \(script) & RANK=0 $LYCEUM run \(script); wait
                """)
            #expect(late.output == "2\t2\n", "\(late.errors)")
            let wrong = try program.shell(
                """
                export WORLD_SIZE=2 RANK=1 MASTER_ADDR=127.0.0.1 MASTER_PORT=1 LYCEUM_RANKS_TIMEOUT=2
                $LYCEUM run \(script)
                """)
            #expect(wrong.status == 1)
            #expect(wrong.errors.contains("127.0.0.1:1"))
            #expect(wrong.errors.contains("MASTER_ADDR"))
            let two = try program.shell(
                "$LYCEUM run --processes 2 \(script) & $LYCEUM run --processes 2 \(script); wait")
            #expect(two.output == "2\t2\n2\t2\n", "\(two.errors)")
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

    @Test("a launcher's variables that cannot be right are named")
    func variables() throws {
        try withProgram { program in
            let result = try program.shell(
                "RANK=2 WORLD_SIZE=2 MASTER_ADDR=x MASTER_PORT=1 $LYCEUM run x.lua")
            #expect(result.status == 1)
            #expect(result.errors.contains("the environment variable RANK"))
            let slurm = try program.shell("SLURM_PROCID=0 SLURM_NTASKS=4 $LYCEUM -e 'print(ranks.count)'")
            #expect(slurm.output == "1\n", "a batch script itself is one process")
        }
    }
}
