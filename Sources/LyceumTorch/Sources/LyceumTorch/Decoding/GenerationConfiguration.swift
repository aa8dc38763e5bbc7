import LyceumKit

/// What a checkpoint says about generation: transformers' generation_config.json, or, in a folder without one, the
/// keys of config.json that old versions kept there.
public struct GenerationConfiguration: Sendable {
    /// Every key that has a value: what saving writes again.
    public private(set) var values: [String: Value] = [:]
    /// Those that are options of `:generate`, checked.
    private(set) var options: [String: Value] = [:]
    /// The token that texts follow.
    private(set) var startID: Int?
    /// The tokens that end a text.
    private(set) var endIDs: [Int] = []

    /// A checkpoint that says nothing.
    public init() {}

    /// Reads values by their names in generation_config.json.
    ///
    /// - Parameters:
    ///   - values: by key.
    ///   - source: names them in errors: a path.
    /// - Throws: `LyceumError.badOption` for a value of the wrong type or out of range.
    public init(_ values: [String: Value], source: String) throws {
        self.values = values.filter { !$0.value.isNull }
        let declared = DecodingOptions.declarations
        let names = Set(declared.map(\.name))
        var known = self.values.filter { names.contains($0.key) }
        // transformers allows several forced ends, one of which is as good as another.
        if let first = known["forced_eos_token_id"]?.list?.first { known["forced_eos_token_id"] = first }
        options = try Options(known, declared: declared, function: source).values
        startID = values["decoder_start_token_id"]?.integer
        endIDs =
            (values["eos_token_id"]?.integer).map { [$0] }
            ?? values["eos_token_id"]?.list?.compactMap(\.integer) ?? []
        _ = try DecodingOptions(Options(declared: declared, function: source), configuration: self)
    }

    /// Reads a checkpoint folder.
    ///
    /// - Parameters:
    ///   - folder: may lack the file.
    ///   - model: what its config.json holds.
    ///   - defaults: of the architecture, where there is no generation_config.json.
    /// - Throws: `LyceumError.file` or `LyceumError.badOption`.
    public init(folder: String, model: [String: Value], defaults: [String: Value]) throws {
        let path = Files.join(folder, CheckpointFiles.generation)
        if Files.exists(path) {
            guard let values = try JSON.decode(Files.read(path), name: path).object else {
                throw LyceumError.file(
                    path: path, line: nil, problem: "no JSON object", remedy: "check the folder")
            }
            try self.init(values, source: path)
        } else {
            let names = Set(DecodingOptions.declarations.map(\.name)).union(Self.tokens).union(
                Self.foreign.keys)
            try self.init(
                defaults.merging(model.filter { names.contains($0.key) && !$0.value.isNull }) { _, new in new
                },
                source: Files.join(folder, CheckpointFiles.configuration))
        }
    }

    /// What is asked for, would change the texts and is not done here.
    public var unsupported: [String] {
        Self.foreign.compactMap { name, neutral in
            guard let value = values[name], value != neutral else { return nil }
            if let number = value.number, number == neutral.number { return nil }
            return name
        }.sorted()
    }

    private static let tokens: Set<String> = [
        "bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id",
    ]

    /// transformers' other ways to change what is generated, with the value that is off.
    private static let foreign: [String: Value] = [
        "num_beam_groups": 1, "diversity_penalty": 0, "penalty_alpha": 0, "typical_p": 1, "epsilon_cutoff": 0,
        "eta_cutoff": 0, "min_p": 0, "encoder_no_repeat_ngram_size": 0, "encoder_repetition_penalty": 1,
        "exponential_decay_length_penalty": .null, "sequence_bias": .null, "guidance_scale": 1,
        "constraints": .null, "force_words_ids": .null, "renormalize_logits": false, "stop_strings": .null,
        "max_time": .null, "dola_layers": .null, "watermarking_config": .null,
    ]
}
