import CLyceumPlugin
import Glibc

extension PluginHost {
    private typealias InfoFunction = @convention(c) (UnsafeMutablePointer<lyceum_plugin_info_t>) -> Void
    private typealias RegisterFunction =
        @convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer) -> Int32

    static let rebuild = "rebuild it with `lyceum plugin build`"

    /// Opens a plugin: library, handshake, registration. Whatever goes wrong is kept as its refusal.
    func open(_ index: Int) throws {
        guard !plugins[index].isOpen, let manifest = plugins[index].manifest else { return }
        do {
            let stamp = FileStamp.of(manifest.library)
            let shaken = try handshake(with: manifest)
            try registry.receiving(manifest.id) {
                try Self.register(shaken.register, in: registry, library: manifest.library)
                try checkPromises(of: manifest)
            }
            plugins[index].isOpen = true
            plugins[index].stamp = stamp
            plugins[index].digest = shaken.digest
        } catch let error as LyceumError {
            if case .plugin(_, let problem, let remedy) = error {
                plugins[index].refusal = problem + (remedy.map { "; \($0)" } ?? "")
            } else {
                plugins[index].refusal = "\(error)"
            }
            throw error
        }
    }

    /// What a library said of itself, before any Swift of it has run.
    struct Handshake {
        let id: String
        let version: String
        /// Its `lyceum_plugin_register`.
        let register: UnsafeMutableRawPointer
        let digest: String
    }

    /// All that is asked of a plugin before any Swift of it runs.
    private func handshake(with manifest: PluginManifest) throws -> Handshake {
        func refused(_ problem: String, _ remedy: String? = nil) -> LyceumError {
            .plugin(path: manifest.library, problem: problem, remedy: remedy)
        }
        guard Files.exists(manifest.library) else {
            throw refused("its library is missing", "rebuild it, or remove \(manifest.path)")
        }
        let file = try LibraryFile(path: manifest.library)
        if let problem = file.problem { throw refused(problem, Self.rebuild) }
        if let theirs = manifest.interface, let ours = interface?(file.needsTorch), theirs != ours {
            throw refused(
                "it was built against another Lyceum (interface \(theirs), this is \(ours))", Self.rebuild)
        }
        try probe?(manifest)
        guard let shaken = try Self.handshake(with: manifest.library, file) else {
            throw refused(
                "it exports no lyceum_plugin_info and lyceum_plugin_register", "it is not a Lyceum plugin")
        }
        guard shaken.id == manifest.id else {
            throw refused(
                "the library's id is '\(shaken.id)' but plugin.json says '\(manifest.id)'", Self.rebuild)
        }
        return shaken
    }

    /// Opens a library and asks what it is; nil if it is not a plugin.
    static func handshake(with library: String, _ known: LibraryFile? = nil) throws -> Handshake? {
        func refused(_ problem: String) -> LyceumError {
            .plugin(path: library, problem: problem, remedy: rebuild)
        }
        let file = try known ?? LibraryFile(path: library)
        if let problem = file.problem { throw refused(problem) }
        LibtorchVariables.set()
        // The one next to this library comes first: a plugin may have been linked where Lyceum lay before.
        if file.needsTorch { _ = dlopen("libLyceumTorch.so", RTLD_NOW | RTLD_LOCAL) }
        guard let handle = dlopen(library, RTLD_NOW | RTLD_LOCAL) else {
            throw refused("it does not load: \(String(cString: dlerror()))")
        }
        guard let info = dlsym(handle, "lyceum_plugin_info"),
            let register = dlsym(handle, "lyceum_plugin_register")
        else { return nil }
        var said = lyceum_plugin_info_t()
        unsafeBitCast(info, to: InfoFunction.self)(&said)
        guard said.api_version == UInt32(LYCEUM_PLUGIN_API_VERSION) else {
            throw refused(
                "it was built for plugin API \(said.api_version), this is \(LYCEUM_PLUGIN_API_VERSION)")
        }
        let (theirs, ours) = (text(&said.compiler), String(cString: lyceum_compiler_version()))
        guard theirs == ours else {
            throw refused("it was built by compiler '\(theirs)', Lyceum by '\(ours)'")
        }
        return Handshake(
            id: text(&said.id), version: text(&said.version), register: register, digest: file.digest)
    }

    /// Lets a library register what it brings.
    static func register(
        _ function: UnsafeMutableRawPointer, in registry: Registry, library: String
    ) throws {
        let status = unsafeBitCast(function, to: RegisterFunction.self)(
            Unmanaged.passUnretained(registry).toOpaque(), Registry.identity)
        switch status {
        case LYCEUM_REGISTER_OK.rawValue: return
        case LYCEUM_REGISTER_OTHER_KIT.rawValue:
            throw LyceumError.plugin(
                path: library, problem: "it carries its own copy of LyceumKit",
                remedy:
                    "link libLyceumKit.so, as the Package.swift of `lyceum plugin new` does, and rebuild it")
        default:
            throw LyceumError.plugin(
                path: library,
                problem: "it failed to register: \(registry.failure.map { "\($0)" } ?? "no reason")",
                remedy: nil)
        }
    }

    /// The manifest and the registration must name the same: the manifest is what users see.
    private func checkPromises(of manifest: PluginManifest) throws {
        let registered = registry.names(of: manifest.id)
        func refused(_ problem: String) -> LyceumError {
            .plugin(
                path: manifest.path, problem: problem, remedy: Self.rebuild)
        }
        if registered.isEmpty { throw refused("it registers nothing") }
        if let broken = manifest.promises.first(where: { !registered.contains($0) }) {
            throw refused("its plugin.json promises the \(broken), which it does not register")
        }
        if let hidden = registered.first(where: { !manifest.promises.contains($0) }) {
            throw refused("it registers the \(hidden), which its plugin.json does not name")
        }
    }

    /// The text of a fixed-size, null-terminated C array.
    private static func text<T>(_ field: inout T) -> String {
        withUnsafeBytes(of: &field) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
