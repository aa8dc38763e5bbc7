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
        public var isOpen = false
        /// The library's file when it was opened.
        var stamp = ""
        /// Tells two builds of it apart; nil as long as it is not open.
        public internal(set) var digest: String?

        /// Its version with the build that is open: "0.1.0 (9f86d081884c7d65)".
        public var build: String {
            let version = manifest?.version ?? "?"
            return digest.map { "\(version) (\($0))" } ?? version
        }

        /// Whether the library has been written again since it was opened: the process runs the old one.
        public var isOutdated: Bool {
            isOpen && stamp != FileStamp.of(manifest?.library ?? "")
        }
    }

    /// What the program itself brings.
    public struct BuiltIn: Sendable {
        /// Its kinds of teachers.
        public var teachers: [PluginManifest.Entry] = []
        /// Its metrics.
        public var metrics: [PluginManifest.Entry] = []
        /// Its kinds of files.
        public var formats: [PluginManifest.FormatEntry] = []
    }

    /// Which plugins may be used.
    public enum Choice: Sendable, Equatable {
        /// All that are found.
        case all
        /// Those of these ids; `by` says who chose ("LYCEUM_PLUGINS").
        case only(Set<String>, by: String)
    }

    /// What the opened plugins registered.
    public let registry = Registry()
    /// Every plugin found, in the order of the folders.
    public internal(set) var plugins: [Found] = []
    /// The folders that were searched, in order.
    public let folders: [String]
    /// What the program itself brings, in the order in which it was registered.
    public private(set) var builtIn = BuiltIn()
    let choice: Choice
    let probe: ((PluginManifest) throws -> Void)?
    let interface: Interface?

    /// What identifies the interface that plugins are built against: one that was built against another does not fit.
    ///
    /// - Parameter torch: with that of LyceumTorch.
    /// - Returns: nil if it cannot be told.
    public typealias Interface = (_ torch: Bool) -> String?

    /// Finds the plugins of these folders; no library is opened.
    ///
    /// - Parameters:
    ///   - folders: searched in order for `*.resources/plugin.json` and `*/plugin.json`. Of two plugins that share
    ///     an id, or bring a student, teacher, metric or format of one name, the later is refused.
    ///   - choice: the others are listed as refused.
    ///   - probe: called before a library is opened for the first time; throws if it must not be.
    ///   - interface: of this program; nil compares none.
    public init(
        folders: [String], choice: Choice = .all, probe: ((PluginManifest) throws -> Void)? = nil,
        interface: Interface? = nil
    ) {
        self.folders = folders
        self.choice = choice
        self.probe = probe
        self.interface = interface
        search()
    }

    /// Searches the folders again; plugins that are known stay as they are.
    public func search() {
        let known = Set(plugins.map(\.path))
        var seen = known
        for folder in folders {
            for path in Self.manifests(in: folder) where seen.insert(path).inserted { add(path) }
        }
    }

    /// Reads a manifest again, unless its plugin is open.
    ///
    /// - Returns: the plugin as it now stands.
    public func refresh(_ path: String) -> Found {
        if let index = plugins.firstIndex(where: { $0.path == path }) {
            if plugins[index].isOpen { return plugins[index] }
            plugins.remove(at: index)
        }
        return plugins[add(path)]
    }

    /// Adds the plugin of a manifest.
    @discardableResult func add(_ path: String) -> Int {
        do {
            let manifest = try PluginManifest(path: path)
            plugins.append(Found(manifest: manifest, path: path, refusal: objection(to: manifest)))
        } catch {
            plugins.append(Found(manifest: nil, path: path, refusal: "\(error)"))
        }
        return plugins.count - 1
    }

    /// What stands against a plugin, its library apart.
    private func objection(to manifest: PluginManifest) -> String? {
        if case .only(let ids, let by) = choice, !ids.contains(manifest.id) { return "left out by \(by)" }
        return clash(with: manifest, at: manifest.path)
    }

    /// Ids that somebody chose and that no plugin has.
    public var missing: [String] {
        guard case .only(let ids, _) = choice else { return [] }
        return ids.subtracting(plugins.compactMap { $0.manifest?.id }).sorted()
    }

    /// Registers what the program itself brings, by the same calls as a plugin's.
    ///
    /// A plugin that brings something of one of these names is refused.
    public func registerBuiltIns(_ body: (Registry) throws -> Void) {
        // It fails only where two of the program's own share a name, which its tests would find missing.
        try? registry.receiving(Self.builtInID) { try body(registry) }
        builtIn = registry.entries(of: Self.builtInID)
        let taken = Set(registry.names(of: Self.builtInID))
        for index in plugins.indices where plugins[index].refusal == nil {
            guard let clash = plugins[index].manifest?.promises.first(where: taken.contains) else { continue }
            plugins[index].refusal = "its \(clash) is one of Lyceum's own"
        }
    }

    static let builtInID = "Lyceum itself"

    /// The manifests of the plugins that can be used.
    var usable: [PluginManifest] { plugins.filter { $0.refusal == nil }.compactMap(\.manifest) }

    /// The students that can be had, from the manifests alone.
    public var students: [PluginManifest.StudentEntry] {
        usable.flatMap(\.students).sorted { $0.id < $1.id }
    }
    /// The kinds of teachers that can be had.
    public var teachers: [PluginManifest.Entry] {
        builtIn.teachers + usable.flatMap(\.teachers).sorted { $0.id < $1.id }
    }
    /// The metrics that can be had.
    public var metrics: [PluginManifest.Entry] {
        builtIn.metrics + usable.flatMap(\.metrics).sorted { $0.id < $1.id }
    }
    /// The kinds of files that can be read.
    public var formats: [PluginManifest.FormatEntry] {
        builtIn.formats + usable.flatMap(\.formats).sorted { $0.id < $1.id }
    }

    private static func manifests(in folder: String) -> [String] {
        // Hidden folders are builds on their way.
        Files.list(folder).filter { !$0.hasPrefix(".") }.sorted().map {
            Files.join(Files.join(folder, $0), "plugin.json")
        }
        .filter(Files.exists)
    }
}
