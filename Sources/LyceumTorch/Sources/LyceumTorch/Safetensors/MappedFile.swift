import Glibc
import LyceumKit

/// A file's bytes in memory, private to the process: writing to them changes no file.
///
/// The mapping lives as long as this object; every tensor over it keeps it alive.
final class MappedFile: @unchecked Sendable {
    // Written only through tensors, under Tensor's own rule about writers.
    let bytes: UnsafeMutableRawBufferPointer
    let path: String
    private let descriptor: Int32
    /// What the file was when it was opened.
    private let state: State

    /// Changes when somebody writes to a file.
    private struct State: Equatable {
        let size, seconds, nanoseconds: Int

        init?(_ descriptor: Int32) {
            var status = stat()
            guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
            (size, seconds) = (Int(status.st_size), status.st_mtim.tv_sec)
            nanoseconds = status.st_mtim.tv_nsec
        }
    }

    init(path: String) throws {
        self.path = path
        try Files.checkReadable(path)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure(path, "cannot be opened") }
        self.descriptor = descriptor
        guard let state = State(descriptor) else {
            close(descriptor)
            throw LyceumError.file(path: path, line: nil, problem: "is not a regular file", remedy: nil)
        }
        self.state = state
        if state.size == 0 {
            bytes = UnsafeMutableRawBufferPointer(start: nil, count: 0)
            return
        }
        let address = mmap(nil, state.size, PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor, 0)
        guard let address, address != MAP_FAILED else {
            let failure = Self.failure(path, "cannot be mapped into memory")
            close(descriptor)
            throw failure
        }
        bytes = UnsafeMutableRawBufferPointer(start: address, count: state.size)
        try Files.checkContent(bytes.prefix(400), of: path)
    }

    deinit {
        if let address = bytes.baseAddress { munmap(address, bytes.count) }
        close(descriptor)
    }

    /// Makes sure that nobody has written to the file since it was opened: its pages may not have been read yet, and one
    /// that is gone ends the process. A file that took its place by rename does no harm.
    ///
    /// - Throws: `LyceumError.file`.
    func checkUnchanged() throws {
        guard State(descriptor) != state else { return }
        throw LyceumError.file(
            path: path, line: nil, problem: "was written to while its weights were in use",
            remedy: "load the student again")
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
