import Glibc

/// The few things done with files, with errors that name the file and say what to do.
public enum Files {
    /// The bytes of a file; `readText` reads text.
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
            if count == 0 {
                try checkContent(bytes, of: path)
                return bytes
            }
            bytes.append(contentsOf: buffer[..<count])
        }
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
        guard path == "~" || path.hasPrefix("~/"), let home = Environment.text("HOME") else { return path }
        return path == "~" ? home : join(home, String(path.dropFirst(2)))
    }

    /// The names in a folder, unsorted; none if it cannot be read.
    public static func list(_ path: String) -> [String] {
        guard (try? checkReadable(path)) != nil, let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        return names(in: folder)
    }

    /// The names in an open folder.
    static func names(in folder: OpaquePointer) -> [String] {
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

    /// `a` and `b` with one slash between them; `b` alone if it is absolute.
    public static func join(_ a: String, _ b: String) -> String {
        if b.hasPrefix("/") || a.isEmpty { return b }
        return a.hasSuffix("/") ? a + b : a + "/" + b
    }

    /// A path without the slashes at its end.
    static func withoutEndingSlash(_ path: String) -> String {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }

    /// The last part of a path: that of a file or folder in the folder that holds it; "/" is its own.
    public static func name(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
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
