import ArgumentParser
import Console
import Glibc
import LuaBridge
import LyceumKit
import Scripting

/// Puts the parts together.
enum Program {
    /// A session with everything that scripts can use. Neither libtorch nor the network is touched.
    ///
    /// - Parameters:
    ///   - lab: the folder of the lab; nil remembers nothing.
    ///   - sandbox: what keeps the scripts from doing harm; nil trusts them.
    static func session(
        isQuiet: Bool, lab: String?, terminal: Terminal, sandbox: Sandbox? = nil
    ) throws -> Session {
        let mode: ProgressRenderer.Mode =
            isQuiet ? .silent : terminal.isErrorInteractive && terminal.allowsColour ? .bar : .lines
        let progress = ProgressRenderer(mode: mode)
        let state = try LuaState()
        let environment = ScriptEnvironment(
            plugins: PluginHost(folders: sandbox == nil ? pluginFolders() : [executableFolder]),
            listener: progress.listener,
            lab: LabSession(folder: lab, versions: ["lyceum": lyceumVersion], tell: progress.warn),
            width: { Terminal.width },
            isColoured: terminal.isOutputInteractive && terminal.allowsColour,
            write: { Terminal.write($0.hasSuffix("\n") ? $0 : $0 + "\n") })
        try Scripting.install(into: state, environment: environment)
        let session = Session(state: state, terminal: terminal, progress: progress, isQuiet: isQuiet)
        try sandbox?.close(around: state)
        return session
    }

    /// Opens the prompt and stays until the user leaves.
    static func prompt(_ session: Session) {
        _ = session.runStartUpFile()
        Prompt(session: session, version: lyceumVersion).run()
    }

    /// Ends the program if code has failed.
    static func check(_ outcome: Session.Outcome) throws {
        if outcome != .success { throw ExitCode(outcome.rawValue) }
    }

    /// Where plugins are looked for, in order: `LYCEUM_PLUGIN_PATH`, the user's own, the built-in ones.
    static func pluginFolders() -> [String] {
        let named = (Environment.value("LYCEUM_PLUGIN_PATH") ?? "").split(separator: ":").map(String.init)
        let own =
            Environment.folder("XDG_DATA_HOME", fallback: ".local/share").map { [$0 + "/plugins"] } ?? []
        return named + own + [executableFolder]
    }

    /// The folder of this program, where SwiftPM lays the built-in plugins.
    static var executableFolder: String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0 else { return Files.parent(of: CommandLine.arguments.first ?? ".") }
        return Files.parent(
            of: String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self))
    }
}
