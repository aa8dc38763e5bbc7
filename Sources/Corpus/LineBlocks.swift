import LyceumKit
import Synchronization

/// A file cut into blocks of whole lines, handed out to several threads.
final class LineBlocks: Sendable {
    struct Block: Sendable {
        /// Counted from 0.
        let index: Int
        /// Where the block begins, in unpacked bytes.
        let start: Int
        let bytes: [UInt8]
    }

    private struct State {
        let source: ByteSource
        /// The beginning of a line whose end has not been read yet.
        var rest: [UInt8] = []
        var index = 0
        var start = 0
        var isAtEnd = false
    }

    private let state: Mutex<State>
    private let size: Int
    private let path: String
    /// Longer lines are an error.
    static let longestLine = 1 << 30
    private let job: Job

    /// - Parameters:
    ///   - size: the bytes of a block; more if a line is longer.
    ///   - job: progress and cancellation.
    init(_ path: String, encoding: TextEncoding = .utf8, size: Int, job: Job) throws {
        state = Mutex(State(source: try ByteSource(path, encoding: encoding)))
        self.path = path
        self.size = size
        self.job = job
    }

    /// The next block; nil at the end, and after an error or a `stop`.
    func next() throws -> Block? {
        try state.withLock { state in
            if state.isAtEnd { return nil }
            do {
                try job.checkCancelled()
                var bytes = state.rest
                state.rest = []
                while true {
                    // A line may be as long as the file.
                    try job.checkCancelled()
                    if bytes.count > Self.longestLine {
                        throw ByteSource.tooLong(path, "a line", Self.longestLine)
                    }
                    let piece = try state.source.read(size)
                    if piece.isEmpty {
                        state.isAtEnd = true
                        break
                    }
                    if let newline = piece.lastIndex(of: UInt8(ascii: "\n")) {
                        if bytes.isEmpty {
                            bytes = piece
                        } else {
                            bytes.append(contentsOf: piece)
                        }
                        let surplus = piece.count - newline - 1
                        state.rest = Array(piece.suffix(surplus))
                        bytes.removeLast(surplus)
                        break
                    }
                    bytes.append(contentsOf: piece)
                }
                if bytes.isEmpty { return nil }
                defer {
                    state.index += 1
                    state.start += bytes.count
                }
                return Block(index: state.index, start: state.start, bytes: bytes)
            } catch {
                state.isAtEnd = true
                throw error
            }
        }
    }

    /// Hands out no further blocks.
    func stop() { state.withLock { $0.isAtEnd = true } }
}
