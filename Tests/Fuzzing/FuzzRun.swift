import Glibc
import LyceumKit

/// A child process that tries inputs on one target until its time is over.
///
/// The input that is being tried stands in `NAME.input` of the results' folder, so that it is there whatever becomes of
/// the process; `NAME.count` says how many were tried.
public enum FuzzRun {
    /// Seconds of the processor that one input may take.
    private static let patience = 10
    /// Seconds that may pass meanwhile; on a busy machine they are many.
    private static let waiting: UInt32 = 300
    /// Bytes that the process may allocate.
    private static let mostMemory: rlim_t = 4 << 30

    /// Where inputs and counts are kept.
    public static var results: String { FuzzTarget.repository(".build/fuzz") }

    /// Seconds for each target: `LYCEUM_FUZZ_SECONDS`, else a few.
    public static var seconds: Int { number("LYCEUM_FUZZ_SECONDS") ?? 8 }

    /// Where the random numbers begin: `LYCEUM_FUZZ_SEED`, else always the same.
    public static var seed: Int { number("LYCEUM_FUZZ_SEED") ?? 1 }

    /// The names of the targets that `LYCEUM_FUZZ_TARGETS` names; of all of them unless it is set.
    public static func names(of targets: [FuzzTarget]) -> [String] {
        let all = targets.map(\.name)
        guard let named = getenv("LYCEUM_FUZZ_TARGETS").map({ String(cString: $0) }), !named.isEmpty else {
            return all
        }
        return all.filter { named.split(separator: ",").map(String.init).contains($0) }
    }

    /// Ends the process when it has used so much time of the processor; 0 never.
    private static func endAfter(seconds: Int) {
        var timer = itimerval(it_interval: timeval(), it_value: timeval(tv_sec: seconds, tv_usec: 0))
        setitimer(__itimer_which_t(2), &timer, nil)  // ITIMER_PROF
    }

    /// Interrupts as Ctrl-C does, after so much time of the processor; 0 never.
    private static func interruptAfter(seconds: Int) {
        var timer = itimerval(it_interval: timeval(), it_value: timeval(tv_sec: seconds, tv_usec: 0))
        setitimer(__itimer_which_t(1), &timer, nil)  // ITIMER_VIRTUAL
    }

    private static func number(_ variable: String) -> Int? {
        getenv(variable).flatMap { Int(String(cString: $0)) }
    }

    /// Tries inputs on the target of a name, or only one that is kept in a file.
    public static func run(
        _ name: String, of targets: [FuzzTarget], seconds: Int, seed: Int, only file: String?
    ) throws {
        guard let target = targets.first(where: { $0.name == name }) else { return }
        nice(10)
        try Files.makeFolder(results)
        let folder = "/tmp/lyceum-fuzz-\(name)-\(getpid())"
        try Files.makeFolder(folder)
        defer { Files.removeTree(folder) }
        let body = try target.prepare(folder)
        var limit = rlimit(rlim_cur: mostMemory, rlim_max: mostMemory)
        setrlimit(__rlimit_resource_t(2), &limit)  // RLIMIT_DATA
        let kept = Files.join(results, "\(name).input")
        let descriptor = open(kept, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        Interrupt.prepare()
        signal(SIGVTALRM) { _ in Interrupt.raise() }
        func attempt(_ input: [UInt8]) {
            _ = pwrite(descriptor, input, input.count, 0)
            ftruncate(descriptor, off_t(input.count))
            // Their signals end the process.
            endAfter(seconds: patience)
            if target.mayBeEndless { interruptAfter(seconds: 2) }
            alarm(waiting)
            try? body(input)
            alarm(0)
            endAfter(seconds: 0)
            if target.mayBeEndless {
                interruptAfter(seconds: 0)
                Interrupt.clear()
            }
        }
        if let file { return attempt(try Files.read(file)) }
        var count = 0
        for input in target.seeds {
            attempt(input)
            count += 1
        }
        var mutator = Mutator(seed: seed, seeds: target.seeds, tokens: target.tokens, longest: target.longest)
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            attempt(mutator.next())
            count += 1
        }
        // Not by Files: a target may have closed the sandbox around this process.
        try FuzzTarget.plainWrite(Array("\(count)\n".utf8), to: Files.join(results, "\(name).count"))
        close(descriptor)
        unlink(kept)
    }
}
