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
        try Files.checkReadable(path)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure(path, "cannot be opened") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.failure(path, "cannot be read") }
        guard status.st_mode & S_IFMT == S_IFREG, let count = Int(exactly: status.st_size) else {
            throw LyceumError.file(path: path, line: nil, problem: "is not a regular file", remedy: nil)
        }
        if count == 0 {
            bytes = UnsafeMutableRawBufferPointer(start: nil, count: 0)
            return
        }
        guard let address = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor, 0),
            address != MAP_FAILED
        else { throw Self.failure(path, "cannot be mapped into memory") }
        bytes = UnsafeMutableRawBufferPointer(start: address, count: count)
        try Files.checkContent(bytes.prefix(400), of: path)
    }

    deinit {
        if let address = bytes.baseAddress { munmap(address, bytes.count) }
    }

    /// Lets the system take back the whole pages within `range`: touched again, they come from the file again,
    /// without what was written to them.
    func release(_ range: Range<Int>) {
        guard let start = bytes.baseAddress else { return }
        let page = sysconf(Int32(_SC_PAGESIZE))
        let first = (range.lowerBound + page - 1) / page * page
        let end = range.upperBound / page * page
        // Advice: where the system does not follow it, nothing is lost but memory.
        if first < end { madvise(start + first, end - first, MADV_DONTNEED) }
    }

    /// An error with the system's reason.
    static func failure(_ path: String, _ what: String) -> LyceumError {
        .file(path: path, line: nil, problem: "\(what): \(String(cString: strerror(errno)))", remedy: nil)
    }
}
