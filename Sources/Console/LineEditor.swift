import CReadline

/// Reads lines with editing, history and completion.
final class LineEditor {
    /// What the user did.
    enum Input {
        /// Typed this.
        case line(String)
        /// Pressed Ctrl-C.
        case interrupted
        /// Pressed Ctrl-D on an empty line.
        case end
    }

    private let complete: (_ line: String, _ start: Int, _ end: Int) -> [String]

    /// Takes over the terminal's line editing.
    ///
    /// - Parameter complete: gives what can stand in place of the UTF-8 bytes `start..<end` of the line.
    init(complete: @escaping (_ line: String, _ start: Int, _ end: Int) -> [String]) {
        self.complete = complete
        creadline_prepare("lyceum")
        creadline_setcompleter(
            { context, line, start, end, offers in
                guard let context, let line else { return }
                let editor = Unmanaged<LineEditor>.fromOpaque(context).takeUnretainedValue()
                for text in editor.complete(String(cString: line), Int(start), Int(end)) {
                    creadline_offer(offers, text)
                }
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit { creadline_setcompleter(nil, nil) }

    /// Reads a line.
    func read(prompt: String) -> Input {
        var line: UnsafeMutablePointer<CChar>?
        switch creadline_read(prompt, &line) {
        case CREADLINE_LINE:
            guard let line else { return .end }
            defer { creadline_free(line) }
            return .line(String(cString: line))
        case CREADLINE_INTERRUPTED: return .interrupted
        default: return .end
        }
    }
}
