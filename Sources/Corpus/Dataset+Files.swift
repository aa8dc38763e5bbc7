import LyceumKit
import Parquet

extension Dataset {
    /// Reads a dataset.
    ///
    /// A file is JSON Lines (`.jsonl`, `.ndjson`), a JSON list of objects or objects one after the other (`.json`),
    /// CSV or TSV with a header (`.csv`, `.tsv`), each also packed (`.gz`), Parquet or Arrow (`.parquet`, `.arrow`,
    /// `.feather`). A folder holds such files, or the `.story` files of CNN/DailyMail; a pattern
    /// (`shards/*.jsonl.gz`) names some. Several files are read in the order of their
    /// names, one after the other.
    ///
    /// A key that some rows lack is null there; columns keep the order of first appearance.
    ///
    /// - Parameters:
    ///   - path: a file, a folder or a pattern.
    ///   - options: how to read.
    ///   - columns: to keep, in this order; nil keeps all. Of Parquet and Arrow files the others are not read.
    ///   - rowGroups: of Parquet and Arrow files, counted from 1; nil reads all.
    ///   - job: progress and cancellation.
    /// - Throws: `LyceumError.file` with line and fault, `LyceumError.empty` if it holds no records,
    ///   `LyceumError.cancelled`.
    public static func load(
        _ path: String, options: LoadOptions = LoadOptions(), columns: [String]? = nil,
        rowGroups: [Int]? = nil,
        job: Job = .silent("loading")
    ) throws -> Dataset {
        try load(
            files: try DataFiles.find(path), named: path, options: options, columns: columns,
            rowGroups: rowGroups, job: job)
    }

    /// Reads files one after the other; see `load(_:)`.
    ///
    /// - Parameter path: names them in errors and in the history.
    public static func load(
        files: [String], named path: String, options: LoadOptions = LoadOptions(), columns: [String]? = nil,
        rowGroups: [Int]? = nil, job: Job
    ) throws -> Dataset {
        let step = HistoryStep("load", path)
        var dataset: Dataset
        if rowGroups != nil, let other = files.first(where: { ColumnarFormat.named($0) == nil }) {
            throw LyceumError.invalid(
                "row_groups", expected: "a Parquet or an Arrow file", got: other,
                remedy: "use :skip and :take")
        }
        if let first = files.first, first.hasSuffix(StoryFolder.suffix) {
            dataset = try StoryFolder.read(
                files, urlLists: options.urlLists, encoding: options.encoding, of: path, job: job)
        } else if options.urlLists != nil {
            throw LyceumError.invalid(
                "url_lists", expected: "a folder of .story files to choose from", got: path, remedy: nil)
        } else {
            let parts = try files.map { file in
                if let format = ColumnarFormat.named(file) {
                    return try format.read(file, columns: columns, rowGroups: rowGroups, step: step, job: job)
                }
                return try DatasetFormat.of(file).format.read(file, options: options, step: step, job: job)
            }
            dataset = parts.count == 1 ? parts[0] : joining(parts, history: [step])
        }
        guard dataset.count > 0 else {
            throw LyceumError.empty(path, remedy: "it should hold at least one record")
        }
        if let columns, columns != dataset.columns { dataset = try dataset.select(columns) }
        job.finish(done: dataset.count, of: dataset.count, unit: "rows")
        return dataset
    }

    /// Writes the dataset to a file, in the format that its name ends in (see `load`); keys and columns in
    /// column order; the whole file or nothing.
    ///
    /// - Parameters:
    ///   - compression: of Parquet and Arrow files.
    ///   - rowGroup: the most rows of a row group of a Parquet file.
    /// - Throws: `LyceumError.file`, or `LyceumError.cancelled` with the old file untouched.
    public func save(
        _ path: String, compression: String = "zstd", rowGroup: Int = 8192, job: Job = .silent("saving")
    ) throws {
        if let format = ColumnarFormat.named(path) {
            try format.write(self, to: path, compression: compression, rowGroup: rowGroup, job: job)
            return job.finish(done: count, of: count, unit: "rows")
        }
        let (format, isPacked) = try DatasetFormat.of(path)
        let writeRow = format.rowWriter(columns, count: count)
        try Files.writeAtomically(path) { write in
            try withoutActuallyEscaping(write) { write in
                let sink = try ByteSink(isPacked: isPacked, write)
                sink.buffer = format.header(columns)
                for row in 0..<count {
                    try writeRow(views, row, &sink.buffer)
                    if row & 0xFF == 0 { try job.checkCancelled(kept: "\(path) is as it was") }
                    if sink.buffer.count > 1 << 18 {
                        try sink.flush()
                        job.update(done: row + 1, of: count, unit: "rows")
                    }
                }
                try job.checkCancelled(kept: "\(path) is as it was")
                sink.buffer.append(contentsOf: format.footer)
                try sink.flush(isLast: true)
            }
        }
        job.finish(done: count, of: count, unit: "rows")
    }

    /// The rows as training pairs, read when they are needed.
    ///
    /// - Parameters:
    ///   - input: the column that a student reads.
    ///   - target: the column that it should write, or the class it should name.
    /// - Throws: `LyceumError.missingColumn`, `LyceumError.empty`, or `LyceumError.invalid` naming the first
    ///   row that holds no text.
    public func examples(input: String, target: String) throws -> ExampleSource {
        let inputs = try view(input)
        let targets = try view(target)
        try requireRows("learn from")
        // All rows are looked at now: an error after an hour of training helps nobody.
        for view in [inputs, targets] {
            for row in 0..<count where !view.isText(row) { _ = try view.text(at: row) }
        }
        return ExampleSource(count: count, fingerprint: try select([input, target].uniqued()).fingerprint) {
            Example(input: try inputs.text(at: $0), target: try targets.text(at: $0))
        }
    }
}

extension [String] {
    /// The elements without repetitions.
    fileprivate func uniqued() -> [String] {
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}
