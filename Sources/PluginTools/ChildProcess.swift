import Glibc
import LyceumKit

/// A program that is run to its end.
struct ChildProcess {
    /// How a program ended.
    struct Ending: Equatable {
        /// Its exit status; nil if a signal ended it.
        let status: Int32?
        /// The signal that ended it; nil if none did.
        let signal: Int32?
        /// Whether it was ended because its time was up.
        var isTooLong = false

        /// In words: "signal 4 (Illegal instruction)".
        var description: String {
            if let signal { return "signal \(signal) (\(String(cString: strsignal(signal))))" }
            return "exit status \(status ?? -1)"
        }
    }

    /// The program's path, and its arguments.
    let command: [String]
    /// Variables that differ from this process's.
    var environment: [String: String] = [:]

    /// Runs it and waits; standard output and standard error come line by line, standard input is empty.
    ///
    /// - Parameters:
    ///   - job: cancels it: the program is asked to end, and killed if it has not after two seconds.
    ///   - limit: seconds after which it is killed; nil waits for ever.
    ///   - line: called with each line as it comes.
    /// - Throws: `LyceumError.failed` if it cannot be started, `LyceumError.cancelled`.
    func run(job: Job, limit: Double? = nil, line: (String) -> Void) throws -> Ending {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw failure(errno) }
        // The child has its copies as 1 and 2; one more open end would keep the pipe from ending.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        let process = try spawn(output: ends[1])
        var rest: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        var asked: ContinuousClock.Instant?
        let start = ContinuousClock.now
        var isTooLong = false
        reading: while true {
            if job.isCancelled, asked == nil {
                asked = .now
                kill(process, SIGTERM)
            }
            if let asked, .now - asked > .seconds(2) { kill(process, SIGKILL) }
            if let limit, !isTooLong, .now - start > .seconds(limit) {
                isTooLong = true
                kill(process, SIGKILL)
            }
            var waiting = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
            if poll(&waiting, 1, 100) <= 0 { continue }
            let count = read(ends[0], &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break reading }
            rest += buffer[..<count]
            while let end = rest.firstIndex(of: 10) {
                line(String(decoding: rest[..<end], as: UTF8.self))
                rest.removeSubrange(...end)
            }
        }
        if !rest.isEmpty { line(String(decoding: rest, as: UTF8.self)) }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        try job.checkCancelled()
        let signal = status & 0x7F
        return Ending(
            status: signal == 0 ? (status >> 8) & 0xFF : nil, signal: signal == 0 ? nil : signal,
            isTooLong: isTooLong)
    }

    private func failure(_ code: Int32) -> LyceumError {
        .failed(
            "\(command.first ?? "?") cannot be started: \(String(cString: strerror(code)))", remedy: nil)
    }

    /// Starts the program; closes `output` here.
    private func spawn(output: Int32) throws -> pid_t {
        defer { close(output) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, output, 2)
        // This program's threads may block signals, and it may ignore some; the child starts afresh.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = Self.environment(with: environment).map { strdup($0) }
        variables.append(nil)
        defer { for text in arguments + variables { free(text) } }
        var process: pid_t = 0
        let code = posix_spawn(&process, command.first ?? "", &actions, &attributes, &arguments, &variables)
        guard code == 0 else { throw failure(code) }
        return process
    }

    private static func environment(with changes: [String: String]) -> [String] {
        Environment.all.merging(changes) { _, new in new }.map { "\($0)=\($1)" }.sorted()
    }

    /// Where a program of that name lies on PATH.
    static func find(_ name: String) -> String? {
        (Environment.value("PATH") ?? "").split(separator: ":").map { "\($0)/\(name)" }
            .first { access($0, X_OK) == 0 }
    }
}
