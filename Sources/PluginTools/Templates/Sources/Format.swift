// Files of pairs: an input and a target a line, with " => " between them.
import LyceumKit

/// Reads files; see `DataFormat`.
enum ArrowPairs {
    /// The records of a file's lines.
    static func records(of text: String, path: String) throws -> [Record] {
        try text.split(separator: "\n").enumerated().map { index, line in
            let parts = line.split(separator: " => ", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else {
                throw LyceumError.file(
                    path: path, line: index + 1, problem: "does not have exactly one ' => '",
                    remedy: "fix the line")
            }
            return Record(columns: ["input", "target"], values: [.string(parts[0]), .string(parts[1])])
        }
    }

    /// How it is chosen.
    static var registration: DataFormat {
        DataFormat(
            id: "template", suffixes: [".template"], summary: "pairs, one a line, with => between",
            example: "a cat => cat\na dog => dog\n"
        ) { path, job in
            try job.checkCancelled()
            let records = try records(of: Files.readText(path), path: path)
            if records.isEmpty {
                throw LyceumError.file(path: path, line: nil, problem: "holds no pair", remedy: nil)
            }
            return records
        }
    }
}
