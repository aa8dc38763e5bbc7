import CReadline
import LyceumKit

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
        /// Pressed Ctrl-X Ctrl-E on this.
        case edit(String)
        /// Nothing: a signal asks the program to leave.
        case leave
    }

    /// Gives what can stand in place of the UTF-8 bytes `start..<end` of a line.
    typealias Complete = (_ line: String, _ start: Int, _ end: Int) -> [Completer.Completion]

    private let complete: Complete

    /// Takes over the terminal's line editing.
    ///
    /// - Parameter complete: called when the user presses Tab.
    init(complete: @escaping Complete) {
        self.complete = complete
        creadline_prepare("lyceum")
        creadline_setcompleter(
            { context, line, start, end, offers in
                guard let context, let line else { return }
                let editor = Unmanaged<LineEditor>.fromOpaque(context).takeUnretainedValue()
                for offer in editor.complete(String(cString: line), Int(start), Int(end)) {
                    creadline_offer(offers, offer.text, offer.label, offer.hint)
                }
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit { creadline_setcompleter(nil, nil) }

    /// Reads a line.
    func read(prompt: String) -> Input {
        var line: UnsafeMutablePointer<CChar>?
        let result = creadline_read(prompt, { Interrupt.leaving != nil }, &line)
        defer { if let line { creadline_free(line) } }
        let text = line.map { String(cString: $0) } ?? ""
        switch result {
        case CREADLINE_LINE: return .line(text)
        case CREADLINE_EDIT: return .edit(text)
        case CREADLINE_LEAVE: return .leave
        case CREADLINE_INTERRUPTED: return .interrupted
        default: return .end
        }
    }
}
