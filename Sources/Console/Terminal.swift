import CReadline
import Glibc
import LyceumKit
import Synchronization

/// What the program may assume about its screen.
public struct Terminal: Sendable {
    /// Whether standard input is a terminal.
    public let isInputInteractive: Bool
    /// Whether standard output is a terminal.
    public let isOutputInteractive: Bool
    /// Whether standard error is a terminal.
    public let isErrorInteractive: Bool
    /// Whether the user allows colour: no `NO_COLOR`, and not a dumb terminal.
    public let allowsColour: Bool
    /// Whether a bar can be drawn over itself on standard error: it is a terminal, and not a dumb one.
    public let showsBars: Bool

    /// Looks at the file descriptors and the environment of this process.
    public init() {
        isInputInteractive = isatty(STDIN_FILENO) == 1
        isOutputInteractive = isatty(STDOUT_FILENO) == 1
        isErrorInteractive = isatty(STDERR_FILENO) == 1
        let isDumb = Environment.value("TERM") == "dumb"
        allowsColour = (Environment.value("NO_COLOR") ?? "").isEmpty && !isDumb
        showsBars = isErrorInteractive && !isDumb
    }

    /// The width of the screen in columns; 100 where there is none.
    public static var width: Int {
        for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
            let width = Int(creadline_width(descriptor))
            if width > 0 { return width }
        }
        return 100
    }

    /// The height of the screen in lines; nil where there is none.
    public static var height: Int? {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 else { return nil }
        return Int(size.ws_row)
    }

    /// Writes to standard output, after everything that Lua has printed.
    public static func write(_ text: String) {
        if let code = emit(text, to: STDOUT_FILENO) { outputFault.store(code, ordering: .relaxed) }
    }

    /// Writes a line to standard error. What it quotes (names of files, columns and figures, the words of a server)
    /// cannot command the terminal.
    public static func report(_ line: String) {
        emit(ShownText.colouredSafe(line) + "\n", to: STDERR_FILENO)
    }

    /// Writes all of a text.
    ///
    /// - Returns: the number of the error if it could not be written; nil if it was.
    @discardableResult public static func emit(_ text: String, to descriptor: Int32) -> Int32? {
        // Lua writes through C's buffers.
        flush()
        var text = text
        return text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                if count < 0, errno == EAGAIN {
                    // Somebody made the terminal or the pipe non-blocking.
                    var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&wait, 1, 1000)
                    continue
                }
                guard count > 0 else { return count < 0 ? errno : EIO }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
            return nil
        }
    }
}

// What cannot be written to standard output must not pass for written, on whichever road it was to go.
extension Terminal {
    /// The number of the error of a failed write to standard output; 0 if there was none.
    private static let outputFault = Atomic<Int32>(0)

    /// Looks after standard output from now on: a program whose output could not be written ends with an error and
    /// status 1, whatever wrote it and however it ends. Called first of all.
    public static func watchOutput() {
        // A file opened later would otherwise take the place of a closed standard output, and be printed into.
        for (descriptor, mode) in [
            (STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY),
        ]
        where fcntl(descriptor, F_GETFD) < 0 {
            _ = open("/dev/null", mode)
        }
        outputFault.store(0, ordering: .relaxed)
        // Registered first, so that it is called last.
        atexit {
            do {
                try Terminal.checkOutput()
            } catch {
                Terminal.report("lyceum: \(error)")
                _exit(1)
            }
        }
    }

    /// Makes sure that everything printed so far was written.
    ///
    /// - Throws: `LyceumError.file`, once for each failure.
    public static func checkOutput() throws {
        flush()
        let code = outputFault.exchange(0, ordering: .relaxed)
        if code == 0 { return }
        throw LyceumError.file(
            path: "standard output", line: nil,
            problem: "cannot be written" + (code < 0 ? "" : " (\(String(cString: strerror(code))))"),
            remedy: code == ENOSPC ? "free some disk space" : "check where it is sent")
    }

    /// Writes out what C's buffers hold.
    private static func flush() {
        let code = creadline_flushoutput()
        if code != 0 { outputFault.store(code, ordering: .relaxed) }
    }
}
