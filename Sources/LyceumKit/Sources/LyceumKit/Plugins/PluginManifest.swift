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

    /// A teacher or a metric that the plugin brings.
    public struct Entry: Sendable, Equatable {
        /// The name users type.
        public let id: String
        /// One line about it.
        public let summary: String
    }

    /// A kind of file that the plugin reads.
    public struct FormatEntry: Sendable, Equatable {
        /// Its name.
        public let id: String
        /// The ends of the file names: ".pairs".
        public let suffixes: [String]
        /// One line about it.
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
    /// The teachers it brings.
    public let teachers: [Entry]
    /// The metrics it brings.
    public let metrics: [Entry]
    /// The kinds of files it reads.
    public let formats: [FormatEntry]
    /// The interface of Lyceum that it was built against (`PluginHost.Interface`); nil for what was built with this
    /// program.
    public let interface: String?
    /// The path of its library.
    public let library: String
    /// The path of the manifest.
    public let path: String

    /// Reads a manifest.
    ///
    /// - Parameters:
    ///   - path: the `plugin.json`, next to the library or in a folder `<anything>.resources/` next to it.
    /// - Throws: `LyceumError.file` if it cannot be read, `LyceumError.plugin` if a field is missing or wrong.
    public init(path: String) throws {
        let document = try JSON.decode(try Files.read(path), name: path)
        func refused(_ problem: String) -> LyceumError {
            .plugin(
                path: path, problem: problem,
                remedy: "`lyceum plugin build` writes it from what the plugin registers")
        }
        func field(_ name: String, of object: Value) throws -> String {
            guard let text = object.object?[name]?.string, !text.isEmpty else {
                throw refused("the field '\(name)' is missing or not a string")
            }
            return text
        }
        func entries<E>(_ name: String, _ make: (Value) throws -> E) throws -> [E] {
            guard let value = document.object?[name] else { return [] }
            guard let list = value.list else { throw refused("the field '\(name)' is not a list") }
            return try list.map(make)
        }
        func entry(_ value: Value) throws -> Entry {
            Entry(id: try field("id", of: value), summary: try field("summary", of: value))
        }
        id = try field("id", of: document)
        version = try field("version", of: document)
        summary = try field("summary", of: document)
        let name = try field("library", of: document)
        guard !name.contains("/") else { throw refused("'library' is '\(name)', not the name of a file") }
        let folder = Files.parent(of: path)
        library = Files.join(folder.hasSuffix(".resources") ? Files.parent(of: folder) : folder, name)
        self.path = path
        interface = document.object?["interface"]?.string
        students = try entries("students") { entry in
            StudentEntry(
                id: try field("id", of: entry),
                aliases: entry.object?["aliases"]?.list?.compactMap(\.string) ?? [],
                modelTypes: entry.object?["model_types"]?.list?.compactMap(\.string) ?? [],
                tasks: (entry.object?["tasks"]?.list ?? []).compactMap {
                    $0.string.flatMap(StudentTask.init)
                },
                summary: try field("summary", of: entry))
        }
        teachers = try entries("teachers", entry)
        metrics = try entries("metrics", entry)
        formats = try entries("formats") { value in
            FormatEntry(
                id: try field("id", of: value),
                suffixes: value.object?["suffixes"]?.list?.compactMap(\.string) ?? [],
                summary: try field("summary", of: value))
        }
    }

    /// The student of that id or alias.
    func student(named name: String) -> StudentEntry? {
        students.first { $0.id == name || $0.aliases.contains(name) }
    }

    /// Everything that it promises, as the registry would name it: "student 't5'".
    public var promises: [String] {
        students.flatMap { [$0.id] + $0.aliases }.map { "student '\($0)'" }
            + teachers.map { "teacher '\($0.id)'" } + metrics.map { "metric '\($0.id)'" }
            + formats.map { "format '\($0.id)'" }
    }
}
