import LyceumKit

/// Builds a plugin's package and installs it into the user's folder.
public struct PluginBuilder {
    private let sdk: SDK
    private let home: String
    private let probe: PluginProbe
    private let folders: [String]

    /// - Parameters:
    ///   - sdk: what it is built against.
    ///   - home: the user's plugin folder.
    ///   - folders: where plugins are looked for: names that one of them has are refused.
    public init(sdk: SDK, home: String, probe: PluginProbe, folders: [String]) {
        self.sdk = sdk
        self.home = home
        self.probe = probe
        self.folders = folders
    }

    /// The C modules that those of Lyceum need; Package.swift.txt and scripts/install have them, too.
    private static let modules = ["CLyceumPlugin", "CDigest", "CSimdjson", "CSentencePiece", "CTorch"]

    /// The plugins there are.
    private var others: PluginHost { PluginHost(folders: folders) }

    /// Builds the package in a folder and installs its plugins, each as a whole or not at all.
    ///
    /// - Returns: the manifests as installed.
    /// - Throws: `LyceumError.failed` with the compiler's errors, `LyceumError.plugin` if a plugin is refused,
    ///   `LyceumError.cancelled`.
    public func build(_ package: String, job: Job) throws -> [PluginManifest] {
        guard Files.exists(Files.join(package, "Package.swift")) else {
            throw LyceumError.file(
                path: package, line: nil, problem: "holds no Package.swift, so it is not a plugin's package",
                remedy: "`lyceum plugin new NAME` makes one")
        }
        guard let swift = ChildProcess.find("swift") else {
            throw LyceumError.failed(
                "no Swift compiler on PATH",
                remedy: "install the one that built Lyceum (`lyceum doctor` names it) from swift.org")
        }
        try compile(package, with: swift, job: job)
        let folder = Files.join(package, ".build/release")
        let libraries = try products(of: package, with: swift, job: job).map { "lib\($0).so" }
        let manifests = try libraries.map { Files.join(folder, $0) }.filter(Files.exists)
            .compactMap { try describe($0, job: job) }
        guard !manifests.isEmpty else {
            throw LyceumError.plugin(
                path: package, problem: "its build has no library that is a plugin",
                remedy:
                    "give Package.swift a product .library(type: .dynamic) that exports lyceum_plugin_info, as "
                    + "`lyceum plugin new` writes it")
        }
        return try manifests.map { try install($0.manifest, library: $0.library) }
    }

    private func compile(_ package: String, with swift: String, job: Job) throws {
        var output = CompilerOutput()
        var done = 0
        // A package made for an earlier Lyceum does not name the modules that were added since.
        let maps = Self.modules.flatMap { module in
            ["-Xcc", "-fmodule-map-file=\(sdk.folder)/\(module).build/module.modulemap"]
        }
        let child = ChildProcess(
            command: [swift, "build", "-c", "release", "--package-path", package] + maps,
            environment: ["LYCEUM_SDK": sdk.folder])
        let ending = try child.run(job: job) { line in
            output.add(line)
            done += 1
            job.update(done: done, of: nil, unit: "steps")
        }
        job.finish(done: done, of: nil, unit: "steps")
        guard ending.status == 0 else {
            throw LyceumError.failed(
                "the build of \(package) failed (\(ending.description)):\n" + output.summary,
                remedy: output.remedy(package: package))
        }
    }

    /// The names of a package's dynamic libraries: what lies in its build folder may also be from earlier ones.
    private func products(of package: String, with swift: String, job: Job) throws -> [String] {
        var lines: [String] = []
        let child = ChildProcess(
            command: [swift, "package", "--package-path", package, "describe", "--type", "json"],
            environment: ["LYCEUM_SDK": sdk.folder])
        let ending = try child.run(job: job) { lines.append($0) }
        let text = lines.drop { !$0.hasPrefix("{") }.joined(separator: "\n")
        guard ending.status == 0, let document = try? JSON.decode(Array(text.utf8), name: package) else {
            throw LyceumError.failed(
                "the products of \(package) cannot be listed: \(lines.suffix(3).joined(separator: " "))",
                remedy: nil)
        }
        return (document.object?["products"]?.list ?? []).compactMap { product in
            let kinds = product.object?["type"]?.object?["library"]?.list
            return kinds?.contains("dynamic") == true ? product.object?["name"]?.string : nil
        }
    }

    /// What a library registers, asked in a process of its own; nil if it is not a plugin.
    private func describe(_ library: String, job: Job) throws -> (manifest: Value, library: String)? {
        guard let text = try probe.manifest(of: library, job: job) else { return nil }
        guard var document = try JSON.decode(Array(text.utf8), name: library).object else { return nil }
        let needsTorch = try Files.read(library).firstRange(of: Array("libLyceumTorch.so".utf8)) != nil
        document["interface"] = sdk.interface(torch: needsTorch).map(Value.string)
        return (.object(document), library)
    }

    /// Puts library and manifest into `<home>/<id>/`, after a trial.
    private func install(_ document: Value, library: String) throws -> PluginManifest {
        let id = document.object?["id"]?.string ?? ""
        guard !id.isEmpty, !id.contains("/"), !id.hasPrefix(".") else {
            throw LyceumError.plugin(
                path: library, problem: "its id '\(id)' cannot be the name of a folder",
                remedy: "change it in lyceum_plugin_describe")
        }
        let place = Files.join(home, id)
        let name = Files.name(of: library)
        // What is there is an earlier build of this plugin, or another plugin whose author chose the same id.
        if let old = try? PluginManifest(path: Files.join(place, "plugin.json")),
            Files.name(of: old.library) != name
        {
            throw LyceumError.plugin(
                path: library,
                problem:
                    "a plugin of the id '\(id)' is already at \(place), built as \(Files.name(of: old.library))",
                remedy: "choose another id, or remove the other with `lyceum plugin remove \(id)`")
        }
        try Files.makeFolder(home)
        try Files.writeFolderAtomically(place) { folder in
            try Files.write(Files.read(library), to: Files.join(folder, name))
            let path = Files.join(folder, "plugin.json")
            try Files.write(JSON.encode(document, pretty: true) + "\n", to: path)
            let manifest = try PluginManifest(path: path)
            if let clash = others.clash(with: manifest, at: Files.join(place, "plugin.json")) {
                throw LyceumError.plugin(
                    path: library, problem: clash,
                    remedy: "choose another name, or remove the other with `lyceum plugin remove`")
            }
            try probe.check(manifest)
        }
        return try PluginManifest(path: Files.join(place, "plugin.json"))
    }
}
