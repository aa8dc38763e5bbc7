import CReadline
import Glibc
import LyceumKit

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

    /// Looks at the file descriptors and the environment of this process.
    public init() {
        isInputInteractive = isatty(STDIN_FILENO) == 1
        isOutputInteractive = isatty(STDOUT_FILENO) == 1
        isErrorInteractive = isatty(STDERR_FILENO) == 1
        allowsColour =
            (Environment.value("NO_COLOR") ?? "").isEmpty && Environment.value("TERM") != "dumb"
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
    public static func write(_ text: String) { emit(text, to: STDOUT_FILENO) }

    /// Writes a line to standard error. What it quotes (names of files, columns and figures, the words of a server)
    /// cannot command the terminal.
    public static func report(_ line: String) {
        emit(ShownText.colouredSafe(line) + "\n", to: STDERR_FILENO)
    }

    /// Writes all of a text; what cannot be written (a closed pipe) is dropped.
    public static func emit(_ text: String, to descriptor: Int32) {
        // Lua writes through C's buffers.
        fflush(nil)
        var text = text
        text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
    }
}

/// The environment of the process.
public enum Environment {
    /// The value of a variable; nil if it is not set.
    public static func value(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// A folder of the XDG base directory specification, with `lyceum` appended.
    ///
    /// - Parameters:
    ///   - variable: "XDG_STATE_HOME"; a relative value is ignored, as the specification says.
    ///   - fallback: below the home folder: ".local/state".
    /// - Returns: nil if there is neither the variable nor a home folder.
    public static func folder(_ variable: String, fallback: String) -> String? {
        if let folder = value(variable), folder.hasPrefix("/") { return folder + "/lyceum" }
        guard let home = value("HOME"), !home.isEmpty else { return nil }
        return "\(home)/\(fallback)/lyceum"
    }
}
