import CZlib
import LyceumKit

/// Where a file's bytes go: collected into large pieces, and packed on the way if it is a gzip file.
final class ByteSink {
    /// Bytes that wait to be written.
    var buffer: [UInt8] = []
    private let write: (UnsafeRawBufferPointer) throws -> Void
    private var stream: UnsafeMutablePointer<z_stream>?
    private var packed: [UInt8] = []

    /// - Parameters:
    ///   - isPacked: whether to write gzip.
    ///   - write: writes bytes to the file.
    init(isPacked: Bool, _ write: @escaping (UnsafeRawBufferPointer) throws -> Void) throws {
        self.write = write
        if !isPacked { return }
        packed = [UInt8](repeating: 0, count: 1 << 18)
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        self.stream = stream
        guard czlib_begin_writing(stream) == Z_OK else {
            throw LyceumError.failed("out of memory", remedy: nil)
        }
    }

    deinit {
        if let stream {
            deflateEnd(stream)
            stream.deallocate()
        }
    }

    /// Writes the buffer and empties it.
    ///
    /// - Parameter isLast: whether nothing will follow.
    func flush(isLast: Bool = false) throws {
        if let stream {
            try pack(stream, isLast: isLast)
        } else {
            try buffer.withUnsafeBytes { try write($0) }
        }
        buffer.removeAll(keepingCapacity: true)
    }

    private func pack(_ stream: UnsafeMutablePointer<z_stream>, isLast: Bool) throws {
        try buffer.withUnsafeMutableBufferPointer { input in
            stream.pointee.next_in = input.baseAddress
            stream.pointee.avail_in = UInt32(clamping: input.count)
            repeat {
                let filled = packed.withUnsafeMutableBufferPointer { output in
                    stream.pointee.next_out = output.baseAddress
                    stream.pointee.avail_out = UInt32(clamping: output.count)
                    deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
                    return output.count - Int(stream.pointee.avail_out)
                }
                try packed.withUnsafeBytes { try write(UnsafeRawBufferPointer(rebasing: $0[..<filled])) }
            } while stream.pointee.avail_out == 0
        }
    }
}
