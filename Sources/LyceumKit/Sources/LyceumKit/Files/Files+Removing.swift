import Glibc

// Removing: never through a symbolic link, and only where this process may write.
extension Files {
    /// Removes a file, or a folder with all that is in it; nothing happens if there is none. A symbolic link is
    /// removed and never followed, whatever else changes the folder meanwhile.
    ///
    /// - Throws: `LyceumError.file` if this process may not write there, or the system refuses.
    public static func remove(_ path: String) throws {
        let path = withoutEndingSlash(path)
        try checkRemovable(path)
        try removeEntry(path, in: AT_FDCWD, named: path)
    }

    /// The same for something below a folder of ours: no part of the way there may be a symbolic link, because
    /// what lies behind one is not ours.
    ///
    /// - Parameters:
    ///   - relative: the way from `root`.
    ///   - root: a folder; a link to it is followed.
    /// - Throws: `LyceumError.file`.
    public static func remove(_ relative: String, below root: String) throws {
        try withFolder(of: relative, below: root) { folder, name in
            try removeEntry(name, in: folder, named: join(root, relative))
        }
    }

    /// Opens the folder of something below a folder of ours, on a way without symbolic links; `body` is not called if
    /// there is no such folder.
    static func withFolder(
        of relative: String, below root: String, _ body: (_ folder: CInt, _ name: String) throws -> Void
    ) throws {
        let whole = join(root, relative)
        try checkRemovable(whole)
        let parts = relative.split(separator: "/").map(String.init)
        guard let last = parts.last, !parts.contains(".."), !parts.contains(".") else {
            throw LyceumError.file(path: whole, line: nil, problem: "cannot be removed", remedy: nil)
        }
        var folder = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else {
            if errno == ENOENT { return }
            throw failure(root, "cannot be opened")
        }
        defer { close(folder) }
        var way = root
        for part in parts.dropLast() {
            way = join(way, part)
            let next = openat(folder, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            if next < 0 {
                if errno == ENOENT { return }
                var status = stat()
                if lstat(way, &status) == 0, status.st_mode & S_IFMT == S_IFLNK {
                    // Nothing behind it: nothing to remove.
                    if lstat(whole, &status) != 0 { return }
                    throw LyceumError.file(
                        path: way, line: nil,
                        problem: "is a symbolic link, and nothing is removed through one",
                        remedy: "remove \(whole) yourself, then try again")
                }
                throw failure(way, "cannot be opened")
            }
            close(folder)
            folder = next
        }
        try body(folder, last)
    }

    /// Removes a file, or a folder with all that is in it, as `remove` does; what cannot be removed stays.
    public static func removeTree(_ path: String) { try? remove(path) }

    private static func removeEntry(_ name: String, in folder: CInt, named path: String) throws {
        if unlinkat(folder, name, 0) == 0 || errno == ENOENT { return }
        // The system says EISDIR of a folder, POSIX EPERM.
        guard errno == EISDIR || errno == EPERM else { throw failure(path, "cannot be removed") }
        let descriptor = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path, "cannot be removed") }
        guard let stream = fdopendir(descriptor) else {
            close(descriptor)
            throw failure(path, "cannot be removed")
        }
        defer { closedir(stream) }
        for name in names(in: stream) {
            try removeEntry(name, in: descriptor, named: join(path, name))
        }
        guard unlinkat(folder, name, AT_REMOVEDIR) == 0 || errno == ENOENT else {
            throw failure(path, "cannot be removed")
        }
    }
}
