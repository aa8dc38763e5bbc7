import LyceumKit

extension SentencePieceTokenizer {
    /// Writes `spiece.model`, `tokenizer_config.json` and `special_tokens_map.json`.
    public func save(to folder: String) throws {
        let sentinels = (0..<extraIDs).map { "<extra_id_\($0)>" }
        let names: [String: Value] = [
            "pad_token": .string(pieces[padID]),
            "eos_token": .string(pieces[eosID]),
            "unk_token": .string(pieces[unkID]),
            "additional_special_tokens": .list(sentinels.map(Value.string)),
        ]
        var configuration = names
        configuration["tokenizer_class"] = "T5Tokenizer"
        configuration["extra_ids"] = .integer(extraIDs)
        // The behaviour that T5's own checkpoints were trained with.
        configuration["legacy"] = true
        configuration["clean_up_tokenization_spaces"] = false
        try Files.write(bytes, to: Files.join(folder, Self.fileName))
        try Files.write(
            JSON.encode(.object(configuration), pretty: true),
            to: Files.join(folder, "tokenizer_config.json"))
        try Files.write(
            JSON.encode(.object(names), pretty: true), to: Files.join(folder, "special_tokens_map.json"))
    }
}
