import Glibc
import Synchronization

// Where this process may write. Everything in `Files` that writes asks here; whoever writes by other means
// (a library that opens files itself) asks before it does.
extension Files {
    /// What is allowed; once restricted, never widened.
    private enum Permission {
        case everywhere
        case below(String)
        case nowhere
    }

    private static let permission = Mutex<Permission>(.everywhere)

    /// From now on this process may write below one folder only.
    ///
    /// - Parameter folder: must exist; nil allows no writing at all.
    /// - Throws: `LyceumError.file` if it is no folder.
    public static func restrictWriting(to folder: String?) throws {
        guard let folder else { return permission.withLock { $0 = .nowhere } }
        guard isFolder(folder), let real = realPath(folder) else {
            throw LyceumError.file(
                path: folder, line: nil, problem: "is no folder", remedy: "make it first, or name another")
        }
        permission.withLock { $0 = .below(real) }
    }

    /// Makes sure that this process may write a file or folder: symbolic links are followed first.
    ///
    /// - Throws: `LyceumError.file`.
    public static func checkWritable(_ path: String) throws {
        let refusal: String
        switch permission.withLock({ $0 }) {
        case .everywhere: return
        case .nowhere: refusal = "this sandbox may write nowhere"
        case .below(let folder):
            if let real = target(path), real == folder || real.hasPrefix(folder == "/" ? "/" : folder + "/") {
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
        let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        let name = trimmed[
            (trimmed.lastIndex(of: "/").map { trimmed.index(after: $0) } ?? trimmed.startIndex)...]
        guard !name.isEmpty, name != ".", name != ".." else { return nil }
        return target(parent(of: trimmed)).map { join($0, String(name)) }
    }

    private static func realPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
