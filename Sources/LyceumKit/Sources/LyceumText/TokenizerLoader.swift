import LyceumKit

/// Reads the tokenizer of a checkpoint folder, whichever it is.
public enum TokenizerLoader {
    /// Reads `spiece.model`, or else `tokenizer.json`, `vocab.json` with `merges.txt`, `vocab.txt`, or `words.txt`.
    ///
    /// - Parameters:
    ///   - folder: a checkpoint as transformers writes it.
    ///   - vocabularySize: how many ids the model has; nil takes `vocab_size` of the folder's `config.json`, if
    ///     it has one. Sentinels that the folder does not ask for need not fit. The tokenizer may still have more
    ///     pieces than the model has ids, as that of a checkpoint to which pieces were added: whoever has the model
    ///     refuses the texts that use them.
    /// - Throws: `LyceumError.file` if there is no tokenizer, or one that is damaged or not supported.
    public static func load(folder: String, vocabularySize: Int? = nil) throws -> any Tokenizer {
        let size = try vocabularySize ?? configuredSize(folder)
        return try read(folder, vocabularySize: size)
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
