import CLyceumPlugin

/// Everything that plugins have brought.
///
/// One registry exists in a process; built-in plugins use it exactly as outside ones do. Used from one thread.
public final class Registry {
    /// Entries of one kind by name, with the plugin that brought each.
    private struct Shelf<Entry> {
        let kind: String
        var entries: [String: (entry: Entry, plugin: String)] = [:]
        /// The names in the order in which they came.
        private var order: [String] = []

        init(kind: String) { self.kind = kind }

        mutating func add(_ entry: Entry, under names: [String], of plugin: String) throws {
            for name in names {
                guard let taken = entries[name] else { continue }
                throw LyceumError.plugin(
                    path: plugin,
                    problem: "the \(kind) '\(name)' is already registered by plugin '\(taken.plugin)'",
                    remedy: "remove one of the two plugins")
            }
            for name in names { entries[name] = (entry, plugin) }
            order += names
        }

        /// What a plugin registered, in order.
        func all(of plugin: String) -> [Entry] {
            order.compactMap { entries[$0] }.filter { $0.plugin == plugin }.map(\.entry)
        }

        /// The entries of a plugin under their own ids, sorted.
        func entries(of plugin: String, id: (Entry) -> String) -> [Entry] {
            entries.filter { $0.value.plugin == plugin && id($0.value.entry) == $0.key }
                .sorted { $0.key < $1.key }.map(\.value.entry)
        }

        func names(of plugin: String) -> [String] {
            entries.filter { $0.value.plugin == plugin }.keys.sorted().map { "\(kind) '\($0)'" }
        }
    }

    /// Everything registered, as a value: a registration that fails leaves nothing behind.
    private struct Contents {
        var students = Shelf<StudentArchitecture>(kind: "student")
        var teachers = Shelf<TeacherKind>(kind: "teacher")
        var metrics = Shelf<Metric>(kind: "metric")
        var formats = Shelf<DataFormat>(kind: "format")
        var summaries: [String: String] = [:]
    }

    private var contents = Contents()
    /// The plugin that is registering now, for errors.
    private var currentPlugin = "?"
    /// What made the last registration fail.
    private(set) var failure: (any Error)?

    /// Makes an empty registry.
    public init() {}

    /// One line about the plugin that is registering; without it, the lines of what it brings.
    public var summary: String {
        get { contents.summaries[currentPlugin] ?? "" }
        set { contents.summaries[currentPlugin] = newValue }
    }

    /// Adds a kind of student under its id and aliases.
    ///
    /// - Throws: `LyceumError.plugin` if one of the names is taken; the error names both plugins.
    public func register(_ architecture: StudentArchitecture) throws {
        try contents.students.add(
            architecture, under: [architecture.id] + architecture.aliases, of: currentPlugin)
    }

    /// Adds a kind of teacher.
    ///
    /// - Throws: as for students.
    public func register(_ teacher: TeacherKind) throws {
        try contents.teachers.add(teacher, under: [teacher.id], of: currentPlugin)
    }

    /// Adds a metric.
    ///
    /// - Throws: as for students.
    public func register(_ metric: Metric) throws {
        try contents.metrics.add(metric, under: [metric.id], of: currentPlugin)
    }

    /// Adds a kind of file.
    ///
    /// - Throws: as for students.
    public func register(_ format: DataFormat) throws {
        try contents.formats.add(format, under: [format.id], of: currentPlugin)
    }

    /// The architecture of that id or alias, if its plugin has been opened.
    public func student(named name: String) -> StudentArchitecture? { contents.students.entries[name]?.entry }
    /// The kind of teacher of that id, if its plugin has been opened.
    public func teacher(named name: String) -> TeacherKind? { contents.teachers.entries[name]?.entry }
    /// The metric of that id, if its plugin has been opened.
    public func metric(named name: String) -> Metric? { contents.metrics.entries[name]?.entry }
    /// The kind of file of that id, if its plugin has been opened.
    public func format(named name: String) -> DataFormat? { contents.formats.entries[name]?.entry }

    /// What a plugin registered, each once, by id.
    func contents(of plugin: String) -> (
        students: [StudentArchitecture], teachers: [TeacherKind], metrics: [Metric], formats: [DataFormat],
        summary: String
    ) {
        (
            contents.students.entries(of: plugin) { $0.id }, contents.teachers.entries(of: plugin) { $0.id },
            contents.metrics.entries(of: plugin) { $0.id }, contents.formats.entries(of: plugin) { $0.id },
            contents.summaries[plugin] ?? ""
        )
    }

    /// The plugin that brought a teacher.
    func plugin(ofTeacher name: String) -> String? { contents.teachers.entries[name]?.plugin }

    /// The teachers, metrics and formats that a plugin registered, in order.
    func entries(of plugin: String) -> PluginHost.BuiltIn {
        PluginHost.BuiltIn(
            teachers: contents.teachers.all(of: plugin).map { .init(id: $0.id, summary: $0.summary) },
            metrics: contents.metrics.all(of: plugin).map { .init(id: $0.id, summary: $0.summary) },
            formats: contents.formats.all(of: plugin).map {
                .init(id: $0.id, suffixes: $0.suffixes, summary: $0.summary)
            })
    }

    /// What a plugin registered: "student 't5'".
    func names(of plugin: String) -> [String] {
        contents.students.names(of: plugin) + contents.teachers.names(of: plugin)
            + contents.metrics.names(of: plugin) + contents.formats.names(of: plugin)
    }

    /// Lets a plugin register; if `body` throws, nothing of it stays.
    func receiving(_ plugin: String, _ body: () throws -> Void) throws {
        let before = contents
        currentPlugin = plugin
        failure = nil
        defer { currentPlugin = "?" }
        do { try body() } catch {
            contents = before
            throw error
        }
    }

    /// A pointer that is equal exactly when two sides share one copy of this class.
    public static var identity: UnsafeRawPointer {
        unsafeBitCast(Registry.self as AnyClass, to: UnsafeRawPointer.self)
    }

    /// The body of a plugin's `lyceum_plugin_register`.
    ///
    /// - Parameters:
    ///   - host: the registry, as the host passed it.
    ///   - identity: the host's `Registry.identity`.
    ///   - body: registers what the plugin brings.
    /// - Returns: a `lyceum_register_status_t`.
    public static func receive(
        _ host: UnsafeMutableRawPointer, _ identity: UnsafeRawPointer, _ body: (Registry) throws -> Void
    ) -> Int32 {
        guard identity == Registry.identity else { return LYCEUM_REGISTER_OTHER_KIT.rawValue }
        let registry = Unmanaged<Registry>.fromOpaque(host).takeUnretainedValue()
        do {
            try body(registry)
            return LYCEUM_REGISTER_OK.rawValue
        } catch {
            registry.failure = error
            return LYCEUM_REGISTER_FAILED.rawValue
        }
    }
}
