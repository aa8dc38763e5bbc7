import ArgumentParser
import Console
import LyceumKit
import PluginTools

/// `lyceum plugin`: what can be added to Lyceum.
struct PluginCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugin", abstract: "See, make, build, check and remove plugins.",
        subcommands: [
            PluginListCommand.self, PluginNewCommand.self, PluginBuildCommand.self, PluginCheckCommand.self,
            PluginRemoveCommand.self, PluginPrepareCommand.self, PluginProbeCommand.self,
            PluginDescribeCommand.self, PluginTryCommand.self,
        ])

    /// Runs what a command does; errors are told in one line.
    static func reporting(_ body: () throws -> Void) throws {
        do { try body() } catch let error as LyceumError {
            Terminal.report("lyceum: \(error)")
            if case .cancelled = error { throw ExitCode(130) }
            throw ExitCode(1)
        }
    }

    /// A job that the terminal shows.
    static func job(_ title: String) -> Job {
        let terminal = Terminal()
        let renderer = ProgressRenderer(
            mode: terminal.showsBars ? .bar : .silent)
        return Job(title, listener: renderer.listener)
    }
}

/// `lyceum plugin list`: the plugins that were found; none is opened in this process.
struct PluginListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the plugins: where from, version, what they bring, why not.")

    @OptionGroup var choice: PluginOptions

    func run() throws {
        let host = choice.host()
        if host.plugins.isEmpty {
            Terminal.report("no plugins in " + host.folders.joined(separator: ", "))
        }
        for plugin in host.plugins {
            guard let manifest = plugin.manifest else {
                Terminal.write("\(plugin.path)\n  cannot be used: \(plugin.refusal ?? "?")\n")
                continue
            }
            Terminal.write("\(manifest.id) \(manifest.version)  \(manifest.summary)\n  \(manifest.library)\n")
            for line in Self.brings(manifest) { Terminal.write("  \(line)\n") }
            if let refusal = plugin.refusal ?? Self.objection(to: manifest) {
                Terminal.write("  cannot be used: \(refusal)\n")
            }
        }
        for id in host.missing { Terminal.report("there is no plugin '\(id)'") }
    }

    /// What another process says that opened it; the built-in ones are not tried.
    private static func objection(to manifest: PluginManifest) -> String? {
        do { try Program.pluginProbe.check(manifest) } catch LyceumError.plugin(_, let problem, _) {
            return problem
        } catch { return "\(error)" }
        return nil
    }

    private static func brings(_ manifest: PluginManifest) -> [String] {
        manifest.students.map {
            "student \(([$0.id] + $0.aliases).joined(separator: ", ")): \($0.summary)"
        } + manifest.teachers.map { "teacher \($0.id): \($0.summary)" }
            + manifest.metrics.map { "metric \($0.id): \($0.summary)" }
            + manifest.formats.map {
                "format \($0.id) (\($0.suffixes.joined(separator: " "))): \($0.summary)"
            }
    }
}

/// `lyceum plugin new`: a package to start from.
struct PluginNewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new", abstract: "Write a package that builds and passes its tests as it is.")

    @Argument(help: "Its name: lower-case letters, digits and hyphens. The folder is called the same.")
    var name: String

    @Option(
        help: ArgumentHelp(
            "What it brings: " + PluginPackage.Kind.allCases.map(\.rawValue).joined(separator: ", ") + "."),
        completion: .list(PluginPackage.Kind.allCases.map(\.rawValue)))
    var kind = "student"

    func run() throws {
        try PluginCommand.reporting {
            guard let kind = PluginPackage.Kind(rawValue: kind) else {
                throw LyceumError.unknownName(
                    kind: "kind of plugin", name: kind, known: PluginPackage.Kind.allCases.map(\.rawValue),
                    remedy: nil)
            }
            let host = PluginHost(folders: Program.pluginFolders())
            let package = try PluginPackage(
                id: name, kind: kind, sdk: SDK(folder: Program.executableFolder),
                taken: host.plugins.flatMap { plugin in
                    guard let manifest = plugin.manifest else { return [String]() }
                    return [manifest.id] + manifest.students.flatMap { [$0.id] + $0.aliases }
                        + manifest.teachers.map(\.id) + manifest.metrics.map(\.id)
                        + manifest.formats.map(\.id)
                })
            try package.write(to: name)
            Terminal.write(
                """
                \(name)/ is a \(kind.rawValue) that works. Next:
                  lyceum plugin build \(name)
                  lyceum plugin check \(name)
                then change \(name)/Sources and build again.

                """ + (Program.guide.map { "The author's guide: \($0)\n" } ?? ""))
        }
    }
}

/// `lyceum plugin build`: builds a package and installs it for this user.
struct PluginBuildCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build", abstract: "Build a plugin's package and install it for this user.")

    @Argument(help: "The folder of the package.", completion: .directory)
    var folder = "."

    func run() throws {
        try PluginCommand.reporting {
            let installed = try Program.pluginBuilder().build(folder, job: PluginCommand.job("building"))
            for manifest in installed {
                let folder = Files.parent(of: manifest.path)
                Terminal.write("\(manifest.id) \(manifest.version) is installed in \(folder)\n")
            }
        }
    }
}

/// `lyceum plugin remove`: takes away what `build` installed.
struct PluginRemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove a plugin that `build` installed for this user.")

    @Argument(
        help: "The id of a plugin of yours (lyceum plugin list).",
        completion: .custom { _, _, _ in
            PluginHost(folders: [Program.userPluginFolder].compactMap(\.self)).plugins
                .compactMap { $0.manifest?.id }
        })
    var name: String

    func run() throws {
        try PluginCommand.reporting {
            guard let home = Program.userPluginFolder else {
                throw LyceumError.failed(
                    "there is no folder for plugins", remedy: "set HOME or XDG_DATA_HOME")
            }
            let others = PluginHost(folders: Program.pluginFolders()).plugins
            let folder = try PluginHome(folder: home).remove(name, others: others)
            Terminal.write("\(name) is removed: \(folder)\n")
        }
    }
}

/// `lyceum plugin describe`: what a library registers; `PluginProbe` runs it.
struct PluginDescribeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe", abstract: "Print what a library registers, as plugin.json says it.",
        shouldDisplay: false)

    @Argument var library: String
    @Flag(help: "As the file is written.") var pretty = false

    func run() throws {
        do {
            guard let manifest = try PluginHost.manifest(of: library) else { return }
            let text = JSON.encode(.object(manifest), pretty: pretty)
            Terminal.write(pretty ? text + "\n" : PluginProbe.mark + text + "\n")
        } catch LyceumError.plugin(_, let problem, let remedy) {
            Terminal.report(problem + (remedy.map { "; \($0)" } ?? ""))
            throw ExitCode(1)
        }
    }
}

/// `lyceum plugin probe`: opens a plugin and says what is wrong; `PluginProbe` runs it.
struct PluginProbeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe", abstract: "Open a plugin in this process.", shouldDisplay: false)

    @Argument var manifest: String

    func run() throws {
        do { try PluginHost(folders: []).load(manifest) } catch LyceumError.plugin(_, let problem, let remedy)
        {
            Terminal.report(problem + (remedy.map { "; \($0)" } ?? ""))
            throw ExitCode(1)
        }
    }
}
