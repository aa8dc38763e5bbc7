import LyceumKit

extension Dataset {
    /// Reads a dataset from a file: JSON Lines (`.jsonl`, `.ndjson`) or a JSON list of objects (`.json`).
    ///
    /// A key that some rows lack is null there; columns keep the order of first appearance.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - job: progress and cancellation.
    /// - Throws: `LyceumError.file` with line and fault, `LyceumError.empty` if it holds no records,
    ///   `LyceumError.cancelled`.
    public static func load(_ path: String, job: Job = .silent("loading")) throws -> Dataset {
        // A missing file is the likelier mistake than a strange ending, and the better message.
        let bytes = try Files.read(path)
        let format = try DatasetFormat.of(path)
        var builder = DatasetBuilder()
        try format.read(bytes, path) { fields in
            builder.append(fields)
            if builder.count % 4096 == 0 {
                try job.checkCancelled()
                job.update(done: builder.count, of: nil, unit: "rows")
            }
        }
        guard builder.count > 0 else {
            throw LyceumError.empty(path, remedy: "it should hold at least one record")
        }
        job.finish(done: builder.count, of: builder.count, unit: "rows")
        return builder.dataset()
    }

    /// Writes the dataset as JSON Lines, one object a row with its keys in column order; the whole file or
    /// nothing.
    ///
    /// - Throws: `LyceumError.file`, or `LyceumError.cancelled` with the old file untouched.
    public func save(_ path: String, job: Job = .silent("saving")) throws {
        let names = columns.map { name -> [UInt8] in
            var bytes: [UInt8] = []
            JSON.append(string: name, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            return bytes
        }
        try Files.writeAtomically(path) { write in
            var buffer: [UInt8] = []
            for row in 0..<count {
                buffer.append(UInt8(ascii: "{"))
                for (i, view) in views.enumerated() {
                    if i > 0 { buffer.append(UInt8(ascii: ",")) }
                    buffer.append(contentsOf: names[i])
                    JSON.append(view[row], to: &buffer)
                }
                buffer.append(contentsOf: "}\n".utf8)
                if buffer.count > 1 << 18 || row == count - 1 {
                    try job.checkCancelled(kept: "\(path) is as it was")
                    try buffer.withUnsafeBytes { try write($0) }
                    buffer.removeAll(keepingCapacity: true)
                    job.update(done: row + 1, of: count, unit: "rows")
                }
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
            for row in 0..<count where !view.holdsText(row) { _ = try view.text(at: row) }
        }
        return ExampleSource(count: count, fingerprint: try select([input, target].uniqued()).fingerprint) {
            Example(input: try inputs.text(at: $0), target: try targets.text(at: $0))
        }
    }
}

extension ColumnView {
    /// Whether the value of a row is stored as a text; quicker than making it.
    fileprivate func holdsText(_ row: Int) -> Bool {
        guard case .text(let texts) = column else { return false }
        return !texts.isNull(stored(row))
    }
}

extension [String] {
    /// The elements without repetitions.
    fileprivate func uniqued() -> [String] {
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}
