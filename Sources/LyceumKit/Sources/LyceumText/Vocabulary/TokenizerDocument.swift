import LyceumKit

/// The parts of a `tokenizer.json` that all models share, read so far as they are the same for all.
///
/// Source: the format of tokenizers 0.22 (`Tokenizer.from_file`).
struct TokenizerDocument {
    /// The name of the file.
    static let fileName = "tokenizer.json"

    /// The file itself.
    let file: JSONFile
    /// The fields of the model.
    let model: [String: Value]
    /// Tokens that are found in the text itself.
    let addedTokens: [AddedToken]
    /// Ids that the post-processor puts before and behind a text.
    let frame: (prefix: [Int], suffix: [Int])

    /// Reads the content of a tokenizer.json.
    ///
    /// - Throws: `LyceumError.file` if it is damaged or asks for what is not supported.
    init(bytes: [UInt8], path: String) throws {
        file = try JSONFile(bytes: bytes, path: path)
        guard let model = file.fields["model"]?.object else { throw file.failure("there is no model") }
        self.model = model
        var tokens: [AddedToken] = []
        for (place, entry) in (file.fields["added_tokens"]?.list ?? []).enumerated() {
            guard let fields = entry.object, let id = fields["id"]?.integer,
                (0...TokenizerConfiguration.largestID).contains(id)
            else { throw file.failure("added_tokens[\(place)]: expected an object with an id") }
            tokens.append(try AddedToken(fields, id: id, in: file, at: "added_tokens[\(place)]"))
        }
        addedTokens = tokens
        frame = try Self.frame(file.fields["post_processor"] ?? .null, in: file)
    }

    /// Which model it is: "BPE", "Unigram", "WordPiece". Files of old leave it out where it shows.
    var modelType: String? {
        if let type = model["type"]?.string { return type }
        if model["merges"] != nil { return "BPE" }
        if model["continuing_subword_prefix"] != nil { return "WordPiece" }
        return model["unk_id"] != nil ? "Unigram" : nil
    }

    /// A part of the document as a list of typed steps: a sequence is taken apart, null is none.
    func steps(_ part: String) throws -> [(type: String, fields: [String: Value])] {
        try Self.steps(file.fields[part] ?? .null, in: file, at: part, depth: 0)
    }

    private static func steps(
        _ value: Value, in file: JSONFile, at place: String, depth: Int
    ) throws -> [(type: String, fields: [String: Value])] {
        if value == .null { return [] }
        guard let fields = value.object, let type = fields["type"]?.string, depth < 8 else {
            throw file.failure("\(place): expected an object with a type")
        }
        guard type == "Sequence" else { return [(type, fields)] }
        let keys = ["normalizers", "pretokenizers", "processors", "decoders"]
        guard let list = keys.compactMap({ fields[$0]?.list }).first else {
            throw file.failure("\(place): a sequence without a list")
        }
        return try list.flatMap { try steps($0, in: file, at: place, depth: depth + 1) }
    }

    /// What a post-processor puts around one text.
    private static func frame(_ value: Value, in file: JSONFile) throws -> (prefix: [Int], suffix: [Int]) {
        var (prefix, suffix): ([Int], [Int]) = ([], [])
        for (type, fields) in try steps(value, in: file, at: "post_processor", depth: 0) {
            switch type {
            case "ByteLevel": continue
            case "RobertaProcessing", "BertProcessing":
                guard let cls = fields["cls"]?.list?.last?.integer,
                    let sep = fields["sep"]?.list?.last?.integer
                else { throw file.failure("post_processor: expected cls and sep as pairs of text and id") }
                prefix = [cls] + prefix
                suffix.append(sep)
            case "TemplateProcessing":
                let template = try templateFrame(fields, in: file)
                prefix = template.prefix + prefix
                suffix += template.suffix
            default: throw file.unsupported("post_processor \(type)")
            }
        }
        return (prefix, suffix)
    }

    private static func templateFrame(
        _ fields: [String: Value], in file: JSONFile
    ) throws -> (prefix: [Int], suffix: [Int]) {
        var (prefix, suffix): ([Int], [Int]) = ([], [])
        var isBehindText = false
        for piece in fields["single"]?.list ?? [] {
            if piece.object?["Sequence"] != nil {
                isBehindText = true
                continue
            }
            guard let token = piece.object?["SpecialToken"]?.object?["id"]?.string,
                let ids = fields["special_tokens"]?.object?[token]?.object?["ids"]?.list?.compactMap(
                    \.integer)
            else { throw file.failure("post_processor: expected special tokens with their ids") }
            if isBehindText { suffix += ids } else { prefix += ids }
        }
        guard isBehindText else { throw file.failure("post_processor: the template leaves out the text") }
        return (prefix, suffix)
    }
}
