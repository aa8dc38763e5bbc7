import CLyceumPlugin
import Glibc

/// Finds plugins, and opens one when somebody asks for what it brings.
///
/// Used from one thread. A library that was opened is never closed: its types live as long as the process.
public final class PluginHost {
    /// A plugin that was found, or that could not be used.
    public struct Found: Sendable {
        /// Its manifest; nil if the manifest could not be read.
        public let manifest: PluginManifest?
        /// The path of the manifest.
        public let path: String
        /// Why it cannot be used; nil if nothing is known against it.
        public var refusal: String?
        /// Whether its library has been opened.
        public var isOpen: Bool
    }

    /// What the opened plugins registered.
    public let registry = Registry()
    /// Every plugin found, in the order of the folders.
    public private(set) var plugins: [Found] = []

    /// Finds the plugins of these folders; no library is opened.
    ///
    /// - Parameter folders: searched in order for `*.resources/plugin.json`; the first plugin of an id wins,
    ///   a later one is listed as refused.
    public init(folders: [String]) {
        var origins: [String: String] = [:]
        for folder in folders {
            for path in Self.manifests(in: folder) {
                do {
                    let manifest = try PluginManifest(path: path)
                    let earlier = origins[manifest.id]
                    if earlier == path { continue }
                    plugins.append(
                        Found(
                            manifest: manifest, path: path,
                            refusal: earlier.map {
                                "a plugin of the id '\(manifest.id)' is already at \($0)"
                            },
                            isOpen: false))
                    if earlier == nil { origins[manifest.id] = path }
                } catch {
                    plugins.append(Found(manifest: nil, path: path, refusal: "\(error)", isOpen: false))
                }
            }
        }
    }

    /// The students that can be had, from the manifests alone.
    public var students: [PluginManifest.StudentEntry] {
        plugins.filter { $0.refusal == nil }.flatMap { $0.manifest?.students ?? [] }.sorted { $0.id < $1.id }
    }

    /// The architecture of that id or alias; opens its plugin if need be.
    ///
    /// - Throws: `LyceumError.unknownName` with the nearest names, or `LyceumError.plugin` if it is refused.
    public func student(named name: String) throws -> StudentArchitecture {
        if let known = registry.student(named: name) { return known }
        let index = plugins.firstIndex { found in
            found.refusal == nil
                && found.manifest?.students.contains { $0.id == name || $0.aliases.contains(name) } == true
        }
        if let index {
            try open(index)
            if let architecture = registry.student(named: name) { return architecture }
            let refusal = "its manifest promises a student '\(name)' that it did not register"
            plugins[index].refusal = refusal
            throw LyceumError.plugin(
                path: plugins[index].path, problem: refusal,
                remedy: "rebuild the plugin or mend its plugin.json")
        }
        let refused = plugins.first { found in
            found.manifest?.students.contains { $0.id == name || $0.aliases.contains(name) } == true
        }
        if let refused, let reason = refused.refusal {
            throw LyceumError.plugin(path: refused.path, problem: reason, remedy: nil)
        }
        throw LyceumError.unknownName(
            kind: "student architecture", name: name,
            known: students.flatMap { [$0.id] + $0.aliases }, remedy: "see student.list()")
    }

    /// The architecture that reads checkpoints whose config.json names this `model_type`.
    ///
    /// - Throws: as `student(named:)`.
    public func student(modelType: String) throws -> StudentArchitecture {
        if let entry = students.first(where: { $0.modelTypes.contains(modelType) }) {
            return try student(named: entry.id)
        }
        throw LyceumError.unknownName(
            kind: "model_type", name: modelType, known: students.flatMap(\.modelTypes),
            remedy: "no installed plugin reads such a checkpoint")
    }

    /// Opens a plugin: library, handshake, registration.
    private func open(_ index: Int) throws {
        guard !plugins[index].isOpen, let manifest = plugins[index].manifest else { return }
        do {
            try Self.open(manifest, into: registry)
            plugins[index].isOpen = true
        } catch let error as LyceumError {
            if case .plugin(_, let problem, let remedy) = error {
                plugins[index].refusal = problem + (remedy.map { "; \($0)" } ?? "")
            } else {
                plugins[index].refusal = "\(error)"
            }
            throw error
        }
    }

    private static func manifests(in folder: String) -> [String] {
        Files.list(folder).filter { $0.hasSuffix(".resources") }.sorted()
            .map { Files.join(Files.join(folder, $0), "plugin.json") }
            .filter(Files.exists)
    }
}

extension PluginHost {
    private typealias InfoFunction = @convention(c) (UnsafeMutablePointer<lyceum_plugin_info_t>) -> Void
    private typealias RegisterFunction =
        @convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer) -> Int32

    /// Opens one plugin and lets it register.
    static func open(_ manifest: PluginManifest, into registry: Registry) throws {
        let path = manifest.library
        func refused(_ problem: String, _ remedy: String?) -> LyceumError {
            .plugin(path: path, problem: problem, remedy: remedy)
        }
        let rebuild = "rebuild it with `swift build -c release` of this toolchain"
        guard Files.exists(path) else {
            throw refused("its library is missing", "rebuild it, or remove \(manifest.path)")
        }
        // libgomp's threads spin while they wait, which costs most of the time on a machine that is not idle. It
        // reads this when it is loaded, with the plugin; what the user has set stays.
        setenv("GOMP_SPINCOUNT", "2000", 0)
        guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            throw refused("it does not load: \(String(cString: dlerror()))", rebuild)
        }
        guard let info = dlsym(handle, "lyceum_plugin_info"),
            let register = dlsym(handle, "lyceum_plugin_register")
        else {
            throw refused(
                "it exports no lyceum_plugin_info and lyceum_plugin_register", "it is no Lyceum plugin")
        }
        var said = lyceum_plugin_info_t()
        unsafeBitCast(info, to: InfoFunction.self)(&said)
        guard said.api_version == UInt32(LYCEUM_PLUGIN_API_VERSION) else {
            throw refused(
                "it was built for plugin API \(said.api_version), this is \(LYCEUM_PLUGIN_API_VERSION)",
                rebuild)
        }
        let theirs = text(&said.compiler)
        let ours = String(cString: lyceum_compiler_version())
        guard theirs == ours else {
            throw refused("it was built by compiler '\(theirs)', Lyceum by '\(ours)'", rebuild)
        }
        registry.currentPlugin = manifest.id
        registry.failure = nil
        let status = unsafeBitCast(register, to: RegisterFunction.self)(
            Unmanaged.passUnretained(registry).toOpaque(), Registry.identity)
        switch status {
        case LYCEUM_REGISTER_OK.rawValue: return
        case LYCEUM_REGISTER_OTHER_KIT.rawValue:
            throw refused(
                "it carries its own copy of LyceumKit",
                "let its Package.swift depend on the product LyceumKit of Sources/LyceumKit, then rebuild it")
        default:
            throw refused("it failed to register: \(registry.failure.map { "\($0)" } ?? "no reason")", nil)
        }
    }

    /// The text of a fixed-size, null-terminated C array.
    private static func text<T>(_ field: inout T) -> String {
        withUnsafeBytes(of: &field) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
