import LyceumKit

extension WordPieceTokenizer {
    /// Writes `tokenizer.json`, `vocab.txt`, `tokenizer_config.json` and `special_tokens_map.json`, which
    /// `BertTokenizerFast` and `BertTokenizer` load.
    public func save(to folder: String) throws {
        func write(_ bytes: [UInt8], _ name: String) throws {
            try Files.write(bytes, to: Files.join(folder, name))
        }
        func write(_ fields: [String: Value], _ name: String) throws {
            try write(Array(JSON.encode(.object(fields), pretty: true).utf8), name)
        }
        let lines = pieces.prefix(content.modelSize).joined(separator: "\n") + "\n"
        try write(Array(lines.utf8), Self.vocabularyFileName)
        try write(document, TokenizerDocument.fileName)
        try write(configurationFields, TokenizerConfiguration.fileName)
        try write(roleNames, TokenizerConfiguration.mapFileName)
    }

    private var roleNames: [String: Value] {
        var names: [String: Value] = [:]
        for role in WordPieceContent.Role.allCases { names[role.rawValue] = .string(content.text(role)) }
        return names
    }

    private var configurationFields: [String: Value] {
        var fields = content.configuration.fields.merging(roleNames) { _, name in name }
        fields["tokenizer_class"] = "BertTokenizer"
        fields["do_lower_case"] = .bool(content.normalizer.lowercases)
        fields["tokenize_chinese_chars"] = .bool(content.normalizer.splitsChinese)
        fields["strip_accents"] = .bool(content.normalizer.stripsAccents)
        fields["clean_up_tokenization_spaces"] = .bool(content.configuration.cleansUpSpaces)
        fields["added_tokens_decoder"] = .object(
            Dictionary(
                content.addedTokens.map { (String($0.id), .object($0.json)) },
                uniquingKeysWith: { first, _ in first }))
        return fields
    }

    /// tokenizer.json, written by hand so that the vocabulary keeps the order of its ids.
    private var document: [UInt8] {
        var bytes: [UInt8] = []
        func append(_ text: String) { bytes += Array(text.utf8) }
        append("{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":")
        let added = content.addedTokens.sorted { $0.id < $1.id }.map { token in
            Value.object(token.json.merging(["id": .integer(token.id)]) { $1 })
        }
        JSON.append(.list(added), to: &bytes)
        append(",\"normalizer\":")
        JSON.append(
            [
                "type": "BertNormalizer", "clean_text": .bool(content.normalizer.cleansText),
                "handle_chinese_chars": .bool(content.normalizer.splitsChinese),
                "strip_accents": .bool(content.normalizer.stripsAccents),
                "lowercase": .bool(content.normalizer.lowercases),
            ], to: &bytes)
        append(",\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},\"post_processor\":")
        JSON.append(postProcessor, to: &bytes)
        append(",\"decoder\":")
        let mark = Value.string(content.model.continuation)
        JSON.append(
            ["type": "WordPiece", "prefix": mark, "cleanup": .bool(content.cleansUpPieces)], to: &bytes)
        append(",\"model\":{\"type\":\"WordPiece\",\"unk_token\":")
        JSON.append(string: pieces[unkID], to: &bytes)
        append(",\"continuing_subword_prefix\":")
        JSON.append(mark, to: &bytes)
        append(",\"max_input_chars_per_word\":\(content.model.longestWord),\"vocab\":")
        TokenizerDocument.append(vocabulary: pieces.prefix(content.modelSize), to: &bytes)
        append("}}\n")
        return bytes
    }

    /// What frames a text, alone or with a second one.
    private var postProcessor: Value {
        TokenizerDocument.template(
            prefix: content.prefix, suffix: content.suffix, pieces: pieces, framesPairs: true)
    }
}
