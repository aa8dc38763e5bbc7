import LyceumKit

extension WordPieceTokenizer {
    static let vocabularyFileName = "vocab.txt"

    /// Reads `tokenizer.json` of a folder, or else `vocab.txt`; `tokenizer_config.json` and
    /// `special_tokens_map.json` next to them count if they are there.
    ///
    /// - Throws: `LyceumError.file` if a file is missing, damaged, or asks for what is not supported.
    public convenience init(folder: String) throws {
        let configuration = try TokenizerConfiguration(folder: folder)
        let path = Files.join(folder, TokenizerDocument.fileName)
        if Files.exists(path) {
            let bytes = try Files.read(path)
            try self.init(
                TokenizerDocument(bytes: bytes, path: path), bytes: bytes, configuration: configuration)
        } else {
            let path = Files.join(folder, Self.vocabularyFileName)
            try self.init(
                vocabulary: try Files.readWithoutByteOrderMark(path), path: path, configuration: configuration
            )
        }
    }

    /// Takes the parts out of a tokenizer.json; `bytes` are the file's.
    convenience init(
        _ document: TokenizerDocument, bytes: [UInt8], configuration: TokenizerConfiguration
    ) throws {
        let file = document.file
        let words = try document.steps("pre_tokenizer").map(\.type)
        guard words == ["BertPreTokenizer"] else {
            throw file.unsupported("pre_tokenizer " + words.joined(separator: ", "))
        }
        var spelling = WordPieceContent.Spelling()
        spelling.unknown = document.model["unk_token"]?.string
        if let mark = document.model["continuing_subword_prefix"]?.string { spelling.continuation = mark }
        if let longest = document.model["max_input_chars_per_word"]?.integer, longest > 0 {
            spelling.longestWord = longest
        }
        guard !spelling.continuation.isEmpty else {
            throw file.unsupported("an empty model.continuing_subword_prefix")
        }
        try self.init(
            WordPieceContent(
                vocabulary: try Self.vocabulary(bytes, in: file), spelling: spelling,
                addedTokens: document.addedTokens,
                normalizer: Self.normalizer(document, configuration), frame: document.frame,
                cleansUpPieces: Self.cleansUp(document), configuration: configuration, name: file.path))
    }

    /// The pieces by id; "" where there is none.
    private static func vocabulary(_ bytes: [UInt8], in file: JSONFile) throws -> [String] {
        guard let fields = try JSON.fields(bytes, at: ["model", "vocab"], name: file.path) else {
            throw file.failure("model.vocab: expected an object")
        }
        var pieces: [String] = []
        for field in fields {
            guard let id = field.value.integer, id >= 0, id < 2 * fields.count + 4096 else {
                throw file.failure(
                    "model.vocab: expected ids below \(2 * fields.count + 4096), found \(field.value.text) for "
                        + "'\(field.name)'")
            }
            if id >= pieces.count {
                pieces.append(contentsOf: repeatElement("", count: id + 1 - pieces.count))
            }
            guard pieces[id].isEmpty else {
                throw file.failure("model.vocab: '\(pieces[id])' and '\(field.name)' have the same id, \(id)")
            }
            pieces[id] = field.name
        }
        return pieces
    }

    /// What the document does to texts, as far as `BertTokenizerFast` lets it: its own options, which
    /// tokenizer_config.json holds, go first.
    private static func normalizer(
        _ document: TokenizerDocument, _ configuration: TokenizerConfiguration
    ) throws -> BertNormalizer {
        var result = BertNormalizer(
            cleansText: false, splitsChinese: false, stripsAccents: false, lowercases: false)
        for (type, fields) in try document.steps("normalizer") {
            guard type == "BertNormalizer", result.isEmpty else {
                throw document.file.unsupported("normalizer \(type)")
            }
            let lowercases = fields["lowercase"]?.bool ?? true
            result = BertNormalizer(
                cleansText: fields["clean_text"]?.bool ?? true,
                splitsChinese: fields["handle_chinese_chars"]?.bool ?? true,
                stripsAccents: fields["strip_accents"]?.bool ?? lowercases, lowercases: lowercases)
        }
        // Generic tokenizers take the document as it is. Old checkpoints name no class: theirs is BERT's.
        let name = configuration.fields["tokenizer_class"]?.string
        let isBert =
            name.map { name in ["Bert", "DistilBert", "Electra"].contains { name.hasPrefix($0) } } ?? true
        return isBert && !result.isEmpty ? result.overridden(by: configuration) : result
    }

    private static func cleansUp(_ document: TokenizerDocument) throws -> Bool {
        guard let decoder = try document.steps("decoder").first else { return false }
        guard decoder.type == "WordPiece" else { throw document.file.unsupported("decoder \(decoder.type)") }
        return decoder.fields["cleanup"]?.bool ?? true
    }

    /// Reads one piece a line, numbered from 0.
    convenience init(vocabulary bytes: [UInt8], path: String, configuration: TokenizerConfiguration) throws {
        var pieces = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
            String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
        }
        if pieces.last?.isEmpty == true { pieces.removeLast() }
        try self.init(
            WordPieceContent(
                vocabulary: pieces, spelling: .init(), addedTokens: [],
                normalizer: BertNormalizer().overridden(by: configuration), frame: nil, cleansUpPieces: true,
                configuration: configuration, name: path))
    }
}

extension BertNormalizer {
    /// Whether it changes nothing.
    fileprivate var isEmpty: Bool { !(cleansText || splitsChinese || stripsAccents || lowercases) }

    /// With what tokenizer_config.json says.
    fileprivate func overridden(by configuration: TokenizerConfiguration) -> BertNormalizer {
        var result = self
        if let lowercases = configuration.fields["do_lower_case"]?.bool {
            // Accents go with the capitals unless somebody says otherwise.
            if lowercases != result.lowercases { result.stripsAccents = lowercases }
            result.lowercases = lowercases
        }
        if let splits = configuration.fields["tokenize_chinese_chars"]?.bool { result.splitsChinese = splits }
        if let strips = configuration.fields["strip_accents"]?.bool { result.stripsAccents = strips }
        return result
    }
}
