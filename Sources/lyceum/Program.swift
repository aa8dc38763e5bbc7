import ArgumentParser
import Console
import Glibc
import Hub
import LuaBridge
import LyceumKit
import PluginTools
import Scripting
import Workbench

extension RawKeyboard: Keyboard {}

/// Puts the parts together.
enum Program {
    /// A session with everything that scripts can use. Neither libtorch nor the network is touched.
    ///
    /// - Parameters:
    ///   - lab: the folder of the lab; nil remembers nothing.
    ///   - labIsOnlyRead: whether rank 0 keeps it.
    ///   - plugins: which may be used.
    ///   - sandbox: what keeps the scripts from doing harm; nil trusts them.
    static func session(
        isQuiet: Bool, lab: String?, labIsOnlyRead: Bool = false, plugins: PluginOptions, terminal: Terminal,
        sandbox: Sandbox? = nil
    ) throws -> Session {
        let mode: ProgressRenderer.Mode =
            isQuiet ? .silent : terminal.showsBars ? .bar : .lines
        let progress = ProgressRenderer(mode: mode)
        let state = try LuaState()
        let host =
            sandbox == nil
            ? plugins.host() : PluginHost(folders: [executableFolder], choice: plugins.choice)
        for id in host.missing {
            Terminal.report("lyceum: LYCEUM_PLUGINS names '\(id)', and there is no such plugin")
        }
        var hub = Hub()
        // In a sandbox, only from a server that was named.
        hub.settings.mayDownload = sandbox?.hosts.contains(hub.settings.host) ?? true
        let environment = ScriptEnvironment(
            plugins: host, builder: sandbox == nil ? try? pluginBuilder() : nil, hub: hub,
            listener: progress.listener,
            lab: LabSession(
                folder: lab, versions: ["lyceum": lyceumVersion], isOnlyRead: labIsOnlyRead,
                tell: progress.warn),
            width: { Terminal.width },
            isColoured: terminal.isOutputInteractive && terminal.allowsColour,
            keyboard: RawKeyboard(terminal),
            write: { text in
                // A file or another program gets every byte.
                Terminal.write(terminal.isOutputInteractive ? ShownText.colouredSafe(text) : text)
            }, page: { Pager.show($0, on: terminal) })
        try Scripting.install(into: state, environment: environment)
        let session = Session(state: state, terminal: terminal, progress: progress, isQuiet: isQuiet)
        try sandbox?.close(around: state)
        return session
    }

    /// Opens the prompt and stays until the user leaves.
    static func prompt(_ session: Session) {
        _ = session.runStartUpFile()
        REPL(session: session, version: lyceumVersion).run()
    }

    /// Ends the program if code has failed.
    static func check(_ outcome: Session.Outcome) throws {
        if outcome != .success { throw ExitCode(outcome.rawValue) }
    }

    /// Where plugins are looked for, in order: the built-in ones, the user's own, `LYCEUM_PLUGIN_PATH`. Relative paths
    /// there are left out: nothing of the current folder is loaded unasked.
    static func pluginFolders() -> [String] {
        let named = (Environment.value("LYCEUM_PLUGIN_PATH") ?? "").split(separator: ":").map(String.init)
        return [executableFolder] + [userPluginFolder].compactMap(\.self) + named.filter { $0.hasPrefix("/") }
    }

    /// Where `lyceum plugin build` installs; nil without a home folder.
    static var userPluginFolder: String? {
        Environment.folder("XDG_DATA_HOME", fallback: ".local/share").map { $0 + "/plugins" }
    }

    /// Finds the plugins; those that are not built in are tried in a process of their own before they are opened.
    static func pluginHost(choice: PluginHost.Choice) -> PluginHost {
        PluginHost(
            folders: pluginFolders(), choice: choice, probe: { try pluginProbe.check($0) },
            interface: { torch in (try? SDK(folder: executableFolder))?.interface(torch: torch) })
    }

    /// What tries plugins before they are opened.
    static var pluginProbe: PluginProbe {
        PluginProbe(
            executable: executable, builtIn: executableFolder,
            cache: Environment.folder("XDG_CACHE_HOME", fallback: ".cache"))
    }

    /// What builds and installs plugins.
    ///
    /// - Throws: `LyceumError` if this program brings no modules to build against, or there is no home folder.
    static func pluginBuilder() throws -> PluginBuilder {
        guard let home = userPluginFolder else {
            throw LyceumError.failed("there is no folder for plugins", remedy: "set HOME or XDG_DATA_HOME")
        }
        return PluginBuilder(
            sdk: try SDK(folder: executableFolder), home: home, probe: pluginProbe, folders: pluginFolders())
    }

    /// The author's guide to plugins: in an installation, or in the checkout whose build folder this is.
    static var guide: String? {
        let root = Files.parent(of: Files.parent(of: Files.parent(of: executableFolder)))
        return ["\(executableFolder)/guide/README.md", "\(root)/plugins/README.md"].first(where: Files.exists)
    }

    /// The path of this program.
    static var executable: String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0 else { return CommandLine.arguments.first ?? "lyceum" }
        return String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The folder of this program, where the built-in plugins lie.
    static var executableFolder: String { Files.parent(of: executable) }
}

/// Which plugins may be used.
struct PluginOptions: ParsableArguments {
    @Flag(name: .customLong("no-plugins"), help: "Use no plugin; LYCEUM_PLUGINS=t5,gbdt uses these only.")
    var usesNone = false

    /// What was asked for.
    var choice: PluginHost.Choice {
        if usesNone { return .only([], by: "--no-plugins") }
        guard let named = Environment.value("LYCEUM_PLUGINS") else { return .all }
        let ids = named.split(separator: ",").map { String($0.filter { !$0.isWhitespace }) }
        return .only(Set(ids), by: "LYCEUM_PLUGINS")
    }

    /// The plugins, as far as they may be used.
    func host() -> PluginHost { Program.pluginHost(choice: choice) }
}
