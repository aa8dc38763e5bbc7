import LyceumKit

extension WordTokenizer {
    /// The file that holds the words, one a line, by id.
    public static let fileName = "words.txt"
    private static let configurationName = "tokenizer_config.json"
    private static let lowercaseKey = "do_lower_case"

    /// Writes the words and how they are read.
    public func save(to folder: String) throws {
        try Files.write(
            Array((pieces.joined(separator: "\n") + "\n").utf8), to: Files.join(folder, Self.fileName))
        let document: [String: Value] = [
            "tokenizer_class": "WordTokenizer", Self.lowercaseKey: .bool(lowercase),
        ]
        try Files.write(
            JSON.encode(.object(document), pretty: true), to: Files.join(folder, Self.configurationName))
    }

    /// Reads a folder that `save` wrote.
    ///
    /// - Throws: `LyceumError.file` if a file is missing or damaged.
    public convenience init(folder: String) throws {
        let path = Files.join(folder, Self.fileName)
        var lines = String(decoding: try Files.readWithoutByteOrderMark(path), as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false
        ).map(String.init)
        if lines.last == "" { lines.removeLast() }
        guard lines.prefix(Self.special.count).elementsEqual(Self.special) else {
            throw LyceumError.file(
                path: path, line: 1, problem: "does not begin with \(Self.special.joined(separator: ", "))",
                remedy: "take the file that the student was saved with")
        }
        let configuration = Files.join(folder, Self.configurationName)
        let document = try JSON.decode(Files.read(configuration), name: configuration)
        guard let lowercase = document.object?[Self.lowercaseKey]?.bool else {
            throw LyceumError.file(
                path: configuration, line: nil, problem: "does not say \(Self.lowercaseKey)",
                remedy: "take the file that the student was saved with")
        }
        self.init(words: lines.dropFirst(Self.special.count), lowercase: lowercase)
        guard pieces.count == lines.count else {
            throw LyceumError.file(
                path: path, line: nil, problem: "a word occurs twice, so that the ids do not fit",
                remedy: "take the file that the student was saved with")
        }
    }
}
