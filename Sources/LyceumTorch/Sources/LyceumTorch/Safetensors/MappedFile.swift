import Glibc
import LyceumKit

/// A file's bytes in memory, private to the process: writing to them changes no file.
///
/// The mapping lives as long as this object; every tensor over it keeps it alive.
final class MappedFile: @unchecked Sendable {
    // Written only through tensors, under Tensor's own rule about writers.
    let bytes: UnsafeMutableRawBufferPointer
    let path: String

    init(path: String) throws {
        self.path = path
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure(path, "cannot be opened") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.failure(path, "cannot be read") }
        guard status.st_mode & S_IFMT == S_IFREG, let count = Int(exactly: status.st_size) else {
            throw LyceumError.file(path: path, line: nil, problem: "is no regular file", remedy: nil)
        }
        if count == 0 {
            bytes = UnsafeMutableRawBufferPointer(start: nil, count: 0)
            return
        }
        guard let address = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor, 0),
            address != MAP_FAILED
        else { throw Self.failure(path, "cannot be mapped into memory") }
        bytes = UnsafeMutableRawBufferPointer(start: address, count: count)
    }

    deinit {
        if let address = bytes.baseAddress { munmap(address, bytes.count) }
    }

    /// An error with the system's reason.
    static func failure(_ path: String, _ what: String) -> LyceumError {
        .file(path: path, line: nil, problem: "\(what): \(String(cString: strerror(errno)))", remedy: nil)
    }
}
