/// A terminal whose keys can be read one by one, and whose screen can be drawn on.
public protocol Keyboard {
    /// Lets `body` read keys without Enter; afterwards the terminal is as it was.
    ///
    /// - Parameters:
    ///   - onOwnScreen: whether `draw` has a screen of its own, so that what stood there before comes back.
    ///   - body: gets what waits for the next key: "a", "up", "down", "left", "right", "enter", "escape", "space",
    ///     "backspace"; nil for Ctrl-C, Ctrl-D, the end of the input, and when the program is asked to end.
    func reading<T>(onOwnScreen: Bool, _ body: (_ next: () -> String?) throws -> T) rethrows -> T
    /// Shows lines on a cleared screen, and what the keys do below them.
    ///
    /// - Parameter lines: no longer than the screen is wide, without anything that commands a terminal.
    func draw(_ lines: [String], keys: String)
    /// Lines and columns of the screen.
    var size: (lines: Int, columns: Int) { get }
}

extension Keyboard {
    /// The lines of a text as this screen breaks them, cut to what fits above the line of the keys.
    func fitted(_ text: String, note: String) -> [String] {
        let width = max(size.columns, 20)
        var lines: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            var rest = Substring(line)
            repeat {
                let part = rest.prefix(width)
                lines.append(String(part))
                rest = rest.dropFirst(width)
            } while !rest.isEmpty
        }
        let room = max(size.lines - 2, 3)
        if lines.count > room { lines = lines.prefix(room - 1) + [note] }
        return lines
    }
}
