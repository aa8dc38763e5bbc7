import ArgumentParser
import Console
import LyceumKit

/// `lyceum plugin prepare`: run once after plugins were built.
struct PluginPrepareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prepare",
        abstract: "Keep the options that plugins declare, so that Tab and help need not open them.",
        discussion: """
            Writes .lyceum-options.json next to the plugin.json of every plugin whose library is newer. Without it the \
            first Tab among a student's options opens its plugin, which takes a third of a second where it loads \
            libtorch.
            """)

    func run() throws {
        let problems = Program.pluginHost(choice: .all).keepOptions()
        for (path, problem) in problems { Terminal.report("\(path): \(problem)") }
        if !problems.isEmpty { throw ExitCode.failure }
    }
}
