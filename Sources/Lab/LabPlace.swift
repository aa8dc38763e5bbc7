import Glibc
import LyceumKit

/// Whether a lab's files are what they should be, before SQLite opens them.
///
/// SQLite follows links and opens whatever is there: a pipe would be waited for without end, a device read, and a link
/// in a folder that came from elsewhere would have the lab of another project changed.
enum LabPlace {
    /// Makes sure that the database and its companions are regular files of the lab's folder, where they exist.
    ///
    /// - Parameter path: of the database.
    /// - Throws: `LyceumError.file`.
    static func check(_ path: String) throws {
        try Files.checkReadable(path)
        for name in [path, path + "-wal", path + "-shm", path + "-journal"] {
            var status = stat()
            guard lstat(name, &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFLNK {
                guard stat(name, &status) == 0 else {
                    throw refusal(name, "is a link that leads nowhere", "remove it, or use another lab")
                }
                guard let folder = real(Files.parent(of: path)), let target = real(name),
                    target.hasPrefix(folder + "/")
                else {
                    throw refusal(
                        name, "is a link out of the lab's folder",
                        "name the folder that holds the lab (--lab FOLDER), or link the whole folder")
                }
            }
            guard status.st_mode & S_IFMT == S_IFREG else {
                throw refusal(name, "is not a regular file", "move it away, or use another lab")
            }
        }
    }

    private static func refusal(_ path: String, _ problem: String, _ remedy: String) -> LyceumError {
        .file(path: path, line: nil, problem: problem, remedy: remedy)
    }

    private static func real(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
