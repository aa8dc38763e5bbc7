// The manifest is not written by hand: it is what the library registers.
extension Registry {
    /// The `plugin.json` of a plugin that has registered.
    func manifest(of plugin: String, version: String, library: String) -> [String: Value] {
        func list<Entry>(_ entries: [Entry], _ fields: (Entry) -> [String: Value]) -> Value? {
            entries.isEmpty ? nil : .list(entries.map { .object(fields($0)) })
        }
        func names(_ list: [String]) -> Value { .list(list.map(Value.string)) }
        let brought = contents(of: plugin)
        var document: [String: Value] = [
            "id": .string(plugin), "version": .string(version), "library": .string(library),
        ]
        document["students"] = list(brought.students) { student in
            [
                "id": .string(student.id), "aliases": names(student.aliases),
                "model_types": names(student.modelTypes), "tasks": names(student.tasks.map(\.rawValue)),
                "summary": .string(student.summary),
            ]
        }
        document["teachers"] = list(brought.teachers) {
            ["id": .string($0.id), "summary": .string($0.summary)]
        }
        document["metrics"] = list(brought.metrics) {
            ["id": .string($0.id), "summary": .string($0.summary)]
        }
        document["formats"] = list(brought.formats) { format in
            [
                "id": .string(format.id), "suffixes": names(format.suffixes),
                "summary": .string(format.summary),
            ]
        }
        let all =
            brought.students.map(\.summary) + brought.teachers.map(\.summary)
            + brought.metrics.map(\.summary) + brought.formats.map(\.summary)
        let summary = brought.summary.isEmpty ? all.joined(separator: "; ") : brought.summary
        document["summary"] = .string(summary)
        return document
    }
}

extension PluginHost {
    /// What a library registers, as its `plugin.json` says it: the library is opened in this process, which ends if
    /// the library is broken.
    ///
    /// - Returns: the manifest without `interface`; nil if the library is not a plugin of Lyceum.
    /// - Throws: `LyceumError.plugin` if it is one, and cannot be used.
    public static func manifest(of library: String) throws -> [String: Value]? {
        guard let shaken = try handshake(with: library) else { return nil }
        let registry = Registry()
        let name = Files.name(of: library)
        try registry.receiving(shaken.id) {
            try register(shaken.register, in: registry, library: library)
            guard !registry.names(of: shaken.id).isEmpty else {
                throw LyceumError.plugin(path: library, problem: "it registers nothing", remedy: nil)
            }
        }
        return registry.manifest(of: shaken.id, version: shaken.version, library: name)
    }

    /// What stands against a plugin next to those that were found: an id or a name that another one has.
    ///
    /// - Parameters:
    ///   - manifest: of a plugin that is to be installed; one of the same path is the one it replaces.
    ///   - path: the folder that it will have.
    public func clash(with manifest: PluginManifest, at path: String) -> String? {
        let own = Set(registry.names(of: Self.builtInID))
        if let clash = manifest.promises.first(where: own.contains) {
            return "its \(clash) is one of Lyceum's own"
        }
        let others = plugins.filter { $0.path != path && $0.refusal == nil }.compactMap(\.manifest)
        for other in others {
            if other.id == manifest.id {
                return "a plugin of the id '\(manifest.id)' is already at \(other.path)"
            }
            let taken = Set(other.promises)
            if let clash = manifest.promises.first(where: taken.contains) {
                return "its \(clash) is already brought by plugin '\(other.id)' at \(other.path)"
            }
        }
        return nil
    }
}
