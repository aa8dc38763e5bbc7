import LyceumKit

// The parts of a serialized model; numbers are those of sentencepiece_model.proto.
extension SentencePieceModel {
    /// A piece as the file holds it.
    typealias Entry = (text: String, score: Double, kind: Kind)

    static func entries(
        of file: ProtobufMessage, _ failure: (String) -> LyceumError
    ) throws -> [Entry] {
        var entries: [Entry] = []
        var length = 0
        for field in file.fields where field.number == 1 {
            guard case .bytes(let bytes) = field.content, let message = ProtobufMessage(bytes),
                let text = message.text(1), !text.isEmpty, let kind = Kind(rawValue: message.integer(3) ?? 1)
            else { throw failure("is damaged: piece \(entries.count) cannot be read") }
            let score = Double(message.float(2) ?? 0)
            guard score.isFinite else {
                throw failure("is damaged: piece \(entries.count) has no finite score")
            }
            length += text.utf8.count
            entries.append((text, score, kind))
        }
        guard length <= ByteTrie.mostBytes else { throw failure("has too many pieces") }
        return entries
    }

    /// The ids of the pieces "<0x00>" to "<0xFF>"; nil if the model spells nothing in bytes.
    static func byteIDs(
        _ entries: [Entry], isUsed: Bool, _ failure: (String) -> LyceumError
    ) throws -> [Int32]? {
        guard isUsed else { return nil }
        var ids = [Int32](repeating: -1, count: 256)
        for (id, entry) in entries.enumerated() where entry.kind == .byte {
            guard entry.text.hasPrefix("<0x"), entry.text.hasSuffix(">"),
                let byte = UInt8(entry.text.dropFirst(3).dropLast(), radix: 16)
            else { throw failure("is damaged: '\(entry.text)' is not a byte") }
            ids[Int(byte)] = Int32(id)
        }
        guard !ids.contains(-1) else { throw failure("is damaged: it lacks pieces for bytes") }
        return ids
    }

    static func normalizer(
        _ message: ProtobufMessage, _ entries: [Entry], _ failure: (String) -> LyceumError
    ) throws -> SentencePieceNormalizer {
        var charsmap: PrecompiledCharsmap?
        if let bytes = message.bytes(2), !bytes.isEmpty {
            charsmap = PrecompiledCharsmap(bytes)
            if charsmap == nil { throw failure("is damaged: its table of characters leads nowhere") }
        }
        let userDefined = entries.filter { $0.kind == .userDefined }.map { (Array($0.text.utf8), Int32(0)) }
        return SentencePieceNormalizer(
            charsmap: charsmap, addsDummyPrefix: message.bool(3) ?? true,
            removesExtraWhitespace: message.bool(4) ?? true,
            userDefined: userDefined.isEmpty ? nil : ByteTrie(userDefined))
    }

    static func unigram(_ entries: [Entry], unknown: Int, byteIDs: [Int32]?) -> UnigramModel {
        let normal = entries.filter { $0.kind == .normal }.map(\.score)
        // As in the library, the highest score is never below the smallest positive number.
        let highest = max(normal.max() ?? 0, Double(Float.leastNormalMagnitude))
        return UnigramModel(
            entries: entries.enumerated().compactMap { id, entry in
                switch entry.kind {
                case .normal: return (Array(entry.text.utf8), id, entry.score)
                // A user's symbol beats whatever else spells it.
                case .userDefined:
                    let bytes = Array(entry.text.utf8)
                    return (bytes, id, Double(bytes.count) * highest - 0.1)
                case .unknown, .control, .unused, .byte: return nil
                }
            }, lowestScore: normal.min() ?? 0, unknown: unknown, byteIDs: byteIDs, isSinglePrecision: true)
    }
}
