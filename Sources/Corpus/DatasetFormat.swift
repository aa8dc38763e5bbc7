import LyceumKit

/// A way in which a file holds records, known by the end of its name.
struct DatasetFormat: Sendable {
    /// The ends of names that mark it, in lower case, with the dot.
    let suffixes: [String]
    /// Reads all records of a file, in order.
    let read:
        @Sendable (_ bytes: [UInt8], _ path: String, _ receive: ([JSON.Field]) throws -> Void) throws -> Void

    /// One object a line.
    static let jsonLines = DatasetFormat(suffixes: [".jsonl", ".ndjson"]) { bytes, path, receive in
        try JSON.decodeObjectLines(bytes, name: path) { _, fields in try receive(fields) }
    }

    /// A list of objects.
    static let json = DatasetFormat(suffixes: [".json"]) { bytes, path, receive in
        try JSON.decodeObjectList(bytes, name: path) { _, fields in try receive(fields) }
    }

    /// Every format that can be read.
    static let all = [jsonLines, json]

    /// The format of a file.
    ///
    /// - Throws: `LyceumError.file` listing what can be read.
    static func of(_ path: String) throws -> DatasetFormat {
        let name = path.lowercased()
        if let format = all.first(where: { $0.suffixes.contains(where: name.hasSuffix) }) { return format }
        throw LyceumError.file(
            path: path, line: nil, problem: "not a kind of file that can be read as data",
            remedy: "its name must end in " + all.flatMap(\.suffixes).joined(separator: ", "))
    }
}
