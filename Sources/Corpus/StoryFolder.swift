import LyceumKit
import LyceumText

/// The `.story` files of CNN/DailyMail as records: `article`, `highlights` (a line each), `id` (the SHA-1 of the
/// story's address, which is the name of its file).
///
/// Reference: huggingface/datasets, datasets/cnn_dailymail/cnn_dailymail.py, version 3.0.0, after
/// abisee/cnn-dailymail, make_datafiles.py. As there, a story without article or highlights is left out.
enum StoryFolder {
    static let suffix = ".story"
    /// The files of a folder of URL lists, and what Hugging Face calls their splits.
    private static let lists = [
        ("all_train.txt", "train"), ("all_val.txt", "validation"), ("all_test.txt", "test"),
    ]

    /// - Parameters:
    ///   - files: the stories, in the order of the records.
    ///   - urlLists: a URL list, of whose addresses the stories are kept; or a folder that holds
    ///     `all_train.txt`, `all_val.txt` and `all_test.txt`, which adds a column `split`.
    ///   - place: names the stories in errors and the history.
    static func read(
        _ files: [String], urlLists: String?, encoding: TextEncoding, of place: String, job: Job
    ) throws -> Dataset {
        var splits: [String: String]?
        if let urlLists {
            splits =
                Files.isFolder(urlLists)
                ? try Self.splits(inFolder: urlLists) : try Self.splits(listedIn: urlLists, as: "")
        }
        let hasColumn = urlLists.map(Files.isFolder) ?? false
        let chosen = files.compactMap { file -> Story? in
            let name = Files.name(of: file)
            let id = String(name.dropLast(suffix.count))
            guard let splits else { return Story(path: file, id: id, split: nil) }
            return splits[id].map { Story(path: file, id: id, split: hasColumn ? $0 : nil) }
        }
        let records = try Parallel.map(chosen, job: job) { story in try story.fields(encoding, job) }
        var builder = DatasetBuilder()
        for record in records { if let record { builder.append(record) } }
        let detail = urlLists.map { "\(place), url_lists = \($0)" } ?? place
        return builder.dataset(HistoryStep("load", detail))
    }

    private static func splits(inFolder folder: String) throws -> [String: String] {
        var splits: [String: String] = [:]
        for (list, split) in lists {
            let path = Files.join(folder, list)
            splits.merge(try self.splits(listedIn: path, as: split)) { first, _ in first }
        }
        return splits
    }

    /// The identifiers of the addresses in a list, one a line, each with the name of the split.
    private static func splits(listedIn path: String, as split: String) throws -> [String: String] {
        let lines = Story.lines(try Story.text(of: path, .utf8, .silent()))
        return Dictionary(lines.map { (SHA1.hexadecimal(of: $0), split) }, uniquingKeysWith: { a, _ in a })
    }
}

/// One story file.
private struct Story: Sendable {
    let path: String
    let id: String
    let split: String?

    /// The record; nil if the story lacks article or highlights.
    func fields(_ encoding: TextEncoding, _ job: Job) throws -> [JSON.Field]? {
        var article: [String] = []
        var highlights: [String] = []
        var isHighlight = false
        for line in Self.lines(try Self.text(of: path, encoding, job)) where !line.isEmpty {
            if line.hasPrefix("@highlight") {
                isHighlight = true
            } else if isHighlight {
                highlights.append(Self.ended(line))
            } else {
                article.append(Self.ended(line))
            }
        }
        if article.isEmpty || highlights.isEmpty { return nil }
        let fields = [
            JSON.Field(name: "article", value: .string(article.joined(separator: " "))),
            JSON.Field(name: "highlights", value: .string(highlights.joined(separator: "\n"))),
            JSON.Field(name: "id", value: .string(id)),
        ]
        return fields + (split.map { [JSON.Field(name: "split", value: .string($0))] } ?? [])
    }

    /// The text of a file.
    ///
    /// - Throws: `LyceumError.file` if it is not UTF-8.
    static func text(of path: String, _ encoding: TextEncoding, _ job: Job) throws -> String {
        try Files.text(
            of: try ByteSource(path, encoding: encoding).readAll(atMost: 1 << 30, "a text", job: job),
            name: path)
    }

    /// The lines of a text without white space around them.
    static func lines(_ text: String) -> [String] {
        let scalars = text.unicodeScalars
        var lines = scalars.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r" }
        // A line break at the end begins no line.
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map { line in
            var line = line
            while line.first?.isStripped == true { line.removeFirst() }
            while line.last?.isStripped == true { line.removeLast() }
            return String(String.UnicodeScalarView(line))
        }
    }

    /// The line with " ." behind it, unless it ends a sentence or holds "@highlight".
    private static func ended(_ line: String) -> String {
        let ends: Set<Unicode.Scalar> = [".", "!", "?", "'", "`", "\"", "\u{2019}", "\u{201D}", ")"]
        if line.unicodeScalars.last.map(ends.contains) == true { return line }
        return line.contains("@highlight") ? line : line + " ."
    }
}

extension Unicode.Scalar {
    /// Whether Python's `str.strip` takes it away.
    fileprivate var isStripped: Bool { properties.isWhitespace || (0x1C...0x1F).contains(value) }
}
