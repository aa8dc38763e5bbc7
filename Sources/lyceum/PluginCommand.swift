import ArgumentParser
import Console
import LyceumKit

/// `lyceum plugin`: what can be added to Lyceum.
struct PluginCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugin", abstract: "See the plugins.",
        subcommands: [PluginListCommand.self, PluginPrepareCommand.self])
}

/// `lyceum plugin list`: the plugins that were found; none is opened.
struct PluginListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the plugins.")

    func run() throws {
        let folders = Program.pluginFolders()
        let plugins = PluginHost(folders: folders).plugins
        if plugins.isEmpty { Terminal.report("no plugins in " + folders.joined(separator: ", ")) }
        for plugin in plugins {
            guard let manifest = plugin.manifest else {
                Terminal.write("\(plugin.path)\n  cannot be used: \(plugin.refusal ?? "?")\n")
                continue
            }
            Terminal.write("\(manifest.id) \(manifest.version)  \(manifest.summary)\n  \(manifest.library)\n")
            for student in manifest.students {
                let names = ([student.id] + student.aliases).joined(separator: ", ")
                Terminal.write("  student \(names): \(student.summary)\n")
            }
            if let refusal = plugin.refusal { Terminal.write("  cannot be used: \(refusal)\n") }
        }
    }
}
