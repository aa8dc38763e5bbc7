import ArgumentParser
import Console
import Glibc
import LyceumKit

/// `lyceum run --processes N`: starts N ranks of a script on this machine, for those without a launcher.
struct RankLauncher {
    let count: Int
    private var children: [pid_t: Int] = [:]
    /// The status of the first rank that failed.
    private var status: Int32 = 0

    init(count: Int) { self.count = count }

    /// Arguments of the program without `--processes N`, which only the launcher obeys. What comes after the script
    /// is the script's.
    static func withoutProcesses(_ arguments: [String]) -> [String] {
        guard let place = arguments.firstIndex(where: { $0 == "--processes" || $0.hasPrefix("--processes=") })
        else { return arguments }
        var rest = arguments
        rest.removeSubrange(place..<min(rest.count, place + (rest[place] == "--processes" ? 2 : 1)))
        return rest
    }

    /// How long ranks may take to end after one has failed or a signal came, in seconds.
    private static let patience: Int32 = 10

    /// Starts the ranks with this program's own arguments and waits for them.
    ///
    /// - Parameter arguments: of the program, without `--processes`.
    /// - Returns: 0, or the exit status of the first rank that failed.
    mutating func run(_ arguments: [String]) throws -> Int32 {
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGCHLD] { sigaddset(&signals, signal) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        let port = try RankPlace.freePort()
        for rank in 0..<count { try start(rank, port: Int(port), arguments) }
        while !children.isEmpty {
            // Once a rank has failed, the others have a while; then they are ended.
            var pause = timespec(tv_sec: Int(Self.patience), tv_nsec: 0)
            let signal = status == 0 ? Self.next(signals) : sigtimedwait(&signals, nil, &pause)
            switch signal {
            case SIGCHLD: collect()
            case -1 where errno == EAGAIN: for child in children.keys { kill(child, SIGKILL) }
            case -1: continue
            default: for child in children.keys { kill(child, signal) }
            }
        }
        return status
    }

    private static func next(_ signals: sigset_t) -> Int32 {
        var signals = signals
        var signal: Int32 = 0
        return sigwait(&signals, &signal) == 0 ? signal : -1
    }

    /// Takes in the ranks that have ended.
    private mutating func collect() {
        var ended: Int32 = 0
        while case let child = waitpid(-1, &ended, WNOHANG), child > 0 {
            guard let rank = children.removeValue(forKey: child) else { continue }
            let signal = ended & 0x7f
            let code = signal == 0 ? (ended >> 8) & 0xff : 128 + signal
            guard code != 0, status == 0 else { continue }
            status = code
            if signal != 0 { Terminal.report("lyceum: rank \(rank) was ended by signal \(signal)") }
        }
    }

    private mutating func start(_ rank: Int, port: Int, _ arguments: [String]) throws {
        var environment = Environment.all
        environment["RANK"] = String(rank)
        environment["LOCAL_RANK"] = String(rank)
        environment["WORLD_SIZE"] = String(count)
        environment["LOCAL_WORLD_SIZE"] = String(count)
        environment["MASTER_ADDR"] = "127.0.0.1"
        environment["MASTER_PORT"] = String(port)
        environment[RankPlace.launcherVariable] = String(getpid())
        environment["TORCHELASTIC_USE_AGENT_STORE"] = nil
        // The ranks share the cores.
        let cores = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        environment["OMP_NUM_THREADS"] = environment["OMP_NUM_THREADS"] ?? String(max(1, cores / count))

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        // Of their own, so that Ctrl-C comes once, from here, and not from the terminal as well.
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // A process in the background may not read the terminal.
        if rank > 0 || isatty(0) == 1 {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }

        var child: pid_t = 0
        let failure = withStrings([Program.executable] + arguments) { arguments in
            withStrings(environment.map { "\($0.key)=\($0.value)" }) { environment in
                posix_spawn(&child, Program.executable, &actions, &attributes, arguments, environment)
            }
        }
        guard failure == 0 else {
            for child in children.keys { kill(child, SIGTERM) }
            throw LyceumError.failed(
                "rank \(rank) cannot be started: \(String(cString: strerror(failure)))", remedy: nil)
        }
        children[child] = rank
    }

    private func withStrings<Result>(
        _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        let pointers = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(
            capacity: strings.count + 1)
        for (index, string) in strings.enumerated() { pointers[index] = strdup(string) }
        pointers[strings.count] = nil
        defer {
            for index in strings.indices { free(pointers[index]) }
            pointers.deallocate()
        }
        return body(pointers)
    }
}
