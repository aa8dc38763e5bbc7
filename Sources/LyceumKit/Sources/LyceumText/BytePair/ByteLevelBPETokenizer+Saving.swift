import LyceumKit

extension ByteLevelBPETokenizer {
    /// Writes `tokenizer.json`, `vocab.json`, `merges.txt`, `tokenizer_config.json` and
    /// `special_tokens_map.json`, which `BartTokenizerFast` and `BartTokenizer` load.
    public func save(to folder: String) throws {
        func write(_ bytes: [UInt8], _ name: String) throws {
            try Files.write(bytes, to: Files.join(folder, name))
        }
        func write(_ fields: [String: Value], _ name: String) throws {
            try write(Array(JSON.encode(.object(fields), pretty: true).utf8), name)
        }
        var vocabulary: [UInt8] = []
        appendVocabulary(to: &vocabulary)
        try write(vocabulary, Self.vocabularyFileName)
        try write(
            Array((["#version: 0.2"] + mergeLines + [""]).joined(separator: "\n").utf8), Self.mergesFileName)
        try write(document, TokenizerDocument.fileName)
        try write(configurationFields, TokenizerConfiguration.fileName)
        try write(roleNames, TokenizerConfiguration.mapFileName)
    }

    private func appendVocabulary(to bytes: inout [UInt8]) {
        TokenizerDocument.append(vocabulary: pieces.prefix(content.modelSize), to: &bytes)
    }

    private var mergeLines: [String] {
        content.model.merges.map { pieces[Int($0.left)] + " " + pieces[Int($0.right)] }
    }

    private var roleNames: [String: Value] {
        var names: [String: Value] = [:]
        for role in BytePairContent.Role.allCases { names[role.rawValue] = .string(content.text(role)) }
        // The mask swallows the space before it, which a name alone does not say.
        let mask = content.addedTokens.first { $0.content == content.text(.mask) }
        names[BytePairContent.Role.mask.rawValue] = mask.map { .object($0.json) }
        return names
    }

    private var configurationFields: [String: Value] {
        var fields = content.configuration.fields
        for role in BytePairContent.Role.allCases { fields[role.rawValue] = .string(content.text(role)) }
        fields["tokenizer_class"] = "BartTokenizer"
        fields["add_prefix_space"] = .bool(content.addsPrefixSpace)
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
        append(",\"normalizer\":null,\"pre_tokenizer\":")
        JSON.append(
            [
                "type": "ByteLevel", "add_prefix_space": .bool(content.addsPrefixSpace), "trim_offsets": true,
                "use_regex": .bool(content.splitsWords),
            ], to: &bytes)
        append(",\"post_processor\":")
        JSON.append(postProcessor, to: &bytes)
        append(",\"decoder\":")
        JSON.append(
            ["type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true],
            to: &bytes)
        append(",\"model\":{\"type\":\"BPE\",\"dropout\":null,\"unk_token\":")
        JSON.append(content.model.unknown.map { .string(pieces[Int($0)]) } ?? .null, to: &bytes)
        append(",\"continuing_subword_prefix\":\"\",\"end_of_word_suffix\":\"\",\"fuse_unk\":")
        append(content.model.fusesUnknown ? "true" : "false")
        append(",\"byte_fallback\":false,\"ignore_merges\":false,\"vocab\":")
        appendVocabulary(to: &bytes)
        append(",\"merges\":")
        JSON.append(.list(mergeLines.map { .string($0) }), to: &bytes)
        append("}}\n")
        return bytes
    }

    /// What frames a text: RoBERTa's processor if it is one token on each side, else a template.
    private var postProcessor: Value {
        func pair(_ id: Int) -> Value { [.string(pieces[id]), .integer(id)] }
        if content.prefix.count == 1, content.suffix.count == 1 {
            return [
                "type": "RobertaProcessing", "cls": pair(content.prefix[0]), "sep": pair(content.suffix[0]),
                "trim_offsets": true, "add_prefix_space": .bool(content.addsPrefixSpace),
            ]
        }
        if content.prefix.isEmpty, content.suffix.isEmpty {
            return [
                "type": "ByteLevel", "add_prefix_space": .bool(content.addsPrefixSpace), "trim_offsets": true,
                "use_regex": true,
            ]
        }
        return TokenizerDocument.template(
            prefix: content.prefix, suffix: content.suffix, pieces: pieces, framesPairs: false)
    }
}
