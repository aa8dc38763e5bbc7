import LyceumKit

/// Builds a plugin's package and installs it into the user's folder.
public struct PluginBuilder {
    private let sdk: SDK
    private let home: String
    private let probe: PluginProbe

    /// - Parameters:
    ///   - sdk: what it is built against.
    ///   - home: the user's plugin folder.
    public init(sdk: SDK, home: String, probe: PluginProbe) {
        self.sdk = sdk
        self.home = home
        self.probe = probe
    }

    /// Builds the package in a folder and installs its plugins, each as a whole or not at all.
    ///
    /// - Returns: the manifests as installed.
    /// - Throws: `LyceumError.failed` with the compiler's errors, `LyceumError.plugin` if a plugin is refused,
    ///   `LyceumError.cancelled`.
    public func build(_ package: String, job: Job) throws -> [PluginManifest] {
        guard Files.exists(Files.join(package, "Package.swift")) else {
            throw LyceumError.file(
                path: package, line: nil, problem: "holds no Package.swift, so it is no plugin's package",
                remedy: "`lyceum plugin new NAME` makes one")
        }
        guard let swift = ChildProcess.find("swift") else {
            throw LyceumError.failed(
                "no Swift compiler on PATH",
                remedy: "install the one that built Lyceum (`lyceum doctor` names it) from swift.org")
        }
        try compile(package, with: swift, job: job)
        let products = Files.join(package, ".build/release")
        let manifests = try PluginHost(folders: [products]).plugins.map { found in
            guard let manifest = found.manifest else {
                throw LyceumError.plugin(path: found.path, problem: found.refusal ?? "?", remedy: nil)
            }
            return manifest
        }
        guard !manifests.isEmpty else {
            throw LyceumError.plugin(
                path: package, problem: "its build has no plugin.json beside the library",
                remedy: "give the target resources: [.copy(\"plugin.json\")]")
        }
        return try manifests.map { try install($0) }
    }

    private func compile(_ package: String, with swift: String, job: Job) throws {
        var errors: [String] = []
        var tail: [String] = []
        var done = 0
        let child = ChildProcess(
            command: [swift, "build", "-c", "release", "--package-path", package],
            environment: ["LYCEUM_SDK": sdk.folder])
        let ending = try child.run(job: job) { line in
            // The compiler says everything twice: once by file and line, once drawn below the source.
            if line.contains("error:"), !line.hasPrefix(" "), !errors.contains(line) { errors.append(line) }
            tail = (tail + [line]).suffix(20)
            done += 1
            job.update(done: done, of: nil, unit: "steps")
        }
        job.finish(done: done, of: nil, unit: "steps")
        guard ending.status == 0 else {
            let shown = errors.isEmpty ? tail : Array(errors.prefix(20))
            throw LyceumError.failed(
                "the build of \(package) failed (\(ending.description)):\n" + shown.joined(separator: "\n"),
                remedy: nil)
        }
    }

    /// Puts library and manifest into `<home>/<id>/`, after a trial.
    private func install(_ manifest: PluginManifest) throws -> PluginManifest {
        try probe.check(manifest)
        let place = Files.join(home, manifest.id)
        try Files.makeFolder(home)
        try Files.writeFolderAtomically(place) { folder in
            for path in [manifest.library, manifest.path] {
                let name = path.split(separator: "/").last.map(String.init) ?? path
                try Files.write(Files.read(path), to: Files.join(folder, name))
            }
        }
        return try PluginManifest(path: Files.join(place, "plugin.json"))
    }
}
