import Glibc
import LyceumKit
import Parquet

/// Finds the files that a path stands for.
enum DataFiles {
    /// The file itself; the data files of a folder, sorted by name; those that a pattern names.
    ///
    /// - Throws: `LyceumError.file` if there are none, or files of several kinds.
    static func find(_ path: String) throws -> [String] {
        if Files.isFolder(path) {
            // What is hidden is not data: macOS and editors leave files such as ._part.jsonl.
            let names = Files.list(path).filter { !$0.hasPrefix(".") }.sorted()
            return try ofOneKind(names.map { Files.join(path, $0) }, in: path)
        }
        if Files.exists(path) || !path.contains(where: "*?[".contains) {
            // A missing file is the likelier mistake than a strange ending, and the better message.
            _ = try ByteSource(path)
            return [path]
        }
        var matches = glob_t()
        defer { globfree(&matches) }
        let status = glob(path, 0, nil, &matches)
        guard status == 0 || status == GLOB_NOMATCH else {
            throw LyceumError.file(path: path, line: nil, problem: "cannot be searched", remedy: nil)
        }
        let found = (0..<Int(matches.gl_pathc)).compactMap { i in
            matches.gl_pathv[i].map { String(cString: $0) }
        }
        return try ofOneKind(found, in: path)
    }

    private static func ofOneKind(_ paths: [String], in place: String) throws -> [String] {
        var kinds: [String: [String]] = [:]
        for path in paths {
            if path.hasSuffix(StoryFolder.suffix) {
                kinds[StoryFolder.suffix, default: []].append(path)
            } else if let format = ColumnarFormat.named(path) {
                kinds[format.suffixes[0], default: []].append(path)
            } else if let format = DatasetFormat.named(path)?.format {
                kinds[format.suffixes[0], default: []].append(path)
            }
        }
        guard let files = kinds.values.first, kinds.count == 1 else {
            let found = kinds.keys.sorted().joined(separator: " and ")
            throw LyceumError.file(
                path: place, line: nil,
                problem: kinds.isEmpty ? "names no data files" : "names files of several kinds (\(found))",
                remedy: kinds.isEmpty
                    ? "data files end in "
                        + (DatasetFormat.allSuffixes + [StoryFolder.suffix])
                        .joined(separator: ", ")
                    : "choose one, as in \(Files.join(Files.isFolder(place) ? place : ".", "*.jsonl"))")
        }
        return files
    }
}
