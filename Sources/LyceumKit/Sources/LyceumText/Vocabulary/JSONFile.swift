import LyceumKit

/// A JSON file that holds an object, with errors that name the file and the place in it.
struct JSONFile {
    /// Names it in errors.
    let path: String
    /// Its fields.
    let fields: [String: Value]

    /// Reads the content of a file.
    ///
    /// - Throws: `LyceumError.file` if it is not JSON, or no object.
    init(bytes: [UInt8], path: String) throws {
        self.path = path
        guard let fields = try JSON.decode(bytes, name: path).object else {
            throw LyceumError.file(
                path: path, line: nil, problem: "expected a JSON object",
                remedy: "check that this is the right file")
        }
        self.fields = fields
    }

    /// Reads a file.
    ///
    /// - Throws: `LyceumError.file`.
    init(path: String) throws { try self.init(bytes: try Files.read(path), path: path) }

    /// Reads a file if it exists.
    ///
    /// - Throws: `LyceumError.file` if it exists and is not a JSON object.
    init?(optional path: String) throws {
        guard Files.exists(path) else { return nil }
        try self.init(path: path)
    }

    /// An error about its content.
    func failure(_ problem: String, remedy: String? = "check that the file is whole") -> LyceumError {
        .file(path: path, line: nil, problem: problem, remedy: remedy)
    }

    /// An error about something that it asks for and that is not done here.
    func unsupported(_ what: String) -> LyceumError {
        failure(
            "\(what) is not supported",
            remedy:
                "the tokenizers of T5 (Unigram or SentencePiece), BART (byte-level BPE) and BERT (WordPiece) are"
        )
    }
}
