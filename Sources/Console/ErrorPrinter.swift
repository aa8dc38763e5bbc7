import LuaBridge
import LyceumKit

/// Writes errors: the message in one line first, then where it happened.
public struct ErrorPrinter {
    /// The chunk name of what is typed at the prompt.
    public static let promptName = "prompt"

    /// Characters of a message that are shown.
    private static let longest = 10_000

    private let style: Style
    /// Gives the line that a message is about.
    private let sourceLine: (_ message: String) -> (number: Int, text: String)?

    /// Prepares to write errors.
    ///
    /// - Parameter sourceLine: gives the line that a message such as "s.lua:3: …" is about.
    public init(
        style: Style, sourceLine: @escaping (_ message: String) -> (number: Int, text: String)? = { _ in nil }
    ) {
        self.style = style
        self.sourceLine = sourceLine
    }

    /// The lines for an error.
    ///
    /// - Parameter isSingleLine: whether the code was one line typed at the prompt, whose place is obvious.
    public func text(_ error: any Error, isSingleLine: Bool = false) -> String {
        guard let error = error as? LuaError else {
            return "\(style.error("error:")) \(ShownText.safe("\(error)", limit: Self.longest))"
        }
        var message = ShownText.safe(error.message, limit: Self.longest)
        let obvious = "\(Self.promptName):1: "
        let isObvious = isSingleLine && message.hasPrefix(obvious)
        let line = isObvious || error.isInterrupt ? nil : sourceLine(message)
        if isObvious { message.removeFirst(obvious.count) }
        if error.isInterrupt { return style.faint(message) }
        var lines = ["\(style.error("error:")) \(message)"]
        if let line {
            lines.append("\(style.faint("  \(line.number) |")) \(ShownText.safe(line.text, limit: 500))")
        }
        lines += frames(error.traceback, isSingleLine: isSingleLine).map {
            style.faint("  \(ShownText.safe($0, limit: 500))")
        }
        return lines.joined(separator: "\n")
    }

    /// How frames begin that tell a script's author nothing: functions of the program, and the sandbox's.
    private static let folded = ["[C]:", "(...tail calls", "sandbox:"]

    /// The frames worth reading: those of Lua code, with the functions of the program folded away.
    private func frames(_ traceback: String?, isSingleLine: Bool) -> [String] {
        let frames = (traceback ?? "").split(separator: "\n").dropFirst().map { line in
            String(line.drop { $0 == "\t" || $0 == " " })
        }.filter { line in !Self.folded.contains { line.hasPrefix($0) } }
        // One frame that is the chunk itself says no more than the message.
        if frames.count <= 1 { return [] }
        return isSingleLine ? frames.filter { $0 != "\(Self.promptName):1: in main chunk" } : frames
    }
}
