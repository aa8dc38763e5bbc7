import Glibc

// What a plugin's students can be told, kept in a file next to its manifest. Opening a neural plugin loads
// libtorch, which takes longer than a person waits for a Tab; the file is read in its stead.
extension PluginHost {
    /// The options of an architecture by what they are for: those of `student.new` are "configuration", then
    /// "training", "generation", "classification".
    public typealias DeclaredOptions = [String: [OptionDeclaration]]

    /// The options of the architecture of that id or alias: from the kept file if it is as new as the library, else
    /// from the plugin itself, which is opened.
    ///
    /// - Throws: as `student(named:)`.
    public func options(ofStudent name: String) throws -> DeclaredOptions {
        if let known = registry.student(named: name) { return known.declaredOptions }
        let found = plugins.first { $0.refusal == nil && $0.manifest?.student(named: name) != nil }
        if let found, let id = found.manifest?.student(named: name)?.id, let kept = found.keptOptions?[id] {
            return kept
        }
        return try student(named: name).declaredOptions
    }

    /// Opens every plugin that can be opened and keeps the options of its students next to its manifest.
    ///
    /// - Returns: why options could not be kept, by the manifest's path; empty if all is well.
    public func keepOptions() -> [(path: String, problem: String)] {
        var problems: [(path: String, problem: String)] = []
        for found in plugins where found.refusal == nil && found.keptOptions == nil {
            do {
                let ids = (found.manifest?.students ?? []).map(\.id)
                let students = try ids.map { ($0, try student(named: $0).declaredOptions) }
                let json = students.map { id, options in
                    (id, Value.object(options.mapValues { .list($0.map(\.json)) }))
                }
                let document = Value.object(Dictionary(json, uniquingKeysWith: { first, _ in first }))
                try Files.write(JSON.encode(document, pretty: true), to: found.optionsPath)
            } catch {
                problems.append((found.path, "\(error)"))
            }
        }
        return problems
    }
}

extension StudentArchitecture {
    /// All of its options.
    fileprivate var declaredOptions: PluginHost.DeclaredOptions {
        [
            "configuration": configuration, "training": trainingOptions, "generation": generationOptions,
            "classification": classificationOptions,
        ]
    }
}

extension PluginHost.Found {
    fileprivate var optionsPath: String { Files.join(Files.parent(of: path), ".lyceum-options.json") }

    /// The kept options by the student's id; nil if there are none, or the library is newer.
    fileprivate var keptOptions: [String: PluginHost.DeclaredOptions]? {
        guard let library = manifest?.library, let built = Self.changed(library),
            let kept = Self.changed(optionsPath), kept >= built,
            let bytes = try? Files.read(optionsPath),
            let students = try? JSON.decode(bytes, name: optionsPath).object
        else { return nil }
        return students.mapValues { options in
            (options.object ?? [:]).mapValues { ($0.list ?? []).compactMap(OptionDeclaration.init(json:)) }
        }
    }

    /// When a file was last changed, in seconds; nil if there is none.
    private static func changed(_ path: String) -> Double? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) * 1e-9
    }
}
