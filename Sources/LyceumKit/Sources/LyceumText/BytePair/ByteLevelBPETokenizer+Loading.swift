import LyceumKit

extension ByteLevelBPETokenizer {
    static let vocabularyFileName = "vocab.json"
    static let mergesFileName = "merges.txt"

    /// Reads `tokenizer.json` of a folder, or else `vocab.json` and `merges.txt`; `tokenizer_config.json` and
    /// `special_tokens_map.json` next to them count if they are there.
    ///
    /// - Throws: `LyceumError.file` if a file is missing, damaged, or asks for what is not supported.
    public convenience init(folder: String) throws {
        let configuration = try TokenizerConfiguration(folder: folder)
        let path = Files.join(folder, TokenizerDocument.fileName)
        if Files.exists(path) {
            try self.init(
                TokenizerDocument(bytes: try Files.read(path), path: path), configuration: configuration)
        } else {
            let vocabulary = Files.join(folder, Self.vocabularyFileName)
            let merges = Files.join(folder, Self.mergesFileName)
            try self.init(
                vocabulary: JSONFile(path: vocabulary), merges: try Files.readWithoutByteOrderMark(merges),
                mergesPath: merges,
                configuration: configuration)
        }
    }

    /// Takes the parts out of a tokenizer.json.
    convenience init(_ document: TokenizerDocument, configuration: TokenizerConfiguration) throws {
        let file = document.file
        let model = document.model
        guard try document.steps("normalizer").isEmpty else { throw file.unsupported("a normalizer") }
        let steps = try document.steps("pre_tokenizer")
        guard steps.count == 1, let step = steps.first, step.type == "ByteLevel" else {
            throw file.unsupported("pre_tokenizer " + steps.map(\.type).joined(separator: ", "))
        }
        guard try document.steps("decoder").map(\.type) == ["ByteLevel"] else {
            throw file.unsupported("a decoder other than ByteLevel")
        }
        try Self.refuseUnsupported(model, in: file)
        guard let entries = model["vocab"]?.object else {
            throw file.failure("model.vocab: expected an object")
        }
        guard let lines = model["merges"]?.list else { throw file.failure("model.merges: expected a list") }
        let vocabulary = try BytePairVocabulary(entries, in: file, at: "model.vocab")
        let merges = try lines.enumerated().map { place, line in
            let parts = line.string?.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            return try Self.merge(parts ?? line.list?.compactMap(\.string) ?? [], vocabulary) {
                file.failure("model.merges[\(place)]: \($0)")
            }
        }
        let unknown = model["unk_token"]?.string
        try self.init(
            BytePairContent(
                vocabulary: vocabulary,
                model: BytePairModel(
                    byteIDs: vocabulary.byteIDs, merges: merges,
                    unknown: try unknown.map { text in
                        guard let id = vocabulary.ids[text] else {
                            throw file.failure("model.unk_token: '\(text)' is not in the vocabulary")
                        }
                        return id
                    }, fusesUnknown: model["fuse_unk"]?.bool ?? false),
                addedTokens: document.addedTokens, frame: document.frame,
                addsPrefixSpace: step.fields["add_prefix_space"]?.bool ?? true,
                splitsWords: step.fields["use_regex"]?.bool ?? true, configuration: configuration,
                name: file.path))
    }

    /// Options of BPE that no byte-level tokenizer of BART or GPT-2 has.
    private static func refuseUnsupported(_ model: [String: Value], in file: JSONFile) throws {
        for option in ["continuing_subword_prefix", "end_of_word_suffix"]
        where !(model[option]?.string ?? "").isEmpty {
            throw file.unsupported("model.\(option)")
        }
        for option in ["byte_fallback", "ignore_merges"] where model[option]?.bool == true {
            throw file.unsupported("model.\(option)")
        }
        if let dropout = model["dropout"]?.number, dropout != 0 { throw file.unsupported("model.dropout") }
    }

    /// Puts together what vocab.json and merges.txt hold; special tokens are BART's unless the configuration
    /// names others.
    convenience init(
        vocabulary file: JSONFile, merges: [UInt8], mergesPath: String, configuration: TokenizerConfiguration
    ) throws {
        let vocabulary = try BytePairVocabulary(file.fields, in: file, at: "the vocabulary")
        var found: [BytePairModel.Merge] = []
        for (index, line) in merges.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            let text = String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
            if text.isEmpty || text.hasPrefix("#version") { continue }
            let parts = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            found.append(
                try Self.merge(parts, vocabulary) {
                    LyceumError.file(
                        path: mergesPath, line: index + 1, problem: $0,
                        remedy: "check that it belongs to \(file.path)")
                })
        }
        try self.init(
            BytePairContent(
                vocabulary: vocabulary,
                model: BytePairModel(
                    byteIDs: vocabulary.byteIDs, merges: found, unknown: nil, fusesUnknown: false),
                addedTokens: [], frame: nil,
                addsPrefixSpace: configuration.fields["add_prefix_space"]?.bool ?? false, splitsWords: true,
                configuration: configuration, name: file.path))
    }

    private static func merge(
        _ parts: [String], _ vocabulary: BytePairVocabulary, failure: (String) -> LyceumError
    ) throws -> BytePairModel.Merge {
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            throw failure("expected two pieces, found \(parts.count): '\(parts.joined(separator: " "))'")
        }
        func id(_ piece: String) throws -> Int32 {
            guard let id = vocabulary.ids[piece] else {
                throw failure("the piece '\(piece)' is not in the vocabulary")
            }
            return Int32(id)
        }
        return BytePairModel.Merge(
            left: try id(parts[0]), right: try id(parts[1]), result: try id(parts[0] + parts[1]))
    }
}

extension BytePairVocabulary {
    /// The ids of the pieces of the 256 bytes; nil where there is none.
    var byteIDs: [Int?] { ByteAlphabet.scalars.map { ids[String($0)] } }
}
