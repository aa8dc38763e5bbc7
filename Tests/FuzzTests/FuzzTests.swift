import Fuzzing
import Glibc
import LyceumKit
import Testing

/// Every reader of foreign input, tried with thousands of inputs: a short pass here, as long as one likes by
/// `scripts/fuzz`.
@Suite struct FuzzTests {
    /// Two targets at a time, besides the other tests.
    private static let turns = Turns(2)

    @Test("no input traps, hangs or takes all memory", arguments: FuzzRun.names(of: FuzzTarget.all))
    func target(name: String) async throws {
        try? Files.makeFolder(FuzzRun.results)
        await Self.turns.wait()
        let (seconds, seed) = (FuzzRun.seconds, FuzzRun.seed)
        await #expect(
            processExitsWith: .success,
            "the input is kept: \(FuzzRun.results)/\(name).input; LYCEUM_FUZZ_INPUT=FILE tries it alone"
        ) { [name = name as String, seconds = seconds as Int, seed = seed as Int] in
            let only = getenv("LYCEUM_FUZZ_INPUT").map { String(cString: $0) }
            try FuzzRun.run(name, of: FuzzTarget.all, seconds: seconds, seed: seed, only: only)
        }
        await Self.turns.end()
    }

    @Test("the same seed makes the same inputs, within the bound")
    func mutator() {
        func inputs(_ seed: Int) -> [[UInt8]] {
            var mutator = Mutator(
                seed: seed, seeds: [Array("{\"a\": 12}".utf8), []], tokens: ["["], longest: 100)
            return (0..<500).map { _ in mutator.next() }
        }
        #expect(inputs(1) == inputs(1))
        #expect(inputs(1) != inputs(2))
        #expect(inputs(1).allSatisfy { $0.count <= 100 })
        #expect(Set(inputs(1)).count > 300)
    }
}

/// Lets so many in at a time.
private actor Turns {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ free: Int) { self.free = free }

    func wait() async {
        if free > 0 {
            free -= 1
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    func end() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}
