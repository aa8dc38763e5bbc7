import LyceumKit

/// The folder of the user's own plugins.
public struct PluginHome {
    private let folder: String

    /// - Parameter folder: where `lyceum plugin build` installs.
    public init(folder: String) { self.folder = folder }

    /// Removes a plugin that `lyceum plugin build` installed: what it wrote, and its folder if nothing else is there.
    ///
    /// - Parameters:
    ///   - id: its id.
    ///   - others: the plugins there are, to say where one lies that is not the user's.
    /// - Returns: its folder.
    /// - Throws: `LyceumError.unknownName` if there is no such plugin, `LyceumError.plugin` if it is not in this folder,
    ///   or other files are next to it.
    public func remove(_ id: String, others: [PluginHost.Found]) throws -> String {
        let place = Files.join(folder, id)
        let path = Files.join(place, "plugin.json")
        guard !id.isEmpty, !id.contains("/"), !id.hasPrefix("."), Files.exists(path) else {
            if let other = others.first(where: { $0.manifest?.id == id }) {
                throw LyceumError.plugin(
                    path: other.path, problem: "it is not one of yours in \(folder)",
                    remedy: "a built-in plugin stays; LYCEUM_PLUGINS names those that are used")
            }
            throw LyceumError.unknownName(
                kind: "plugin", name: id, known: Files.list(folder).sorted(),
                remedy: "lyceum plugin list shows them")
        }
        var ours = ["plugin.json", "options.json", ".lyceum-options.json", ".lyceum-files"]
        if let manifest = try? PluginManifest(path: path) {
            ours.append(Files.name(of: manifest.library))
        }
        let strangers = Files.list(place).filter { !ours.contains($0) }.sorted()
        guard strangers.isEmpty else {
            throw LyceumError.plugin(
                path: place,
                problem: "it also holds \(strangers.prefix(5).joined(separator: ", ")), which no build wrote",
                remedy: "move them away, or remove the folder yourself")
        }
        Files.removeTree(place)
        return place
    }
}
