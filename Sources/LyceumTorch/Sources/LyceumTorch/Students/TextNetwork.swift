import LyceumKit
import LyceumText

/// The shape of a network that reads text: Hugging Face's `config.json`, in Swift.
///
/// A structure of `@Setting` properties whose names are the keys of `config.json`, so that one declaration serves
/// `student.new`, help, saving and loading.
public protocol NetworkConfiguration: Settings {
    /// Everything that goes into config.json: the settings, unless it says otherwise.
    var json: [String: Value] { get }
    /// Rows of the embedding table: `@Setting("vocab_size", …)`.
    var vocabularySize: Int { get set }
}

extension NetworkConfiguration {
    /// The settings.
    public var json: [String: Value] { settings }
}

/// A network that reads text: what all neural students have in common.
public protocol TextNetwork: Module {
    /// Its shape.
    associatedtype Configuration: NetworkConfiguration

    /// The id of the architecture ("t5").
    static var architecture: String { get }
    /// The class that reads a saved folder in transformers ("T5ForConditionalGeneration"); "" if there is none.
    static var transformersClass: String { get }
    /// What checkpoints call its weights.
    static var weightNames: WeightNames { get }

    /// Makes a network with random weights, drawn by `Initializer`.
    init(_ configuration: Configuration) throws
    /// Its shape.
    var configuration: Configuration { get }
    /// The token that fills up short rows.
    var padID: Int { get }
    /// The most tokens of a text with its start and end; nil if there is no limit.
    var maxPositions: Int? { get }

    /// Learns the vocabulary that a configuration asks for; by `makeTokenizer(_:size:job:)` unless a network says
    /// otherwise.
    static func makeTokenizer(
        _ texts: some Sequence<String>, configuration: Configuration, job: Job
    ) throws -> any Tokenizer
    /// Learns a vocabulary from texts.
    static func makeTokenizer(_ texts: some Sequence<String>, size: Int, job: Job) throws -> any Tokenizer
    /// Reads the vocabulary of a checkpoint folder.
    static func loadTokenizer(_ folder: String) throws -> any Tokenizer
}

extension TextNetwork {
    /// None.
    public static var transformersClass: String { "" }

    /// The paths of its modules.
    public static var weightNames: WeightNames { WeightNames() }

    /// That of the SentencePiece vocabulary that `makeTokenizer` learns.
    public var padID: Int { 0 }

    /// No limit.
    public var maxPositions: Int? { nil }

    /// One of the configuration's `vocabularySize`.
    public static func makeTokenizer(
        _ texts: some Sequence<String>, configuration: Configuration, job: Job
    ) throws -> any Tokenizer {
        try makeTokenizer(texts, size: configuration.vocabularySize, job: job)
    }

    /// A SentencePiece unigram vocabulary, as large as the texts allow.
    public static func makeTokenizer(_ texts: some Sequence<String>, size: Int, job: Job) throws
        -> any Tokenizer
    {
        try SentencePieceTokenizer.train(on: texts, vocabularySize: size, limit: .atMost, job: job)
    }

    /// What a checkpoint folder says of the network: its config.json, by its path and its content, and its tokenizer.
    ///
    /// - Throws: `LyceumError.file` if they are missing, damaged or do not fit together, `LyceumError.badOption` for
    ///   a shape that cannot be.
    static func describe(folder: String) throws -> (
        path: String, document: [String: Value], configuration: Configuration, tokenizer: any Tokenizer
    ) {
        let path = Files.join(folder, CheckpointFiles.configuration)
        guard let document = try JSON.decode(Files.read(path), name: path).object else {
            throw LyceumError.file(
                path: path, line: nil, problem: "no JSON object", remedy: "check the folder")
        }
        let declared = Configuration.declarations
        let known = Set(declared.map(\.name))
        let options = try Options(
            document.filter { known.contains($0.key) }, declared: declared, function: path)
        let configuration = try Configuration(options)
        let tokenizer = try loadTokenizer(folder)
        guard tokenizer.vocabularySize > configuration.vocabularySize else {
            return (path, document, configuration, tokenizer)
        }
        // Ids above the vocabulary would be words to copy.
        guard !(tokenizer is any CopyingTokenizer), tokenizer.padID < configuration.vocabularySize,
            tokenizer.eosID < configuration.vocabularySize
        else {
            throw LyceumError.file(
                path: path, line: nil,
                problem: "vocab_size is \(configuration.vocabularySize), the tokenizer next to it has "
                    + "\(tokenizer.vocabularySize) pieces",
                remedy: "take config.json and tokenizer from the same checkpoint")
        }
        return (
            path, document, configuration,
            LimitedTokenizer(tokenizer, rows: configuration.vocabularySize)
        )
    }

    /// Reads whichever tokenizer the folder holds.
    public static func loadTokenizer(_ folder: String) throws -> any Tokenizer {
        try TokenizerLoader.load(folder: folder)
    }
}
