import CZlib
import Glibc
import LyceumKit

/// The bytes of a file from the first to the last; those of a gzip file unpacked, those of another encoding as UTF-8.
/// Used by one thread at a time.
final class ByteSource {
    private let path: String
    private let descriptor: Int32
    private var stream: UnsafeMutablePointer<z_stream>?
    /// Packed bytes that wait to be unpacked.
    private var packed: [UInt8] = []
    private var packedStart = 0
    /// Whether a gzip member has begun and not ended.
    private var isInMember = false
    private var encoding: TextEncoding
    private var transcoder: Transcoder?
    private var hasBegun = false
    private var isAtEnd = false

    /// Opens a file; the first bytes say whether it is gzip.
    ///
    /// - Parameter encoding: how bytes stand for characters.
    /// - Throws: `LyceumError.file`.
    init(_ path: String, encoding: TextEncoding = .utf8) throws {
        self.path = path
        self.encoding = encoding
        if Files.isFolder(path) {
            throw LyceumError.file(path: path, line: nil, problem: "is a folder", remedy: "name a file in it")
        }
        try Files.checkReadable(path)
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw LyceumError.file(
                path: path, line: nil, problem: "cannot be opened (\(String(cString: strerror(errno))))",
                remedy: errno == ENOENT ? "check the name and the current folder" : "check its permissions")
        }
        packed = try readFile(1 << 18)
        try Files.checkContent(packed, of: path)
        if packed.starts(with: [0x1F, 0x8B]) {
            let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
            stream.initialize(to: z_stream())
            self.stream = stream
            guard czlib_begin_reading(stream) == Z_OK else {
                throw LyceumError.failed("out of memory", remedy: nil)
            }
        }
    }

    deinit {
        if let stream {
            inflateEnd(stream)
            stream.deallocate()
        }
        if descriptor >= 0 { close(descriptor) }
    }

    /// The next bytes, about `count` and never more; none at the end.
    ///
    /// - Throws: `LyceumError.file` if the file cannot be read, or is gzip and damaged or cut short.
    func read(_ count: Int) throws -> [UInt8] {
        if !hasBegun {
            hasBegun = true
            let start = try readBytes(count)
            try Files.checkContent(start, of: path)
            // UTF-16 says what it is, if it begins with a byte order mark.
            let isUTF16 = start.starts(with: [0xFF, 0xFE]) || start.starts(with: [0xFE, 0xFF])
            if encoding == .utf8, isUTF16 { encoding = .utf16 }
            if encoding == .utf8 { return start }
            var transcoder = Transcoder(encoding, path: path)
            isAtEnd = start.isEmpty
            let text = try transcoder.utf8(start, isLast: isAtEnd)
            self.transcoder = transcoder
            if !text.isEmpty || isAtEnd { return text }
        }
        while transcoder != nil, !isAtEnd {
            let piece = try readBytes(max(4, count / 3))
            isAtEnd = piece.isEmpty
            if let text = try transcoder?.utf8(piece, isLast: isAtEnd), !text.isEmpty { return text }
        }
        return transcoder == nil ? try readBytes(count) : []
    }

    private func readBytes(_ count: Int) throws -> [UInt8] {
        if let stream { return try unpack(count, stream) }
        // What was looked at to tell gzip.
        if packedStart < packed.count {
            let end = min(packedStart + count, packed.count)
            defer { packedStart = end }
            return Array(packed[packedStart..<end])
        }
        return try readFile(count)
    }

    /// All bytes that are left.
    ///
    /// - Parameters:
    ///   - limit: more are an error.
    ///   - what: names them in that error: "a JSON document".
    /// - Throws: also `LyceumError.cancelled`.
    func readAll(atMost limit: Int, _ what: String, job: Job) throws -> [UInt8] {
        var all: [UInt8] = []
        while true {
            try job.checkCancelled()
            let piece = try read(1 << 20)
            if piece.isEmpty { return all }
            all.append(contentsOf: piece)
            if all.count > limit { throw Self.tooLong(path, what, limit) }
        }
    }

    /// The error for something that is longer than is read.
    static func tooLong(_ path: String, _ what: String, _ limit: Int, line: Int? = nil) -> LyceumError {
        let size = limit >= 1 << 30 ? "\(limit >> 30) GiB" : "\(limit >> 20) MiB"
        return .file(
            path: path, line: line, problem: "holds \(what) of more than \(size), which is not read",
            remedy: "is it the right file, and are all line breaks and closing quotes there?")
    }

    private func readFile(_ count: Int) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = Glibc.read(descriptor, buffer.baseAddress.map { $0 + filled }, count - filled)
                if got < 0, errno == EINTR { continue }
                guard got >= 0 else {
                    throw LyceumError.file(
                        path: path, line: nil,
                        problem: "cannot be read (\(String(cString: strerror(errno))))", remedy: nil)
                }
                if got == 0 { break }
                filled += got
            }
        }
    }

    private func unpack(_ count: Int, _ stream: UnsafeMutablePointer<z_stream>) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                if packedStart == packed.count {
                    packed = try readFile(1 << 18)
                    try Files.checkContent(packed, of: path)
                    packedStart = 0
                    if packed.isEmpty {
                        if isInMember { throw damaged("ends in the middle of its gzip data") }
                        return
                    }
                }
                isInMember = true
                let status = packed.withUnsafeMutableBufferPointer { input in
                    stream.pointee.next_in = input.baseAddress.map { $0 + packedStart }
                    stream.pointee.avail_in = UInt32(clamping: input.count - packedStart)
                    stream.pointee.next_out = buffer.baseAddress.map { $0 + filled }
                    stream.pointee.avail_out = UInt32(clamping: count - filled)
                    return inflate(stream, Z_NO_FLUSH)
                }
                packedStart = packed.count - Int(stream.pointee.avail_in)
                filled = count - Int(stream.pointee.avail_out)
                switch status {
                case Z_OK, Z_BUF_ERROR: continue
                case Z_STREAM_END:
                    // A file may hold several members, one after the other.
                    isInMember = false
                    inflateReset(stream)
                default: throw damaged("holds gzip data that is damaged")
                }
            }
        }
    }

    private func damaged(_ problem: String) -> LyceumError {
        .file(path: path, line: nil, problem: problem, remedy: "fetch or write it again")
    }
}
