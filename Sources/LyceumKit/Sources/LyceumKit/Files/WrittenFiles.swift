import Glibc

/// What our saves wrote into a folder: a later save replaces these files, and no others.
///
/// The list lies in the folder, a path a line. Whoever sends somebody a folder decides what the list says; so
/// paths that lead out of the folder are not believed.
struct WrittenFiles {
    /// The name of the list.
    static let listName = ".lyceum-files"
    private static let heading = "# What Lyceum wrote here. Saving again replaces these files and no others."

    /// The files, by their paths below the folder, "/" between the parts.
    let paths: Set<String>

    init(_ paths: some Sequence<String>) { self.paths = Set(paths) }

    /// The list of a folder; empty if it has none.
    init(in folder: String) {
        var status = stat()
        let path = Files.join(folder, Self.listName)
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            let bytes = try? Files.read(path)
        else {
            paths = []
            return
        }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        paths = lines.first == Self.heading ? Set(lines.dropFirst().filter(Self.isBelow)) : []
    }

    /// Writes the list into a folder.
    func write(into folder: String) throws {
        let lines = [Self.heading] + paths.sorted()
        try Files.write(lines.joined(separator: "\n") + "\n", to: Files.join(folder, Self.listName))
    }

    /// Whether a path stays below the folder it starts from.
    private static func isBelow(_ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return !path.isEmpty && parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
    }

    /// Everything in a folder that is not itself a folder, by its path below it; links are not followed.
    static func all(in folder: String, below prefix: String = "") -> [String] {
        Files.list(folder).flatMap { name -> [String] in
            var status = stat()
            let path = Files.join(folder, name)
            guard lstat(path, &status) == 0 else { return [] }
            let shown = prefix.isEmpty ? name : prefix + "/" + name
            return status.st_mode & S_IFMT == S_IFDIR ? all(in: path, below: shown) : [shown]
        }
    }

    /// The folders on the way to the files, the deepest first.
    var folders: [String] {
        var folders: Set<String> = []
        for path in paths {
            var way = path
            while let slash = way.lastIndex(of: "/") {
                way = String(way[..<slash])
                folders.insert(way)
            }
        }
        return folders.sorted { $0.utf8.count > $1.utf8.count }
    }

    /// Whether a folder holds something that is not of this list, or a link, which a save has to follow.
    func isMixed(_ folder: String) -> Bool {
        func isOurs(_ place: String, _ prefix: String) -> Bool {
            Files.list(place).allSatisfy { name in
                if prefix.isEmpty, name == Self.listName { return true }
                var status = stat()
                let path = Files.join(place, name)
                let shown = prefix + name
                guard lstat(path, &status) == 0 else { return true }
                switch status.st_mode & S_IFMT {
                case S_IFREG: return paths.contains(shown)
                // An empty folder may mean something to its owner.
                case S_IFDIR: return known.contains(shown) && isOurs(path, shown + "/")
                default: return false
                }
            }
        }
        let known = Set(folders)
        return !isOurs(folder, "")
    }
}
