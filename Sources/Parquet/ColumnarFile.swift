import LyceumKit

/// Parquet and Arrow files, read and written by a program of their own: libarrow and libtorch never share a process,
/// and a damaged file cannot take this one along.
public enum ColumnarFile {
    /// What is known of a file before its first row.
    public struct Header: Sendable {
        /// Rows to come; nil if unknown.
        public let rows: Int?
        /// Its columns, as far as they were chosen, in the order of the file.
        public let columns: [String]
    }

    /// Reads a file batch by batch; no more than one batch is in memory here.
    ///
    /// - Parameters:
    ///   - path: of the file.
    ///   - columns: names to read; nil reads all.
    ///   - rowGroups: numbers counted from 1; nil reads all.
    ///   - job: cancellation.
    ///   - begin: told the header.
    ///   - body: takes the rows, a node a column.
    /// - Throws: `LyceumError.file` for a damaged file or a type that cannot be read; what `body` throws.
    public static func read(
        _ path: String, format: ColumnarFormat, columns: [String]? = nil, rowGroups: [Int]? = nil, job: Job,
        begin: (Header) throws -> Void = { _ in }, body: (_ rows: Int, _ nodes: [ColumnNode]) throws -> Void
    ) throws {
        try Files.checkReadable(path)
        let program = try ParquetHelper.path(job: job)
        let command =
            [program, "read", format.rawValue, path] + (columns ?? []).map { "column=\($0)" }
            + (rowGroups ?? []).map { "group=\($0)" }
        let process = try HelperProcess(command, job: job)
        do {
            let reader = ColumnStreamReader(read: process.read)
            let header = try reader.header()
            try begin(Header(rows: header.rows, columns: header.columns))
            while let batch = try reader.batch(columns: header.columns.count) {
                try job.checkCancelled()
                try body(batch.rows, batch.nodes)
            }
        } catch is HelperProcess.Ended {
            throw fault(path, format, process.end())
        } catch let damaged as ColumnStreamReader.Damaged {
            _ = process.end(killing: true)
            throw LyceumError.file(
                path: path, line: nil, problem: "cannot be read: it holds \(damaged.what)",
                remedy: "fetch or write it again")
        } catch {
            _ = process.end(killing: true)
            throw error
        }
        let ending = process.end()
        guard ending.status == 0 else { throw fault(path, format, ending) }
    }

    /// Writes a file batch by batch.
    ///
    /// - Parameters:
    ///   - path: names the file in errors.
    ///   - compression: "zstd", "snappy", "gzip", "brotli", "lz4" or "none".
    ///   - rowGroup: the most rows of a group.
    ///   - write: takes the bytes of the file, in order.
    ///   - next: gives the next rows, a node a column; nil at the end. There must be one batch at least.
    /// - Throws: `LyceumError`; what `write` and `next` throw.
    public static func write(
        _ path: String, format: ColumnarFormat, columns: [String], compression: String = "zstd",
        rowGroup: Int = 8192,
        job: Job, to write: (UnsafeRawBufferPointer) throws -> Void,
        next: () throws -> (rows: Int, nodes: [ColumnNode])?
    ) throws {
        let program = try ParquetHelper.path(job: job)
        let process = try HelperProcess(
            [program, "write", format.rawValue, "compression=\(compression)", "rows=\(rowGroup)"], job: job)
        do {
            var stream = ColumnStreamWriter()
            stream.header(columns: columns)
            while let batch = try next() {
                try job.checkCancelled()
                stream.batch(rows: batch.rows, batch.nodes)
                try process.write(stream.buffer, sink: write)
                stream.buffer.removeAll(keepingCapacity: true)
            }
            stream.end()
            try process.write(stream.buffer, sink: write)
            try process.finish(sink: write)
        } catch is HelperProcess.Ended {
            throw fault(path, format, process.end(), verb: "written")
        } catch {
            _ = process.end(killing: true)
            throw error
        }
        let ending = process.end()
        guard ending.status == 0 else { throw fault(path, format, ending, verb: "written") }
    }

    private static func fault(
        _ path: String, _ format: ColumnarFormat, _ ending: HelperProcess.Ending, verb: String = "read"
    ) -> LyceumError {
        let said = ending.errors.split(separator: "\n").first.map { String($0.prefix(300)) }
        let name = format == .parquet ? "a Parquet file" : "an Arrow file"
        guard ending.status == 1, let said else {
            return .file(
                path: path, line: nil,
                problem: "cannot be \(verb): its reader died (status \(ending.status))"
                    + (said.map { ": \($0)" } ?? ""),
                remedy: "the file may be damaged: check it, or fetch it again")
        }
        return .file(
            path: path, line: nil, problem: "cannot be \(verb) as \(name): \(said)",
            remedy: said.contains("no column") || said.contains("no row group")
                ? nil : "check the file, or fetch it again")
    }
}
