import Glibc
import LyceumKit

/// A file that appears under its name only when it has been written whole and has reached the disk.
struct AtomicFile {
    private let descriptor: Int32
    private let path: String

    /// Writes `path` through `body`: to a temporary neighbour, which is renamed when all went well and else removed.
    static func write(_ path: String, _ body: (AtomicFile) throws -> Void) throws {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "./"
        let temporary = folder + ".lyceum-partial-" + String(UInt64.random(in: 0 ... .max), radix: 36)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw MappedFile.failure(path, "cannot be created") }
        var isOpen = true
        do {
            try body(AtomicFile(descriptor: descriptor, path: path))
            guard fsync(descriptor) == 0 else { throw MappedFile.failure(path, "cannot be written") }
            isOpen = false
            guard close(descriptor) == 0 else { throw MappedFile.failure(path, "cannot be written") }
            guard rename(temporary, path) == 0 else {
                throw MappedFile.failure(path, "cannot be put in place")
            }
        } catch {
            if isOpen { close(descriptor) }
            unlink(temporary)
            throw error
        }
        // The rename itself reaches the disk with its folder.
        let folderDescriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if folderDescriptor >= 0 {
            fsync(folderDescriptor)
            close(folderDescriptor)
        }
    }

    /// Appends `bytes`.
    func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Glibc.write(
                descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw MappedFile.failure(path, "cannot be written") }
            rest = rest.dropFirst(count)
        }
    }
}
