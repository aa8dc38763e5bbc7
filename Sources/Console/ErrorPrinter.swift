import LuaBridge
import LyceumKit

/// Writes errors: the message in one line first, then where it happened.
public struct ErrorPrinter: Sendable {
    /// The chunk name of what is typed at the prompt.
    public static let promptName = "prompt"

    private let style: Style

    /// Prepares to write errors.
    public init(style: Style) { self.style = style }

    /// The lines for an error.
    ///
    /// - Parameter isSingleLine: whether the code was one line typed at the prompt, whose place is obvious.
    public func text(_ error: any Error, isSingleLine: Bool = false) -> String {
        guard let error = error as? LuaError else { return "\(style.error("error:")) \(error)" }
        var message = error.message
        let obvious = "\(Self.promptName):1: "
        if isSingleLine, message.hasPrefix(obvious) { message.removeFirst(obvious.count) }
        if error.isInterrupt { return style.faint(message) }
        var lines = ["\(style.error("error:")) \(message)"]
        lines += frames(error.traceback, isSingleLine: isSingleLine).map { style.faint("  \($0)") }
        return lines.joined(separator: "\n")
    }

    /// The frames worth reading: those of Lua code, with the functions of the program folded away.
    private func frames(_ traceback: String?, isSingleLine: Bool) -> [String] {
        let frames = (traceback ?? "").split(separator: "\n").dropFirst().map { line in
            String(line.drop { $0 == "\t" || $0 == " " })
        }.filter { !$0.hasPrefix("[C]:") && !$0.hasPrefix("(...tail calls") }
        // One frame that is the chunk itself says no more than the message.
        if frames.count <= 1 { return [] }
        return isSingleLine ? frames.filter { $0 != "\(Self.promptName):1: in main chunk" } : frames
    }
}
