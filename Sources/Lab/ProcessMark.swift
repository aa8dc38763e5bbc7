import Glibc
import LyceumKit
import Synchronization

/// A locked file by which others see that this process still lives.
///
/// The kernel lifts the lock when the process ends, however it ends; so a run whose mark nobody holds was
/// abandoned. That holds across containers that share the folder and does not mistake a reused process id.
final class ProcessMark: Sendable {
    /// The file's name in the lab's folder `processes`.
    let name: String
    private let path: String
    private let descriptor: Int32

    /// Makes the mark and locks it; nil where the file system has no locks.
    ///
    /// - Throws: `LyceumError.file`.
    static func make(in folder: String) throws -> ProcessMark? {
        try Files.makeFolder(folder)
        let name = "\(getpid())-\(String(UInt64.random(in: .min ... .max), radix: 16))"
        let path = Files.join(folder, name)
        // It gets its name when it is locked: nobody can find it unlocked while its process lives.
        let unnamed = path + ".new"
        let descriptor = open(unnamed, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw LyceumError.file(
                path: unnamed, line: nil, problem: "cannot be made (\(String(cString: strerror(errno))))",
                remedy: "check the folder's permissions and the free space")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, rename(unnamed, path) == 0 else {
            unlink(unnamed)
            close(descriptor)
            return nil
        }
        return ProcessMark(name: name, path: path, descriptor: descriptor)
    }

    private init(name: String, path: String, descriptor: Int32) {
        self.name = name
        self.path = path
        self.descriptor = descriptor
    }

    deinit {
        unlink(path)
        close(descriptor)
    }

    /// Whether the process that made a mark has ended.
    static func isDead(_ name: String, in folder: String) -> Bool {
        let descriptor = open(Files.join(folder, name), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return errno == ENOENT }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) == 0
    }

    /// Whether a file is a mark: of a lab in an existing folder, `processes` may hold other files.
    private static func isMark(_ path: String, _ name: String) -> Bool {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, Int(parts[0]) != nil, UInt64(parts[1], radix: 16) != nil else { return false }
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && status.st_size == 0
    }

    /// Removes the marks of ended processes.
    static func sweep(_ folder: String) {
        for name in Files.list(folder)
        where isMark(Files.join(folder, name), name) && isDead(name, in: folder) {
            unlink(Files.join(folder, name))
        }
    }
}
