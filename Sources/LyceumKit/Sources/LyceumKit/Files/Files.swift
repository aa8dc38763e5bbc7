import Glibc

/// The few things done with files, with errors that name the file and say what to do.
public enum Files {
    /// The bytes of a file.
    ///
    /// - Throws: `LyceumError.file`.
    public static func read(_ path: String) throws -> [UInt8] {
        try checkReadable(path)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path, "cannot be opened") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(path, "cannot be read") }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            throw LyceumError.file(path: path, line: nil, problem: "is a folder", remedy: "name a file in it")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(max(0, Int(status.st_size)))
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(path, "cannot be read") }
            if count == 0 { return bytes }
            bytes.append(contentsOf: buffer[..<count])
        }
    }

    /// Writes a file as a whole or not at all: to a temporary file beside it, flushed, then renamed.
    ///
    /// - Parameter body: writes through the closure it is given, piece by piece.
    /// - Throws: `LyceumError.file`, or what `body` throws; the old file is then untouched.
    public static func writeAtomically(
        _ path: String, _ body: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        try checkWritable(path)
        let temporary = "\(path).\(getpid()).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw failure(path, "cannot be written") }
        var isOpen = true
        do {
            try body { bytes in
                var written = 0
                while written < bytes.count {
                    let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
                    let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else { throw failure(path, "cannot be written") }
                    written += count
                }
            }
            guard fsync(descriptor) == 0 else { throw failure(path, "cannot be written") }
            isOpen = false
            guard close(descriptor) == 0 else { throw failure(path, "cannot be written") }
            guard rename(temporary, path) == 0 else { throw failure(path, "cannot be written") }
        } catch {
            if isOpen { close(descriptor) }
            unlink(temporary)
            throw error
        }
    }

    /// Writes bytes to a file, as a whole or not at all.
    public static func write(_ bytes: [UInt8], to path: String) throws {
        try writeAtomically(path) { write in try bytes.withUnsafeBytes { try write($0) } }
    }

    /// Writes a text to a file, as a whole or not at all.
    public static func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

    /// Writes a file that may hold replies, prompts or other confidential texts: if it is new, others cannot read it. One
    /// that was there before keeps its permissions as `body` leaves them.
    public static func keepFromOthers(_ path: String, _ body: () throws -> Void) rethrows {
        let isNew = !exists(path)
        try body()
        var status = stat()
        guard isNew, stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
        chmod(path, status.st_mode & 0o770)
    }

    /// Makes a folder as a whole or not at all: `body` fills a temporary folder beside it, which then takes
    /// the place of the old one.
    ///
    /// - Throws: `LyceumError.file`, or what `body` throws; the old folder is then untouched.
    public static func writeFolderAtomically(_ path: String, _ body: (_ folder: String) throws -> Void) throws
    {
        let target = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        let temporary = "\(target).\(getpid()).tmp"
        try checkWritable(target)
        try makeFolder(parent(of: target))
        removeTree(temporary)
        try makeFolder(temporary)
        do {
            try body(temporary)
            if exists(target) {
                guard isFolder(target) else {
                    throw LyceumError.file(
                        path: target, line: nil, problem: "is a file", remedy: "name a folder")
                }
                try exchange(temporary, target)
                removeTree(temporary)
            } else {
                guard rename(temporary, target) == 0 else { throw failure(target, "cannot be written") }
            }
        } catch {
            removeTree(temporary)
            throw error
        }
    }

    private typealias RenameAt2 =
        @convention(c) (CInt, UnsafePointer<CChar>, CInt, UnsafePointer<CChar>, CUnsignedInt) -> CInt

    /// glibc's renameat2, which its Swift module leaves out.
    private static let renameAt2 = dlsym(nil, "renameat2").map { unsafeBitCast($0, to: RenameAt2.self) }

    /// Swaps two folders in one step, so that there is no moment at which a kill would leave none.
    private static func exchange(_ new: String, _ target: String) throws {
        let exchanging: CUnsignedInt = 2  // RENAME_EXCHANGE of <linux/fs.h>
        if renameAt2?(AT_FDCWD, new, AT_FDCWD, target, exchanging) == 0 { return }
        // Some network file systems cannot swap: there it takes two steps.
        guard renameAt2 == nil || errno == EINVAL || errno == ENOSYS else {
            throw failure(target, "cannot be replaced")
        }
        let old = "\(target).\(getpid()).old"
        removeTree(old)
        guard rename(target, old) == 0 else { throw failure(target, "cannot be replaced") }
        guard rename(new, target) == 0 else {
            let error = failure(target, "cannot be written")
            rename(old, target)
            throw error
        }
        rename(old, new)
    }

    /// Whether something of that name exists.
    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Whether it is a folder.
    public static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// A path with `~` or `~/` at its beginning replaced by the home folder, as a shell does it.
    ///
    /// For paths that a person types. A file whose name is `~` is reached as `./~`.
    public static func expandingHome(_ path: String) -> String {
        guard path == "~" || path.hasPrefix("~/"), let home = getenv("HOME").map({ String(cString: $0) }),
            !home.isEmpty
        else { return path }
        return path == "~" ? home : join(home, String(path.dropFirst(2)))
    }

    /// The names in a folder, unsorted; none if it cannot be read.
    public static func list(_ path: String) -> [String] {
        guard (try? checkReadable(path)) != nil, let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Makes a folder and those above it.
    public static func makeFolder(_ path: String) throws {
        if path.isEmpty || isFolder(path) { return }
        try checkWritable(path)
        try makeFolder(parent(of: path))
        guard mkdir(path, 0o777) == 0 || (errno == EEXIST && isFolder(path)) else {
            throw failure(path, "cannot be made")
        }
    }

    /// Removes a file, or a folder with all that is in it; symbolic links are not followed.
    public static func removeTree(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        if status.st_mode & S_IFMT == S_IFDIR {
            for name in list(path) { removeTree(join(path, name)) }
            rmdir(path)
        } else {
            unlink(path)
        }
    }

    /// `a` and `b` with one slash between them; `b` alone if it is absolute.
    public static func join(_ a: String, _ b: String) -> String {
        if b.hasPrefix("/") || a.isEmpty { return b }
        return a.hasSuffix("/") ? a + b : a + "/" + b
    }

    /// The folder that holds a file: everything before the last slash, "." if there is none.
    public static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// An error about a file, from `errno`.
    static func failure(_ path: String, _ problem: String) -> LyceumError {
        let code = errno
        let remedy: String?
        switch code {
        case ENOENT where !isFolder(parent(of: path)):
            remedy = "the folder \(parent(of: path))/ does not exist"
        case ENOENT: remedy = "check the name and the current folder"
        case EACCES, EPERM, EROFS: remedy = "check its permissions"
        case ENOSPC, EDQUOT: remedy = "free some disk space"
        default: remedy = nil
        }
        return .file(
            path: path, line: nil, problem: "\(problem) (\(String(cString: strerror(code))))", remedy: remedy)
    }
}
