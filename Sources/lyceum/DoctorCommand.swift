import ArgumentParser
import Console
import LuaBridge
import LyceumKit
import PluginTools

/// `lyceum doctor`: what this installation is made of. Opens no plugin and no connection.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Report versions, folders and what is missing.")

    func run() throws {
        let terminal = Terminal()
        let plugins = Program.pluginHost(choice: .all).plugins
        let refused = plugins.filter { $0.refusal != nil }
        let torch = Self.libtorch()
        let rows: [(String, String)] = [
            ("lyceum", lyceumVersion),
            ("program", Program.executableFolder),
            ("compiler", String(cString: lyceum_compiler_version())),
            ("swift on PATH", SDK.swiftVersion() ?? "none: plugins cannot be built"),
            ("author's guide", Program.guide ?? "not there"),
            ("plugin API", "\(LYCEUM_PLUGIN_API_VERSION)"),
            ("Lua", LuaState.version),
            ("libtorch", torch.text),
            ("plugins", "\(plugins.count) found, \(refused.count) cannot be used"),
            ("plugin folders", Program.pluginFolders().joined(separator: ", ")),
            ("start-up file", place("XDG_CONFIG_HOME", ".config", "init.lua")),
            ("history", place("XDG_STATE_HOME", ".local/state", "history")),
            ("cache", Environment.folder("XDG_CACHE_HOME", fallback: ".cache") ?? "no home folder"),
            ("OPENAI_API_KEY", Environment.value("OPENAI_API_KEY") == nil ? "not set" : "set"),
            (
                "OPENAI_BASE_URL",
                Environment.value("OPENAI_BASE_URL").map { Secrets.address($0) }
                    ?? "not set (https://api.openai.com/v1)"
            ),
            ("terminal", terminal.isOutputInteractive ? "\(Terminal.width) columns" : "none"),
        ]
        for (name, value) in rows { Terminal.write(DisplayWidth.fit(name, to: 17) + value + "\n") }
        for plugin in refused { Terminal.write("  \(plugin.path): \(plugin.refusal ?? "")\n") }
        if !torch.isThere || !refused.isEmpty { throw ExitCode(1) }
    }

    private func place(_ variable: String, _ fallback: String, _ file: String) -> String {
        guard let folder = Environment.folder(variable, fallback: fallback) else { return "no home folder" }
        let path = folder + "/" + file
        return path + (Files.exists(path) ? "" : " (not there)")
    }

    /// Where libtorch lies: in this installation, or by the same rule as scripts/setup.
    private static func libtorch() -> (text: String, isThere: Bool) {
        let own = Program.executableFolder + "/libtorch"
        if Files.exists(own + "/libtorch_cpu.so") { return (own, true) }
        let named = Environment.value("LIBTORCH")
        let cache = Environment.folder("XDG_CACHE_HOME", fallback: ".cache") ?? ""
        let folders =
            named.map { [$0] }
            ?? Files.list(cache).filter { $0.hasPrefix("libtorch-") }.sorted().map { "\(cache)/\($0)/torch" }
        if let found = folders.first(where: { Files.exists($0 + "/lib/libtorch_cpu.so") }) {
            return (found, true)
        }
        return (
            named.map { "LIBTORCH=\($0) holds no lib/libtorch_cpu.so" }
                ?? "not in \(cache); run scripts/setup, or set LIBTORCH", false
        )
    }
}
