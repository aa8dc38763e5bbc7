import Glibc
import LyceumKit

// What the cache holds, and how to make room in it.
extension Hub {
    /// A repository in the cache.
    public struct Cached: Sendable {
        /// Which; its revision is `main`.
        public let repository: HubRepository
        /// Bytes of its blobs.
        public let size: Int
        /// Commits, each with the revisions that name it, sorted by the commit.
        public let commits: [(commit: String, revisions: [String], files: Int)]
        /// Bytes of downloads that were cut.
        public let partialSize: Int
        /// Its folder.
        public let path: String
    }

    /// Every repository in the cache, sorted by kind and name.
    public func cached() throws -> [Cached] {
        let cache = try cache()
        return Files.list(cache.root).compactMap(HubRepository.init(folderName:))
            .map { Self.cached($0, cache) }
            .sorted {
                ($0.repository.kind.rawValue, $0.repository.id) < (
                    $1.repository.kind.rawValue, $1.repository.id
                )
            }
    }

    private static func cached(_ repository: HubRepository, _ cache: HubCache) -> Cached {
        let folder = cache.folder(repository)
        var (size, partial) = (0, 0)
        for name in Files.list(Files.join(folder, "blobs")) {
            let bytes = fileSize(Files.join(folder, "blobs/\(name)"))
            if name.hasSuffix(".incomplete") { partial += bytes } else { size += bytes }
        }
        let refs = revisions(below: Files.join(folder, "refs"))
        let commits = Files.list(Files.join(folder, "snapshots")).sorted().map { commit in
            (
                commit: commit, revisions: refs.filter { $0.value == commit }.keys.sorted(),
                files: cache.files(repository, commit).count
            )
        }
        return Cached(
            repository: repository, size: size, commits: commits, partialSize: partial, path: folder)
    }

    private static func fileSize(_ path: String) -> Int {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : 0
    }

    private static func revisions(below folder: String, _ prefix: String = "", depth: Int = 0) -> [String:
        String]
    {
        var found: [String: String] = [:]
        for name in Files.list(folder) where depth < 8 {
            let path = Files.join(folder, name)
            if Files.isFolder(path) {
                found.merge(revisions(below: path, prefix + name + "/", depth: depth + 1)) { a, _ in a }
            } else if let bytes = try? Files.read(path) {
                found[prefix + name] = String(decoding: bytes, as: UTF8.self).trimmed
            }
        }
        return found
    }

    /// Removes a repository from the cache, or one of its revisions with the content that no other one needs.
    ///
    /// - Parameter revision: nil removes all.
    /// - Returns: the bytes that became free.
    /// - Throws: `LyceumError.unknownName` if it is not there, `LyceumError.file` if it may not be removed.
    public func remove(_ repository: HubRepository, revision: String?) throws -> Int {
        let cache = try cache()
        let folder = cache.folder(repository)
        guard Files.isFolder(folder) else {
            throw LyceumError.unknownName(
                kind: repository.kind.rawValue + " in the cache", name: repository.id,
                known: try cached().filter { $0.repository.kind == repository.kind }.map(\.repository.id),
                remedy: "hub.list() shows what there is")
        }
        try Files.checkWritable(folder)
        let found = Self.cached(repository, cache)
        guard let revision else {
            Files.removeTree(folder)
            Files.removeTree(Files.join(cache.root, ".locks/\(repository.folderName)"))
            guard !Files.exists(folder) else {
                throw LyceumError.file(
                    path: folder, line: nil, problem: "could not be removed as a whole",
                    remedy: "check its permissions")
            }
            return found.size + found.partialSize
        }
        guard
            let entry = found.commits.first(where: {
                $0.commit == revision || $0.revisions.contains(revision)
            })
        else {
            throw LyceumError.unknownName(
                kind: "revision in the cache", name: revision,
                known: found.commits.flatMap { $0.revisions.isEmpty ? [$0.commit] : $0.revisions },
                remedy: nil)
        }
        Files.removeTree(Files.join(folder, "snapshots/\(entry.commit)"))
        for name in entry.revisions { Files.removeTree(Files.join(folder, "refs/\(name)")) }
        var needed: Set<String> = []
        for other in found.commits where other.commit != entry.commit {
            for file in cache.files(repository, other.commit) {
                let path = Files.join(cache.snapshot(repository, other.commit), file)
                if let target = Self.linkTarget(path) { needed.insert(target) }
            }
        }
        var freed = 0
        for name in Files.list(Files.join(folder, "blobs")) where !needed.contains(name) {
            if name.hasSuffix(".incomplete") { continue }
            let path = Files.join(folder, "blobs/\(name)")
            freed += Self.fileSize(path)
            Files.removeTree(path)
        }
        return freed
    }

    /// The name of the blob that a link leads to.
    private static func linkTarget(_ path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &buffer, buffer.count)
        guard count > 0 else { return nil }
        let text = String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
        return Files.name(of: text)
    }
}
