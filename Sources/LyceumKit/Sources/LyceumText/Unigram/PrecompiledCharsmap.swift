/// SentencePiece's table of character replacements: a double-array trie into a list of texts.
///
/// Source: the layout of Darts-clone (Yata, 2008) as SentencePiece stores it: the size of the trie in bytes
/// (32 bits, little-endian), its units, then texts that end with a zero byte each.
struct PrecompiledCharsmap: Sendable {
    private let units: [UInt32]
    private let texts: [UInt8]

    /// Reads the table; nil if it is cut short or leads out of itself.
    init?(_ bytes: some RandomAccessCollection<UInt8>) {
        func word(at offset: Int) -> UInt32 {
            bytes.dropFirst(offset).prefix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }
        guard bytes.count > 4 else { return nil }
        let size = Int(word(at: 0))
        guard size % 4 == 0, size > 0, size < bytes.count - 4 else { return nil }
        let trie = Array(bytes.dropFirst(4).prefix(size))
        units = stride(from: 0, to: size, by: 4).map { place in
            UInt32(trie[place]) | UInt32(trie[place + 1]) << 8 | UInt32(trie[place + 2]) << 16
                | UInt32(trie[place + 3]) << 24
        }
        texts = Array(bytes.dropFirst(4 + size))
        guard isConsistent else { return nil }
    }

    /// Whether no text can lead a reader out of the table.
    private var isConsistent: Bool {
        guard texts.last == 0 else { return false }
        for (place, unit) in units.enumerated() where unit >> 31 == 0 {
            // Children lie in the block of 256 units at the offset; a leaf's value lies at its beginning.
            let base = place ^ Self.offset(unit)
            guard base | 0xFF < units.count else { return false }
            if Self.hasLeaf(unit), Int(units[base] & 0x7FFF_FFFF) >= texts.count { return false }
        }
        return true
    }

    /// The text that replaces `text`; nil if none does. As in tokenizers, the shortest entry that `text`
    /// begins with decides, and replaces all of it.
    func replacement(for text: some Collection<UInt8>) -> ArraySlice<UInt8>? {
        guard let root = units.first else { return nil }
        var node = Self.offset(root)
        for byte in text {
            if byte == 0 { return nil }
            node ^= Int(byte)
            let unit = units[node]
            guard unit & 0x8000_00FF == UInt32(byte) else { return nil }
            node ^= Self.offset(unit)
            if Self.hasLeaf(unit) {
                return texts[Int(units[node] & 0x7FFF_FFFF)...].prefix { $0 != 0 }
            }
        }
        return nil
    }

    /// The longest entry that `text` has at `position`, and what replaces it; nil if there is none. As in
    /// SentencePiece.
    func longestReplacement(
        in text: UnsafeBufferPointer<UInt8>, at position: Int
    ) -> (text: ArraySlice<UInt8>, length: Int)? {
        guard let root = units.first else { return nil }
        var node = Self.offset(root)
        var end = position
        var found: (value: Int, length: Int)?
        while end < text.count {
            node ^= Int(text[end])
            let unit = units[node]
            guard unit & 0x8000_00FF == UInt32(text[end]) else { break }
            end += 1
            node ^= Self.offset(unit)
            if Self.hasLeaf(unit) { found = (Int(units[node] & 0x7FFF_FFFF), end - position) }
        }
        return found.map { (texts[$0.value...].prefix { $0 != 0 }, $0.length) }
    }

    private static func hasLeaf(_ unit: UInt32) -> Bool { unit >> 8 & 1 == 1 }

    private static func offset(_ unit: UInt32) -> Int { Int((unit >> 10) << ((unit & (1 << 9)) >> 6)) }
}
