import LyceumKit

extension SentencePieceTokenizer {
    /// Writes `spiece.model`, `tokenizer_config.json` and `special_tokens_map.json`, which `T5Tokenizer` loads.
    public func save(to folder: String) throws {
        let sentinels = (0..<extraIDs).map { "<extra_id_\($0)>" }
        let others = (configuration.additionalTokens ?? []).filter { !sentinels.contains($0) }
        let names: [String: Value] = [
            "pad_token": .string(pieces[padID]),
            "eos_token": .string(pieces[eosID]),
            "unk_token": .string(pieces[unkID]),
            "additional_special_tokens": .list((sentinels + others).map(Value.string)),
        ]
        var fields = configuration.fields.merging(names) { $1 }
        fields["tokenizer_class"] = "T5Tokenizer"
        fields["extra_ids"] = .integer(extraIDs)
        fields["legacy"] = .bool(isLegacy)
        fields["clean_up_tokenization_spaces"] = .bool(configuration.cleansUpSpaces)
        try Files.write(bytes, to: Files.join(folder, Self.fileName))
        try Files.write(
            JSON.encode(.object(fields), pretty: true),
            to: Files.join(folder, TokenizerConfiguration.fileName))
        try Files.write(
            JSON.encode(.object(names), pretty: true),
            to: Files.join(folder, TokenizerConfiguration.mapFileName))
    }
}
