import Dispatch
import Glibc
import LyceumKit
import Synchronization

/// Reads JSON Lines on all cores: each takes block after block of the file and makes rows of it.
enum JSONLinesReader {
    /// - Parameter blockSize: the bytes that a core takes at once.
    static func read(
        _ path: String, options: LoadOptions = LoadOptions(), blockSize: Int = 1 << 20, step: HistoryStep,
        job: Job
    ) throws -> Dataset {
        let blocks = try LineBlocks(path, encoding: options.encoding, size: blockSize, job: job)
        let results = Mutex<[Int: Result<RowBlock, any Error>]>([:])
        let failure = Mutex<(any Error)?>(nil)
        let rows = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))) { _ in
            do {
                while let block = try blocks.next() {
                    let result = Result { try parse(block, of: path, options, job) }
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

    private static func parse(
        _ block: LineBlocks.Block, of path: String, _ options: LoadOptions, _ job: Job
    ) throws -> RowBlock {
        var builder = RowBlockBuilder()
        let numbers = options.numbers
        do {
            try JSON.decodeObjectLines(block.bytes, name: path, numbers: numbers) { line, fields in
                if builder.count % 256 == 0 { try job.checkCancelled() }
                guard !options.types.isEmpty else { return builder.append(fields) }
                do {
                    builder.append(
                        try fields.map {
                            JSON.Field(
                                name: $0.name,
                                value: try options.value($0.value, in: $0.name, row: builder.count + 1))
                        })
                } catch LyceumError.invalid(_, let expected, let got, let remedy) {
                    let column = fields.first { (try? options.value($0.value, in: $0.name, row: 0)) == nil }?
                        .name
                    throw LyceumError.file(
                        path: path, line: line,
                        problem: "column '\(column ?? "")': expected \(expected), got \(got)", remedy: remedy)
                }
            }
        } catch LyceumError.file(path, let line?, var problem, var remedy) {
            let place = try lines(of: path, before: block.start, options.encoding) + line
            if let fault = InvalidByte(inLine: line, of: block.bytes, row: place) {
                (problem, remedy) = (fault.problem, InvalidByte.remedy)
            }
            throw LyceumError.file(path: path, line: place, problem: problem, remedy: remedy)
        }
        return builder.finish()
    }

    /// The number of lines in the first `count` bytes; only an error asks for it.
    private static func lines(of path: String, before count: Int, _ encoding: TextEncoding) throws -> Int {
        let source = try ByteSource(path, encoding: encoding)
        var lines = 0
        var left = count
        while left > 0 {
            let piece = try source.read(min(left, 1 << 20))
            if piece.isEmpty { break }
            for byte in piece.prefix(left) where byte == UInt8(ascii: "\n") { lines += 1 }
            left -= piece.count
        }
        return lines
    }
}
