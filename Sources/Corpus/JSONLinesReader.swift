import Dispatch
import Glibc
import LyceumKit
import Synchronization

/// Reads JSON Lines on all cores: each takes block after block of the file and makes rows of it.
enum JSONLinesReader {
    /// - Parameter blockSize: the bytes that a core takes at once.
    static func read(
        _ path: String, blockSize: Int = 1 << 20, step: HistoryStep, job: Job
    ) throws -> Dataset {
        let blocks = try LineBlocks(path, size: blockSize, job: job)
        let results = Mutex<[Int: Result<RowBlock, any Error>]>([:])
        let failure = Mutex<(any Error)?>(nil)
        let rows = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))) { _ in
            do {
                while let block = try blocks.next() {
                    let result = Result { try parse(block, of: path) }
                    results.withLock { $0[block.index] = result }
                    switch result {
                    case .success(let made):
                        let done = rows.add(made.count, ordering: .relaxed).newValue
                        job.update(done: done, of: nil, unit: "rows")
                    case .failure: blocks.stop()
                    }
                }
            } catch {
                failure.withLock { $0 = error }
            }
        }
        // The earliest faulty line is the one to name, whichever core came first.
        let made = try results.withLock { results in
            try results.sorted { $0.key < $1.key }.map { try $0.value.get() }
        }
        if let error = failure.withLock({ $0 }) { throw error }
        return Dataset(blocks: made.filter { $0.count > 0 }, step: step)
    }

    private static func parse(_ block: LineBlocks.Block, of path: String) throws -> RowBlock {
        var builder = RowBlockBuilder()
        do {
            try JSON.decodeObjectLines(block.bytes, name: path) { _, fields in builder.append(fields) }
        } catch LyceumError.file(path, let line?, let problem, let remedy) {
            throw LyceumError.file(
                path: path, line: try lines(of: path, before: block.start) + line, problem: problem,
                remedy: remedy)
        }
        return builder.finish()
    }

    /// The number of lines in the first `count` bytes; only an error asks for it.
    private static func lines(of path: String, before count: Int) throws -> Int {
        let source = try ByteSource(path)
        var lines = 0
        var left = count
        while left > 0 {
            let piece = try source.read(min(left, 1 << 20))
            if piece.isEmpty { break }
            for byte in piece where byte == UInt8(ascii: "\n") { lines += 1 }
            left -= piece.count
        }
        return lines
    }
}
