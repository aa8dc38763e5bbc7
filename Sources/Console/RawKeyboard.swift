import Glibc
import LyceumKit

/// The keys of the terminal, one by one, without Enter and without echo.
public struct RawKeyboard: Sendable {
    /// The keyboard of a terminal that a person sits at; nil where input or output is not one.
    public init?(_ terminal: Terminal) {
        guard terminal.isInputInteractive, terminal.isOutputInteractive else { return nil }
    }

    /// Lets `body` read keys; afterwards the terminal is as it was.
    ///
    /// - Parameter onOwnScreen: whether `draw` has a screen of its own.
    public func reading<T>(onOwnScreen: Bool, _ body: (_ next: () -> String?) throws -> T) rethrows -> T {
        Terminal.write(onOwnScreen ? "\u{1B}[?1049h" : "")
        defer { if onOwnScreen { Terminal.write("\u{1B}[?1049l") } }
        var before = termios()
        guard tcgetattr(STDIN_FILENO, &before) == 0 else { return try body { nil } }
        var raw = before
        // Ctrl-C is a key here: what it ends is the reading, not the work before it.
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG)
        tcsetattr(STDIN_FILENO, TCSANOW, &raw)
        defer { tcsetattr(STDIN_FILENO, TCSANOW, &before) }
        return try body(Self.next)
    }

    /// Shows lines on a cleared screen, and what the keys do below them.
    public func draw(_ lines: [String], keys: String) {
        let text = lines.joined(separator: "\n")
        Terminal.write("\u{1B}[H\u{1B}[2J\(text)\n\u{1B}[2m\(keys.prefix(max(size.columns, 20)))\u{1B}[22m")
    }

    /// The lines and columns of the screen.
    public var size: (lines: Int, columns: Int) { (Terminal.height ?? 24, Terminal.width) }

    private static func next() -> String? {
        guard let byte = read(patiently: true) else { return nil }
        switch byte {
        case 3, 4: return nil
        case 10, 13: return "enter"
        case 32: return "space"
        case 8, 127: return "backspace"
        case 27: return escape()
        case 0..<32: return "control"
        default: return character(byte)
        }
    }

    /// What a key sends that begins with Escape.
    private static func escape() -> String {
        guard let second = read(patiently: false) else { return "escape" }
        guard second == UInt8(ascii: "[") || second == UInt8(ascii: "O"), let third = read(patiently: false)
        else {
            return "escape"
        }
        switch third {
        case UInt8(ascii: "A"): return "up"
        case UInt8(ascii: "B"): return "down"
        case UInt8(ascii: "C"): return "right"
        case UInt8(ascii: "D"): return "left"
        default:
            // The rest of a longer sequence is not another key.
            var last = third
            while !(0x40...0x7E).contains(last), let more = read(patiently: false) { last = more }
            return "control"
        }
    }

    private static func character(_ first: UInt8) -> String {
        var bytes = [first]
        let count = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
        while bytes.count < count, let more = read(patiently: false) { bytes.append(more) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A byte of the input.
    ///
    /// - Parameter patiently: whether to wait until there is one; else only as long as a terminal takes to send the rest
    ///   of a key.
    /// - Returns: nil if there is none, or the program is asked to end.
    private static func read(patiently: Bool) -> UInt8? {
        while true {
            if Interrupt.leaving != nil { return nil }
            var wait = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            let ready = poll(&wait, 1, patiently ? 200 : 50)
            if ready == 0 {
                if patiently { continue }
                return nil
            }
            if ready < 0 {
                if errno == EINTR { continue }
                return nil
            }
            var byte: UInt8 = 0
            let count = Glibc.read(STDIN_FILENO, &byte, 1)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            return count == 1 ? byte : nil
        }
    }
}
