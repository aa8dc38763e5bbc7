import LyceumKit

/// A tokenizer's added tokens: those that are found in the text as it is, and those that are found in what the normalizer
/// makes of the rest.
struct AddedTokens: Sendable {
    /// Turns a stretch of text into the one that is cut into words.
    typealias Normalizer = @Sendable (UnsafeBufferPointer<UInt8>) -> [UInt8]

    private let verbatim: TokenMatcher
    private let normalized: TokenMatcher
    private let special: [Bool]
    private let normalize: Normalizer?

    /// - Parameters:
    ///   - tokens: those that the files name.
    ///   - count: how many pieces there are.
    ///   - normalize: nil leaves texts as they are.
    init(_ tokens: [AddedToken], count: Int, normalize: Normalizer? = nil) {
        self.normalize = normalize
        verbatim = TokenMatcher(tokens.filter { !$0.isNormalized }, whitespace: .unicode)
        // Looked for in the normalised text, such a token is normalised itself.
        let others = tokens.filter(\.isNormalized).map { token in
            guard let normalize else { return token }
            var text = token.content
            let bytes = text.withUTF8 { normalize($0) }
            return AddedToken(
                content: String(decoding: bytes, as: UTF8.self), id: token.id, isSpecial: token.isSpecial,
                stripsLeft: token.stripsLeft, stripsRight: token.stripsRight,
                isSingleWord: token.isSingleWord, isNormalized: true)
        }
        normalized = TokenMatcher(others, whitespace: .unicode)
        var special = [Bool](repeating: false, count: count)
        for token in tokens where token.isSpecial { special[token.id] = true }
        self.special = special
    }

    /// Whether decoding may leave an id out.
    func isSpecial(_ id: Int) -> Bool { special[id] }

    /// Appends the ids of the added tokens in a text, and between them what `append` makes of normalised stretches.
    func forEachStretch(
        of text: UnsafeBufferPointer<UInt8>, to ids: inout [Int],
        append: (_ stretch: UnsafeBufferPointer<UInt8>, _ ids: inout [Int]) -> Void
    ) {
        verbatim.forEachPart(of: text) { part in
            switch part {
            case .token(let id): ids.append(id)
            case .text(let range):
                let stretch = UnsafeBufferPointer(rebasing: text[range])
                if let normalize {
                    normalize(stretch).withUnsafeBufferPointer { find(in: $0, to: &ids, append: append) }
                } else {
                    find(in: stretch, to: &ids, append: append)
                }
            }
        }
    }

    private func find(
        in stretch: UnsafeBufferPointer<UInt8>, to ids: inout [Int],
        append: (UnsafeBufferPointer<UInt8>, inout [Int]) -> Void
    ) {
        normalized.forEachPart(of: stretch) { part in
            switch part {
            case .token(let id): ids.append(id)
            case .text(let range): append(UnsafeBufferPointer(rebasing: stretch[range]), &ids)
            }
        }
    }
}

extension TokenizerDocument {
    /// A post-processor that frames a text by tokens, and a pair by the same ones.
    ///
    /// - Parameters:
    ///   - prefix: ids before the text.
    ///   - suffix: ids behind it.
    ///   - pieces: the text of every id.
    ///   - framesPairs: whether the second text of a pair has a type of its own and a suffix.
    static func template(prefix: [Int], suffix: [Int], pieces: [String], framesPairs: Bool) -> Value {
        func special(_ id: Int, _ type: Int = 0) -> Value {
            ["SpecialToken": ["id": .string(pieces[id]), "type_id": .integer(type)]]
        }
        func text(_ name: Value, _ type: Int = 0) -> Value {
            ["Sequence": ["id": name, "type_id": .integer(type)]]
        }
        let single = prefix.map { special($0) } + [text("A")] + suffix.map { special($0) }
        let pair =
            framesPairs ? single + [text("B", 1)] + suffix.map { special($0, 1) } : [text("A"), text("B")]
        let tokens = (prefix + suffix).map { id in
            let name = Value.string(pieces[id])
            return (pieces[id], ["id": name, "ids": [.integer(id)], "tokens": [name]] as Value)
        }
        return [
            "type": "TemplateProcessing", "single": .list(single), "pair": .list(pair),
            "special_tokens": .object(Dictionary(tokens, uniquingKeysWith: { first, _ in first })),
        ]
    }

    /// Appends the model's vocabulary as JSON: pieces with their ids, in the order of the ids; ids without a piece are
    /// left out.
    static func append(vocabulary pieces: some Sequence<String>, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "{"))
        var isFirst = true
        for (id, piece) in pieces.enumerated() where !piece.isEmpty {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            JSON.append(string: piece, to: &bytes)
            bytes += Array(":\(id)".utf8)
        }
        bytes.append(UInt8(ascii: "}"))
    }
}
