import Glibc
import Testing

/// Ranks that fail, die, fall silent or never meet: all of them end, and say why.
@Suite(.serialized) struct RanksFailureTests {
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
            let start = try program.write("start.lua", RanksTests.student + "start(0)")
            #expect(try program.shell("$LYCEUM -q run \(start)").status == 0)
            _ = try program.write(
                "kill.lua",
                RanksTests.student + """
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

    /// A machine without power or network says nothing; here the process is stopped.
    @Test("a rank that falls silent is missed by the others", arguments: [0, 1])
    func silent(rank: Int) throws {
        try withProgram { program in
            let script = try program.write(
                "silent.lua",
                """
                ranks.barrier()
                if ranks.rank == \(rank) then os.execute("kill -STOP $PPID; sleep 1") end
                ranks.barrier()
                print("past")
                """)
            let began = ContinuousClock.now
            let result = try program.shell("$LYCEUM run -q --processes 2 \(script)")
            #expect(result.status != 0 && result.output == "")
            #expect(
                result.errors.contains(
                    rank == 0 ? "has not answered for 6 s" : "rank 1 has not been heard of for 6 s"),
                "\(result.errors)")
            #expect(ContinuousClock.now - began < .seconds(120), "it ends by itself")
        }
    }

    @Test(
        "ranks that make different calls are told apart, and do not wait for ever",
        arguments: [
            (
                "if ranks.rank == 0 then ranks.gather(1) else ranks.barrier() end",
                "rank 0 is at ranks.gather, rank 1 at ranks.barrier"
            ),
            (
                "if ranks.rank == 0 then data.from({ { a = 1 } }):save('out.jsonl') end",
                "rank 0 is at dataset:save, and another rank has come to the end of the script"
            ),
            (
                "if ranks.rank == 0 then metrics.rouge({ 'a' }, { 'a' }) else ranks.gather(string.rep('x', 100000)) end",
                "rank 0 is at metrics.rouge, rank 1 at ranks.gather"
            ),
        ])
    func misaligned(_ code: String, _ expected: String) throws {
        try withProgram { program in
            let script = try program.write("calls.lua", code)
            let result = try program.shell("$LYCEUM run -q --processes 2 \(script)")
            #expect(result.status == 1)
            #expect(result.errors.contains(expected), "\(result.errors)")
            #expect(result.errors.contains("if ranks.rank == 0"))
        }
    }

    @Test("a rank is killed in the middle of training; started again, all go on from the newest checkpoint")
    func restarting() throws {
        try withProgram { program in
            _ = try program.write(
                "train.lua",
                RanksTests.student + """
                    local run = learn(start(0), { max_steps = 60, output_dir = arg[1], save_steps = 5,
                                                  lr_scheduler_type = "constant" })
                    print(show(run, "loss"))
                    """)
            let start = try program.write("start.lua", RanksTests.student + "start(0)")
            #expect(try program.shell("$LYCEUM -q run \(start)").status == 0)
            let whole = try program.shell("$LYCEUM run -q --processes 2 train.lua whole")
            #expect(whole.status == 0, "\(whole.errors)")
            // The launcher's child that is rank 1 dies after the second checkpoint.
            let killed = try program.shell(
                """
                $LYCEUM run -q --processes 2 train.lua out & me=$!
                n=0; until [ -e out/checkpoint-10 ] || [ $n -gt 6000 ]; do n=$((n + 1)); sleep 0.01; done
                for child in $(cat /proc/$me/task/$me/children); do
                  if tr '\\0' '\\n' < /proc/$child/environ | grep -qx RANK=1; then kill -9 $child; fi
                done
                wait $me
                """)
            #expect(killed.status != 0 || killed.output == whole.output)
            let again = try program.shell(
                "export TORCHELASTIC_RESTART_COUNT=1; $LYCEUM run -q --processes 2 train.lua out")
            #expect(again.status == 0, "\(again.errors)")
            #expect(again.output == whole.output)
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
            let unknown = try program.shell(
                """
                export WORLD_SIZE=2 RANK=1 MASTER_ADDR=no-such-host.invalid MASTER_PORT=29500 LYCEUM_RANKS_TIMEOUT=2
                $LYCEUM run \(script)
                """)
            #expect(unknown.status == 1)
            #expect(
                unknown.errors.contains(
                    "rank 1 of 2 cannot reach rank 0's store at no-such-host.invalid:29500"),
                "\(unknown.errors)")
            let two = try program.shell(
                "$LYCEUM run --processes 2 \(script) & $LYCEUM run --processes 2 \(script); wait")
            #expect(two.output == "2\t2\n2\t2\n", "\(two.errors)")
        }
    }

    @Test("two jobs at one port: the second is told, the first goes on")
    func onePort() throws {
        try withProgram { program in
            let script = try program.write(
                "meet.lua",
                "io.open('going' .. ranks.rank, 'w'):close()\nos.execute(arg[1])\nprint(#ranks.gather(ranks.rank))"
            )
            let result = try program.shell(
                """
                export WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=$((20000 + $$ % 20000)) LYCEUM_RANKS_TIMEOUT=20
                wait="n=0; until [ -e over ] || [ \\$n -gt 3000 ]; do n=\\$((n + 1)); sleep 0.02; done"
                RANK=0 $LYCEUM run \(script) "$wait" & RANK=1 $LYCEUM run \(script) "$wait" &
                n=0; until [ -e going0 ] && [ -e going1 ] || [ $n -gt 3000 ]; do n=$((n + 1)); sleep 0.02; done
                RANK=0 $LYCEUM run \(script) true 2> zero; RANK=1 $LYCEUM run \(script) true 2> one
                touch over; wait; cat zero one
                """)
            #expect(result.output.contains("set MASTER_PORT to a free port"), "\(result)")
            #expect(result.output.contains("there is a rank 1 at 127.0.0.1:"), "\(result)")
            #expect(result.output.contains("two jobs use this port"))
            #expect(result.output.hasPrefix("2\n"), "\(result)")
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
