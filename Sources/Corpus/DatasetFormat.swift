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
            remedy: "its name must end in " + allCases.flatMap(\.suffixes).joined(separator: ", ")
                + " (each also with .gz), "
                + ColumnarFormat.allCases.flatMap(\.suffixes).joined(separator: ", "))
    }

    /// Reads all records of a file, in order.
    func read(_ path: String, step: HistoryStep, job: Job) throws -> Dataset {
        switch self {
        case .jsonLines: return try JSONLinesReader.read(path, step: step, job: job)
        case .json:
            let bytes = try ByteSource(path).readAll()
            var builder = DatasetBuilder()
            try JSON.decodeObjectList(bytes, name: path) { _, fields in
                builder.append(fields)
                if builder.count % 4096 == 0 { try job.checkCancelled() }
            }
            return builder.dataset(step)
        case .csv: return try DelimitedReader.read(path, delimiter: ",", step: step, job: job)
        case .tsv: return try DelimitedReader.read(path, delimiter: "\t", step: step, job: job)
        }
    }
}

extension Dataset {
    /// Whether the name of a file says that it is of a format read here: no plugin takes it over.
    public static func knowsFormat(of path: String) -> Bool {
        DatasetFormat.named(path) != nil || ColumnarFormat.named(path) != nil
    }
}
