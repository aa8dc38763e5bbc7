/// # Writing a plugin
///
/// A plugin is a dynamic library with a `plugin.json` beside it. All that it exports are two C functions, written
/// in Swift like this:
///
/// ```swift
/// import LyceumKit
///
/// @c(lyceum_plugin_info)
/// public func pluginInfo(_ out: UnsafeMutablePointer<lyceum_plugin_info_t>) {
///     lyceum_plugin_describe(out, "t5", "0.1.0")
/// }
///
/// @c(lyceum_plugin_register)
/// public func pluginRegister(_ host: UnsafeMutableRawPointer, _ identity: UnsafeRawPointer) -> Int32 {
///     Registry.receive(host, identity) { registry in
///         try registry.register(T5.architecture)
///     }
/// }
/// ```
///
/// and a manifest, which is all that the host reads until somebody asks for the student:
///
/// ```json
/// {"id": "t5", "version": "0.1.0", "library": "libT5.so", "summary": "T5, an encoder-decoder transformer",
///  "students": [{"id": "t5", "aliases": [], "model_types": ["t5"], "tasks": ["generate"],
///                "summary": "encoder-decoder transformer with relative positions (Raffel et al. 2020)"}]}
/// ```
///
/// The manifest lies in a folder `<anything>.resources/` beside the library, where SwiftPM puts it.
@_exported import CLyceumPlugin

/// What a `plugin.json` says.
public struct PluginManifest: Sendable, Equatable {
    /// A student that the plugin brings.
    public struct StudentEntry: Sendable, Equatable {
        /// The id users type.
        public let id: String
        /// Other names for it.
        public let aliases: [String]
        /// The values of `model_type` in a config.json that it reads.
        public let modelTypes: [String]
        /// What it can do.
        public let tasks: [StudentTask]
        /// One line for `student.list()`.
        public let summary: String
    }

    /// The plugin's id.
    public let id: String
    /// Its own version.
    public let version: String
    /// One line about it.
    public let summary: String
    /// The students it brings.
    public let students: [StudentEntry]
    /// The path of its library.
    public let library: String
    /// The path of the manifest.
    public let path: String

    /// Reads a manifest.
    ///
    /// - Parameters:
    ///   - path: the `plugin.json`, in a folder that lies beside the library.
    /// - Throws: `LyceumError.file` if it cannot be read, `LyceumError.plugin` if a field is missing.
    public init(path: String) throws {
        let document = try JSON.decode(try Files.read(path), name: path)
        func field(_ name: String, of object: Value) throws -> String {
            guard let text = object.object?[name]?.string, !text.isEmpty else {
                throw LyceumError.plugin(
                    path: path, problem: "the field '\(name)' is missing or no string",
                    remedy: "see Sources/LyceumKit/Sources/LyceumKit/Plugin.swift")
            }
            return text
        }
        id = try field("id", of: document)
        version = try field("version", of: document)
        summary = try field("summary", of: document)
        let folder = Files.parent(of: Files.parent(of: path))
        library = Files.join(folder, try field("library", of: document))
        self.path = path
        students = try (document.object?["students"]?.list ?? []).map { entry in
            StudentEntry(
                id: try field("id", of: entry),
                aliases: entry.object?["aliases"]?.list?.compactMap(\.string) ?? [],
                modelTypes: entry.object?["model_types"]?.list?.compactMap(\.string) ?? [],
                tasks: (entry.object?["tasks"]?.list ?? []).compactMap {
                    $0.string.flatMap(StudentTask.init)
                },
                summary: try field("summary", of: entry))
        }
    }
}
