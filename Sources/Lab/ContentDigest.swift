import Glibc
import LyceumKit

/// The SHA-256 of a file or a folder, and how many bytes it holds.
struct ContentDigest: Equatable {
    /// 64 hexadecimal digits. A file's is what `sha256sum` prints; a folder's is the hash of the lines that
    /// `sha256sum` would print for its files, sorted by path.
    let sha256: String
    /// Bytes in all files.
    let byteCount: Int

    /// Reads the file or the folder.
    ///
    /// - Throws: `LyceumError.file` if something cannot be read.
    init(of path: String) throws {
        guard Files.isFolder(path) else {
            self = try Self.file(path)
            return
        }
        var lines: [String] = []
        var total = 0
        for name in try Self.files(below: path, prefix: "").sorted() {
            let digest = try Self.file(Files.join(path, name))
            lines.append("\(digest.sha256)  \(name)\n")
            total += digest.byteCount
        }
        sha256 = SHA256.hash(lines.joined()).hexadecimal
        byteCount = total
    }

    private init(sha256: String, byteCount: Int) {
        self.sha256 = sha256
        self.byteCount = byteCount
    }

    private static func file(_ path: String) throws -> ContentDigest {
        try Files.checkReadable(path)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable(path) }
        defer { close(descriptor) }
        var hash = SHA256()
        var total = 0
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw unreadable(path) }
            if count == 0 { break }
            total += count
            buffer.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
        return ContentDigest(sha256: hash.finish().hexadecimal, byteCount: total)
    }

    /// Symbolic links to folders are not entered.
    private static func files(below folder: String, prefix: String) throws -> [String] {
        var found: [String] = []
        for name in Files.list(folder) {
            let path = Files.join(folder, name)
            var status = stat()
            guard lstat(path, &status) == 0 else { throw unreadable(path) }
            if status.st_mode & S_IFMT == S_IFDIR {
                found += try files(below: path, prefix: prefix + name + "/")
            } else if !Files.isFolder(path) {
                found.append(prefix + name)
            }
        }
        return found
    }

    private static func unreadable(_ path: String) -> LyceumError {
        .file(
            path: path, line: nil, problem: "cannot be read (\(String(cString: strerror(errno))))",
            remedy: "check its name and permissions")
    }
}
