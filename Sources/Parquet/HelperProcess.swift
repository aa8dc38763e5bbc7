import Glibc
import LyceumKit

/// A program that runs next to this one, with pipes to and from it.
final class HelperProcess {
    private let process: pid_t
    private let input: Int32
    private let output: Int32
    private let errors: Int32
    private let job: Job
    private var isOver = false
    private var said: [UInt8] = []

    /// Starts it.
    ///
    /// - Parameter job: when it is cancelled, the program is killed and calls throw.
    /// - Throws: `LyceumError.failed` if it cannot be started.
    init(_ command: [String], job: Job) throws {
        self.job = job
        var pipes: [(reading: Int32, writing: Int32)] = []
        func closeAll() { for pair in pipes { _ = (close(pair.reading), close(pair.writing)) } }
        for place in 0..<3 {
            var ends: [Int32] = [-1, -1]
            // Writing to a pipe whose reader has died would end this program; a socket only says so.
            let status = place == 0 ? socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) : pipe(&ends)
            guard status == 0 else {
                closeAll()
                throw Self.failed(command, errno)
            }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            pipes.append((ends[0], ends[1]))
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, pipes[0].reading, 0)
        posix_spawn_file_actions_adddup2(&actions, pipes[1].writing, 1)
        posix_spawn_file_actions_adddup2(&actions, pipes[2].writing, 2)
        // This program's threads may block signals, and it may ignore some; the child starts afresh. A group of its
        // own keeps Ctrl-C from it, so that we end it in order.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
        var words = command.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var identifier: pid_t = 0
        let code = posix_spawn(&identifier, command.first ?? "", &actions, &attributes, &words, environ)
        guard code == 0 else {
            closeAll()
            throw Self.failed(command, code)
        }
        close(pipes[0].reading)
        close(pipes[1].writing)
        close(pipes[2].writing)
        (process, input, output, errors) = (identifier, pipes[0].writing, pipes[1].reading, pipes[2].reading)
        // Larger pipes mean fewer switches between the two; where the system refuses, the usual ones do.
        let wanted: Int32 = 1 << 20
        _ = fcntl(output, 1031, wanted)  // F_SETPIPE_SZ of <fcntl.h>
        for end in [input, output, errors] { _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK) }
    }

    deinit {
        if !isOver { _ = end(killing: true) }
    }

    private static func failed(_ command: [String], _ code: Int32) -> LyceumError {
        .failed("\(command.first ?? "?") cannot be started: \(String(cString: strerror(code)))", remedy: nil)
    }

    /// The program ended before it had given what was asked for.
    struct Ended: Error {}

    /// Fills a buffer from its standard output.
    ///
    /// - Throws: `Ended`, `LyceumError.cancelled`.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws {
        var filled = 0
        while filled < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let count = Glibc.read(output, rest.baseAddress, rest.count)
            if count > 0 {
                filled += count
            } else if count == 0 {
                throw Ended()
            } else if errno == EAGAIN {
                try wait(forOutput: true, forInput: false)
            } else if errno != EINTR {
                throw Ended()
            }
        }
    }

    /// Sends bytes to its standard input; what comes out meanwhile goes to `sink`.
    func write(_ bytes: [UInt8], sink: (UnsafeRawBufferPointer) throws -> Void) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(input, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count > 0 {
                sent += count
            } else if errno != EINTR, errno != EAGAIN {
                throw Ended()
            }
            if sent < bytes.count { try wait(forOutput: true, forInput: true) }
            _ = try drain(sink)
        }
    }

    /// Closes its standard input and gives all that still comes to `sink`.
    func finish(sink: (UnsafeRawBufferPointer) throws -> Void) throws {
        close(input)
        isInputClosed = true
        while try drain(sink) { try wait(forOutput: true, forInput: false) }
    }

    private var isInputClosed = false

    /// Gives what is there to `sink`; false at the end.
    private func drain(_ sink: (UnsafeRawBufferPointer) throws -> Void) throws -> Bool {
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = Glibc.read(output, &buffer, buffer.count)
            if count > 0 {
                try buffer.withUnsafeBytes { try sink(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            } else if count == 0 {
                return false
            } else if errno == EAGAIN {
                return true
            } else if errno != EINTR {
                return false
            }
        }
    }

    /// Waits until something can go on, or a twentieth of a second.
    private func wait(forOutput: Bool, forInput: Bool) throws {
        try job.checkCancelled()
        var polled = [pollfd(fd: errors, events: Int16(POLLIN), revents: 0)]
        if forOutput { polled.append(pollfd(fd: output, events: Int16(POLLIN), revents: 0)) }
        if forInput { polled.append(pollfd(fd: input, events: Int16(POLLOUT), revents: 0)) }
        // Once its errors have ended, looking at them would never wait.
        if areErrorsOver { polled.removeFirst() }
        _ = poll(&polled, nfds_t(polled.count), 50)
        if !areErrorsOver { readErrors() }
    }

    private var areErrorsOver = false

    private func readErrors() {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = Glibc.read(errors, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count == 0 { areErrorsOver = true }
            guard count > 0 else { return }
            // The beginning says what is wrong.
            if said.count < 1 << 16 { said += buffer[..<count] }
        }
    }

    /// How it ended.
    struct Ending {
        /// Its exit status; 128 + n if signal n ended it.
        let status: Int32
        /// What it wrote to standard error.
        let errors: String
    }

    /// Waits for its end.
    func end(killing: Bool = false) -> Ending {
        isOver = true
        if killing { kill(-process, SIGKILL) }
        if !isInputClosed { close(input) }
        close(output)
        var status: Int32 = 0
        while true {
            let result = waitpid(process, &status, WNOHANG)
            if result != 0, !(result < 0 && errno == EINTR) { break }
            if job.isCancelled { kill(-process, SIGKILL) }
            var waiting = pollfd(fd: errors, events: Int16(POLLIN), revents: 0)
            if areErrorsOver { usleep(2000) } else { _ = poll(&waiting, 1, 20) }
            if !areErrorsOver { readErrors() }
        }
        if !areErrorsOver { readErrors() }
        close(errors)
        let signal = status & 0x7F
        return Ending(
            status: signal == 0 ? (status >> 8) & 0xFF : 128 + signal,
            errors: String(decoding: said, as: UTF8.self))
    }
}
