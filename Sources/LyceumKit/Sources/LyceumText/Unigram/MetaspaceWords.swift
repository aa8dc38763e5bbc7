import LyceumKit

/// How a tokenizer.json cuts a normalised text into words: at white space, each word marked by "▁" in front.
struct MetaspaceWords: Sendable {
    /// Where a word without a space before it is given a mark.
    private enum Prefix: String {
        case always
        case first
        case never
    }

    private let splitsAtWhitespace: Bool
    /// The mark.
    let mark: [UInt8]
    private let prefix: Prefix
    private let splitsAtMarks: Bool

    /// Whether decoding drops the mark of the first word.
    var dropsFirstMark: Bool { prefix != .never }

    /// Reads the pre-tokenizer.
    ///
    /// - Throws: `LyceumError.file` for one that is not supported.
    init(_ document: TokenizerDocument) throws {
        let file = document.file
        var steps = try document.steps("pre_tokenizer")[...]
        splitsAtWhitespace = steps.first?.type == "WhitespaceSplit"
        if splitsAtWhitespace { steps = steps.dropFirst() }
        guard steps.count == 1, let step = steps.first, step.type == "Metaspace" else {
            throw file.unsupported(
                "pre_tokenizer " + (try document.steps("pre_tokenizer")).map(\.type).joined(separator: ", "))
        }
        mark = Array((step.fields["replacement"]?.string ?? "▁").utf8)
        // Files of old say add_prefix_space.
        let scheme =
            step.fields["prepend_scheme"]?.string
            ?? (step.fields["add_prefix_space"]?.bool == false ? "never" : "always")
        guard let prefix = Prefix(rawValue: scheme), !mark.isEmpty else {
            throw file.unsupported("pre_tokenizer Metaspace with prepend_scheme '\(scheme)'")
        }
        self.prefix = prefix
        splitsAtMarks = step.fields["split"]?.bool ?? true
    }

    /// Calls `body` with each word, in order.
    ///
    /// - Parameter isStart: whether the text begins where the whole text begins.
    func forEach(
        in text: UnsafeBufferPointer<UInt8>, isStart: Bool,
        _ body: (UnsafeBufferPointer<UInt8>) throws -> Void
    ) rethrows {
        guard splitsAtWhitespace else { return try forEachMarked(text[...], isStart: isStart, body) }
        var start = 0
        while true {
            let wordStart = Whitespace.unicode.endOfHead(of: text, in: start..<text.count)
            guard wordStart < text.count else { return }
            var end = wordStart
            while end < text.count {
                let (scalar, length) = UTF8Text.scalar(in: text, at: end)
                if Whitespace.unicode.contains(scalar) { break }
                end += length
            }
            try forEachMarked(text[wordStart..<end], isStart: isStart && wordStart == 0, body)
            start = end
        }
    }

    private func forEachMarked(
        _ text: Slice<UnsafeBufferPointer<UInt8>>, isStart: Bool,
        _ body: (UnsafeBufferPointer<UInt8>) throws -> Void
    ) rethrows {
        if text.isEmpty { return }
        var marked: [UInt8] = []
        marked.reserveCapacity(text.count + text.count / 2 + 8)
        if prefix == .always || (prefix == .first && isStart), text.first != 0x20, !text.starts(with: mark) {
            marked += mark
        }
        for byte in text { if byte == 0x20 { marked += mark } else { marked.append(byte) } }
        try marked.withUnsafeBufferPointer { bytes in
            guard splitsAtMarks else { return try body(bytes) }
            var start = 0
            for position in bytes.indices.dropFirst()
            where bytes[position] == mark[0] && bytes[position...].starts(with: mark) {
                try body(UnsafeBufferPointer(rebasing: bytes[start..<position]))
                start = position
            }
            try body(UnsafeBufferPointer(rebasing: bytes[start...]))
        }
    }
}
