import LyceumKit
import Parquet

/// A way in which a file holds records, known by the end of its name; each also with `.gz` behind it.
enum DatasetFormat: Sendable, CaseIterable {
    /// One JSON object a line.
    case jsonLines
    /// A JSON list of objects.
    case json
    /// Comma-separated values, RFC 4180, with a header.
    case csv
    /// The same with tabs.
    case tsv

    /// The ends of names that mark it, in lower case, with the dot.
    var suffixes: [String] {
        switch self {
        case .jsonLines: return [".jsonl", ".ndjson"]
        case .json: return [".json"]
        case .csv: return [".csv"]
        case .tsv: return [".tsv"]
        }
    }

    /// The format of a file, and whether its name says that it is packed; nil if the name says nothing.
    static func named(_ path: String) -> (format: DatasetFormat, isPacked: Bool)? {
        var name = path.lowercased()
        let isPacked = name.hasSuffix(".gz")
        if isPacked { name.removeLast(3) }
        return allCases.first { $0.suffixes.contains(where: name.hasSuffix) }.map { ($0, isPacked) }
    }

    /// The ends of the names of all files that hold records.
    static var allSuffixes: [String] {
        allCases.flatMap(\.suffixes) + ColumnarFormat.allCases.flatMap(\.suffixes)
    }

    /// The format of a file.
    ///
    /// - Throws: `LyceumError.file` listing what there is.
    static func of(_ path: String) throws -> (format: DatasetFormat, isPacked: Bool) {
        if let found = named(path) { return found }
        throw LyceumError.file(
            path: path, line: nil, problem: "not a kind of file that holds records",
            remedy: "its name must end in " + Dataset.endings)
    }

    /// Reads all records of a file, in order.
    func read(_ path: String, options: LoadOptions, step: HistoryStep, job: Job) throws -> Dataset {
        if options.quotes != nil, self != .csv, self != .tsv {
            throw LyceumError.invalid(
                "quotes", expected: "a .csv or .tsv file, whose cells may be quoted", got: path, remedy: nil)
        }
        let dataset: Dataset
        switch self {
        case .jsonLines: dataset = try JSONLinesReader.read(path, options: options, step: step, job: job)
        case .json: dataset = try Self.readJSON(path, options, step, job)
        case .csv, .tsv:
            dataset = try DelimitedReader(
                path: path, delimiter: self == .csv ? "," : "\t", options: options, job: job
            ).read(step)
        }
        if dataset.count > 0 { try options.check(dataset.columns, of: path) }
        return dataset
    }

    /// Longer documents are an error: simdjson reads no more.
    private static let longestDocument = 4 << 30

    private static func readJSON(
        _ path: String, _ options: LoadOptions, _ step: HistoryStep, _ job: Job
    ) throws -> Dataset {
        let bytes = try ByteSource(path, encoding: options.encoding).readAll(
            atMost: longestDocument, "a JSON document", job: job)
        var builder = DatasetBuilder()
        do {
            try JSON.decodeObjectList(bytes, name: path, numbers: options.numbers) { row, fields in
                if builder.count % 1024 == 0 { try job.checkCancelled() }
                guard !options.types.isEmpty else { return builder.append(fields) }
                builder.append(
                    try fields.map {
                        JSON.Field(name: $0.name, value: try options.value($0.value, in: $0.name, row: row))
                    })
            }
        } catch LyceumError.file(path, let line, let problem, let remedy) {
            if problem.hasPrefix("is not UTF-8"), let fault = InvalidByte(inDocument: bytes) {
                throw LyceumError.file(
                    path: path, line: line, problem: fault.problem, remedy: InvalidByte.remedy)
            }
            throw LyceumError.file(path: path, line: line, problem: problem, remedy: remedy)
        }
        return builder.dataset(step)
    }
}

extension Dataset {
    /// Whether the name of a file says that it is of a format read here: no plugin takes it over.
    public static func knowsFormat(of path: String) -> Bool {
        DatasetFormat.named(path) != nil || ColumnarFormat.named(path) != nil
    }

    /// The endings of the files that are read here, for messages.
    public static var endings: String {
        DatasetFormat.allCases.flatMap(\.suffixes).joined(separator: ", ") + " (each also with .gz), "
            + ColumnarFormat.allCases.flatMap(\.suffixes).joined(separator: ", ")
    }
}
