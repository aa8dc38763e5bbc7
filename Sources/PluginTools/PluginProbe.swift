import Glibc
import LyceumKit

/// Opens a plugin in a process of its own before this one does, so that a plugin that traps is refused by name and
/// does not take the session with it.
///
/// What passed is remembered in the cache folder until its file changes. The built-in plugins are not probed: they
/// are built and tested with the program.
public struct PluginProbe {
    private let executable: String
    private let builtIn: String
    private let memory: String?

    /// - Parameters:
    ///   - executable: the program that `lyceum plugin probe` is run with.
    ///   - builtIn: the folder of the plugins that are trusted.
    ///   - cache: the user's cache folder for Lyceum; nil remembers nothing.
    public init(executable: String, builtIn: String, cache: String?) {
        self.executable = executable
        self.builtIn = builtIn
        memory = cache.map { Files.join($0, "plugins") }
    }

    /// Throws if the plugin ends the process that opens it, or is refused there.
    public func check(_ manifest: PluginManifest) throws {
        if manifest.library.hasPrefix(builtIn + "/") { return }
        let note = memory.map { Files.join($0, Self.name(of: manifest)) }
        if let note, Files.exists(note) { return }
        var last = ""
        // A crash prints a long trace by default; the reason is its first line.
        let child = ChildProcess(
            command: [executable, "plugin", "probe", manifest.path],
            environment: ["SWIFT_BACKTRACE": "enable=no"])
        let ending = try child.run(job: .silent()) { if last.isEmpty || $0.contains("Fatal") { last = $0 } }
        guard ending.status == 0 else {
            throw LyceumError.plugin(
                path: manifest.library, problem: Self.reason(ending, last), remedy: nil)
        }
        if let note, let memory {
            // Not being able to remember costs only time.
            try? Files.makeFolder(memory)
            for old in Files.list(memory) where old.hasPrefix(Self.prefix(of: manifest)) {
                Files.removeTree(Files.join(memory, old))
            }
            try? Files.write("", to: note)
        }
    }

    /// What a library registers, as JSON; nil if it is not a plugin.
    ///
    /// - Throws: `LyceumError.plugin` if it ends the process that opens it, or cannot be used.
    func manifest(of library: String, job: Job) throws -> String? {
        var manifest: String?
        var last = ""
        let child = ChildProcess(
            command: [executable, "plugin", "describe", library],
            environment: ["SWIFT_BACKTRACE": "enable=no"])
        let ending = try child.run(job: job) { line in
            if line.hasPrefix(Self.mark) { manifest = String(line.dropFirst(Self.mark.count)) }
            if last.isEmpty || line.contains("Fatal") { last = line }
        }
        if ending.status == 0 { return manifest }
        throw LyceumError.plugin(path: library, problem: Self.reason(ending, last), remedy: nil)
    }

    /// What `lyceum plugin describe` prints before the manifest.
    public static let mark = "manifest "

    private static func reason(_ ending: ChildProcess.Ending, _ last: String) -> String {
        if ending.signal == nil { return last }
        return "it ends the process that loads it: \(ending.description)" + (last.isEmpty ? "" : ": \(last)")
    }

    /// A name that changes with the library and the program.
    private static func name(of manifest: PluginManifest) -> String {
        let parts = [manifest.path, manifest.library, "/proc/self/exe"].map { $0 + FileStamp.of($0) }
        return prefix(of: manifest) + String(FNV1a.hash(parts.joined(separator: "\n").utf8), radix: 16)
    }

    private static func prefix(of manifest: PluginManifest) -> String {
        "probed-" + manifest.id.filter { $0.isLetter || $0.isNumber } + "-"
    }
}
