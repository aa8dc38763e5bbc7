import LyceumKit

/// Reads the tokenizer of a checkpoint folder, whichever it is.
public enum TokenizerLoader {
    /// Reads `spiece.model`, or else `tokenizer.json`, `vocab.json` with `merges.txt`, `vocab.txt`, or `words.txt`.
    ///
    /// - Parameters:
    ///   - folder: a checkpoint as transformers writes it.
    ///   - vocabularySize: how many ids the model has; nil takes `vocab_size` of the folder's `config.json`, if
    ///     it has one. A tokenizer may have fewer pieces than the model has ids, not more.
    /// - Throws: `LyceumError.file` if there is no tokenizer, one that is damaged or not supported, or one that
    ///   does not fit the model.
    public static func load(folder: String, vocabularySize: Int? = nil) throws -> any Tokenizer {
        let size = try vocabularySize ?? configuredSize(folder)
        let tokenizer = try read(folder, vocabularySize: size)
        if let size, tokenizer.vocabularySize > size {
            throw LyceumError.file(
                path: folder, line: nil,
                problem:
                    "the tokenizer has \(tokenizer.vocabularySize) pieces, the model's vocab_size is \(size)",
                remedy: "take config.json and tokenizer from the same checkpoint")
        }
        return tokenizer
    }

    private static func configuredSize(_ folder: String) throws -> Int? {
        try JSONFile(optional: Files.join(folder, "config.json"))?.fields["vocab_size"]?.integer
    }

    private static func read(_ folder: String, vocabularySize: Int?) throws -> any Tokenizer {
        func exists(_ name: String) -> Bool { Files.exists(Files.join(folder, name)) }
        if exists(SentencePieceTokenizer.fileName) {
            return try SentencePieceTokenizer(folder: folder, vocabularySize: vocabularySize)
        }
        if exists(TokenizerDocument.fileName) { return try readDocument(folder) }
        if exists(ByteLevelBPETokenizer.vocabularyFileName), exists(ByteLevelBPETokenizer.mergesFileName) {
            return try ByteLevelBPETokenizer(folder: folder)
        }
        if exists(WordPieceTokenizer.vocabularyFileName) { return try WordPieceTokenizer(folder: folder) }
        if exists(WordTokenizer.fileName) { return try WordTokenizer(folder: folder) }
        throw LyceumError.file(
            path: folder, line: nil, problem: "holds no tokenizer",
            remedy:
                "it needs spiece.model, tokenizer.json, vocab.json with merges.txt, vocab.txt or words.txt")
    }

    private static func readDocument(_ folder: String) throws -> any Tokenizer {
        let path = Files.join(folder, TokenizerDocument.fileName)
        let bytes = try Files.read(path)
        let document = try TokenizerDocument(bytes: bytes, path: path)
        let configuration = try TokenizerConfiguration(folder: folder)
        switch document.modelType {
        case "BPE": return try ByteLevelBPETokenizer(document, configuration: configuration)
        case "Unigram": return try UnigramTokenizer(document, bytes: bytes, configuration: configuration)
        case "WordPiece": return try WordPieceTokenizer(document, bytes: bytes, configuration: configuration)
        case let type: throw document.file.unsupported("the model \(type ?? "without a type")")
        }
    }
}
