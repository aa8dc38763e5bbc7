import CLyceumPlugin

/// Everything that plugins have brought.
///
/// One registry exists in a process; built-in plugins use it exactly as outside ones do. Used from one thread.
public final class Registry {
    private var students: [String: (architecture: StudentArchitecture, plugin: String)] = [:]
    /// The plugin that is registering now, for errors.
    var currentPlugin = "?"
    /// What made the last registration fail.
    var failure: (any Error)?

    /// Makes an empty registry.
    public init() {}

    /// Adds a kind of student under its id and aliases.
    ///
    /// - Throws: `LyceumError.plugin` if one of the names is taken; the error names both plugins.
    public func register(_ architecture: StudentArchitecture) throws {
        let names = [architecture.id] + architecture.aliases
        for name in names {
            if let taken = students[name] {
                throw LyceumError.plugin(
                    path: currentPlugin,
                    problem: "the name '\(name)' is already registered by plugin '\(taken.plugin)'",
                    remedy: "remove one of the two plugins")
            }
        }
        for name in names { students[name] = (architecture, currentPlugin) }
    }

    /// The architecture of that id or alias, if its plugin has been opened.
    public func student(named name: String) -> StudentArchitecture? { students[name]?.architecture }

    /// The ids registered so far, sorted; aliases are left out.
    public var studentIDs: [String] { Set(students.values.map(\.architecture.id)).sorted() }

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
