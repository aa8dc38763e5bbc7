import Foundation
import LyceumKit

/// What a tokenizer.json does to a text before it is cut into words: one step after the other.
struct TextNormalizer: Sendable {
    private enum Step {
        case charsmap(PrecompiledCharsmap)
        case strip(left: Bool, right: Bool)
        case replace([UInt8], by: [UInt8])
        /// Two spaces and more become one text.
        case replaceRunsOfSpaces([UInt8])
    }

    private let steps: [Step]

    /// Reads the steps.
    ///
    /// - Throws: `LyceumError.file` for one that is damaged or not supported.
    init(_ document: TokenizerDocument) throws {
        let file = document.file
        steps = try document.steps("normalizer").map { type, fields in
            switch type {
            case "Precompiled":
                guard let text = fields["precompiled_charsmap"]?.string,
                    let bytes = Data(base64Encoded: text), let map = PrecompiledCharsmap(bytes)
                else { throw file.failure("normalizer: the precompiled_charsmap is damaged") }
                return .charsmap(map)
            case "Strip":
                return .strip(
                    left: fields["strip_left"]?.bool ?? false, right: fields["strip_right"]?.bool ?? false)
            case "Replace":
                guard let pattern = fields["pattern"]?.object, let content = fields["content"]?.string else {
                    throw file.failure("normalizer Replace: expected pattern and content")
                }
                if let text = pattern["String"]?.string {
                    return .replace(Array(text.utf8), by: Array(content.utf8))
                }
                if pattern["Regex"]?.string == " {2,}" { return .replaceRunsOfSpaces(Array(content.utf8)) }
                throw file.unsupported("normalizer Replace with \(JSON.encode(.object(pattern)))")
            default: throw file.unsupported("normalizer \(type)")
            }
        }
    }

    /// Whether it changes nothing.
    var isEmpty: Bool { steps.isEmpty }

    /// The normalised text.
    func apply(to text: [UInt8]) -> [UInt8] {
        steps.reduce(text) { text, step in
            switch step {
            case .charsmap(let map): return Self.replace(text, map)
            case .strip(let left, let right): return Self.strip(text, left: left, right: right)
            case .replace(let from, let to): return UTF8Text.replace(from, by: to, in: text)
            case .replaceRunsOfSpaces(let to): return Self.replaceRunsOfSpaces(text, by: to)
            }
        }
    }

    /// Replaces user-perceived characters of less than six bytes, or else their scalars, one by one.
    private static func replace(_ text: [UInt8], _ map: PrecompiledCharsmap) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        for character in String(decoding: text, as: UTF8.self) {
            let bytes = character.utf8
            if bytes.count < 6, let replacement = map.replacement(for: bytes) {
                result += replacement
                continue
            }
            for scalar in character.unicodeScalars {
                let bytes = UTF8.encode(scalar).map { Array($0) } ?? []
                result += map.replacement(for: bytes) ?? bytes[...]
            }
        }
        return result
    }

    private static func strip(_ text: [UInt8], left: Bool, right: Bool) -> [UInt8] {
        text.withUnsafeBufferPointer { bytes in
            let start = left ? Whitespace.unicode.endOfHead(of: bytes, in: 0..<bytes.count) : 0
            let end = right ? Whitespace.unicode.startOfTail(of: bytes, in: start..<bytes.count) : bytes.count
            return Array(bytes[start..<end])
        }
    }

    private static func replaceRunsOfSpaces(_ text: [UInt8], by replacement: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var position = 0
        while position < text.count {
            let run = text[position...].prefix { $0 == 0x20 }.count
            if run >= 2 { result += replacement } else { result.append(text[position]) }
            position += max(run, 1)
        }
        return result
    }
}
