import Glibc
import Testing

/// Ranks on two machines, as far as one machine can be two: network namespaces with a cable between them.
@Suite(.serialized, .enabled(if: Namespaces.areAllowed, "needs root and ip netns"))
struct RanksNetworkTests {
    @Test("ranks in two network namespaces train as one process does")
    func training() throws {
        try withProgram { program in
            _ = try program.write(
                "train.lua",
                RanksTests.student + """
                    local run = learn(start(0), { max_steps = 5 })
                    print(ranks.count, show(run, "loss"))
                    """)
            _ = try program.shell("$LYCEUM -q run train.lua")
            let alone = try program.shell("$LYCEUM -q run train.lua")
            let apart = try program.shell(
                Namespaces.script(
                    """
                    in_a $LYCEUM -q run train.lua & in_b $LYCEUM -q run train.lua; wait
                    """))
            #expect(apart.status == 0, "\(apart.errors)")
            let (a, b) = (alone.output.split(separator: "\t"), apart.output.split(separator: "\t"))
            #expect(a.first == "1" && b.first == "2", "\(apart)")
            let values = [a, b].map {
                $0.last?.split(whereSeparator: \.isWhitespace).compactMap { Double($0) } ?? []
            }
            #expect(values[0].count == 5)
            for (x, y) in zip(values[0], values[1]) { #expect(abs(x - y) < 1e-5) }
        }
    }

    @Test("the cable is pulled in the middle of training: both ends say that the other is silent")
    func cut() throws {
        try withProgram { program in
            _ = try program.write(
                "train.lua",
                RanksTests.student
                    + "learn(start(0), { max_steps = 1000000, output_dir = 'out', save_steps = 5 })")
            _ = try program.write("start.lua", RanksTests.student + "start(0)")
            #expect(try program.shell("$LYCEUM -q run start.lua").status == 0)
            let result = try program.shell(
                Namespaces.script(
                    """
                    in_a $LYCEUM -q run train.lua 2> a & a=$!; in_b $LYCEUM -q run train.lua 2> b & b=$!
                    n=0; until [ -e out/checkpoint-10 ] || [ $n -gt 3000 ]; do n=$((n + 1)); sleep 0.02; done
                    ip -n $two link set cable down
                    wait $a; echo $?; wait $b; echo $?; cat a b
                    """))
            #expect(result.output.hasPrefix("1\n1\n"), "\(result)")
            #expect(result.output.contains("rank 1 has not been heard of for 6 s"), "\(result)")
            #expect(result.output.contains("rank 0 at 10.77.0.1:29500 has not answered for 6 s"), "\(result)")
        }
    }
}

/// Two network namespaces.
private enum Namespaces {
    /// Whether this process may make them.
    static let areAllowed: Bool = {
        guard geteuid() == 0, let program = try? Program() else { return false }
        defer { program.remove() }
        return (try? program.shell("ip netns add lyceum-try-$$ && ip netns del lyceum-try-$$"))?.status == 0
    }()

    /// A script with `in_a` and `in_b`, which run a command as rank 0 and rank 1, each in a namespace of its own.
    static func script(_ body: String) -> String {
        """
        one=lyceum-a-$$ two=lyceum-b-$$
        trap 'ip netns del $one; ip netns del $two' EXIT
        ip netns add $one && ip netns add $two || exit 9
        ip link add cable netns $one type veth peer name cable netns $two || exit 9
        ip -n $one addr add 10.77.0.1/24 dev cable; ip -n $two addr add 10.77.0.2/24 dev cable
        for space in $one $two; do ip -n $space link set lo up; ip -n $space link set cable up; done
        export WORLD_SIZE=2 MASTER_ADDR=10.77.0.1 MASTER_PORT=29500
        in_a() { RANK=0 ip netns exec $one "$@"; }
        in_b() { RANK=1 ip netns exec $two "$@"; }
        \(body)
        """
    }
}
