import Glibc
import Synchronization

/// Where a process may write.
public enum WritePermission: Sendable, Equatable {
    /// Wherever the system lets it.
    case everywhere
    /// Below this folder only, whose path holds no symbolic link; see `below(folder:)`.
    case below(String)
    /// Nowhere.
    case nowhere

    /// Below one folder only.
    ///
    /// - Throws: `LyceumError.file` if it is not a folder.
    public static func below(folder: String) throws -> WritePermission {
        guard Files.isFolder(folder), let real = realPath(folder) else {
            throw LyceumError.file(
                path: folder, line: nil, problem: "is not a folder", remedy: "make it first, or name another")
        }
        return .below(real)
    }

    /// Makes sure that a file or folder may be written: symbolic links are followed first.
    ///
    /// - Throws: `LyceumError.file`.
    public func check(_ path: String) throws { try check(path) { Self.target(path) } }

    /// Makes sure that a file or folder may be removed: links on the way to it are followed, it is not itself.
    ///
    /// - Throws: `LyceumError.file`.
    public func checkRemoving(_ path: String) throws { try check(path) { Self.entry(path) } }

    private func check(_ path: String, _ place: () -> String?) throws {
        let refusal: String
        switch self {
        case .everywhere: return
        case .nowhere: refusal = "this sandbox may write nowhere"
        case .below(let folder):
            if let real = place(),
                real == folder || real.hasPrefix(folder == "/" ? "/" : folder + "/")
            {
                return
            }
            refusal = "this sandbox may write below \(folder) only"
        }
        throw LyceumError.file(
            path: path, line: nil, problem: "may not be written", remedy: "\(refusal) (--write FOLDER)")
    }

    /// Where a path leads, which need not exist as a whole; nil if that cannot be told.
    private static func target(_ path: String) -> String? {
        if let real = realPath(path) { return real }
        // A link that leads nowhere would be followed when it is written.
        var status = stat()
        if lstat(path, &status) == 0 { return nil }
        return entry(path)
    }

    /// Where a name stands: the folder that really holds it, and the name.
    private static func entry(_ path: String) -> String? {
        let trimmed = Files.withoutEndingSlash(path)
        let name = trimmed[
            (trimmed.lastIndex(of: "/").map { trimmed.index(after: $0) } ?? trimmed.startIndex)...]
        guard !name.isEmpty, name != ".", name != ".." else { return nil }
        return target(Files.parent(of: trimmed)).map { Files.join($0, String(name)) }
    }

    private static func realPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}

// Everything in `Files` that writes asks here; whoever writes by other means (a library that opens files itself)
// asks before it does.
extension Files {
    private static let permission = Mutex(WritePermission.everywhere)

    /// From now on this process may write there only; once restricted, it is never allowed more.
    public static func restrictWriting(to allowed: WritePermission) {
        permission.withLock { current in
            if current == .everywhere { current = allowed }
        }
    }

    /// Makes sure that this process may write a file or folder.
    ///
    /// - Throws: `LyceumError.file`.
    public static func checkWritable(_ path: String) throws { try permission.withLock { $0 }.check(path) }

    /// Makes sure that this process may remove a file or folder.
    ///
    /// - Throws: `LyceumError.file`.
    public static func checkRemovable(_ path: String) throws {
        try permission.withLock { $0 }.checkRemoving(path)
    }
}
