import LyceumKit

/// Byte strings with a value each, in a tree: finds all that a text begins with.
struct ByteTrie: Sendable {
    private static let free = UInt32.max

    /// The child of a node by a byte, at the place of the two in an open hash table: key and child.
    private var keys: [UInt32]
    private var children: [UInt32]
    /// The value of the string that ends at a node; -1 if none does.
    private var values: [Int32] = [-1]
    private var mask: Int

    /// Makes a tree; of equal strings the last counts.
    init(_ strings: [(bytes: [UInt8], value: Int32)]) {
        keys = [UInt32](repeating: Self.free, count: 64)
        children = keys
        mask = keys.count - 1
        for (bytes, value) in strings {
            var node: UInt32 = 0
            for byte in bytes { node = child(of: node, byte) ?? addChild(of: node, byte) }
            values[Int(node)] = value
        }
    }

    /// Calls `body` with the length and value of every string that `text` has at `position`, shortest first.
    @inline(__always)
    func forEachPrefix(
        of text: UnsafeBufferPointer<UInt8>, at position: Int, _ body: (_ length: Int, _ value: Int32) -> Void
    ) {
        var node: UInt32 = 0
        var end = position
        while end < text.count, let next = child(of: node, text[end]) {
            node = next
            end += 1
            let value = values[Int(node)]
            if value >= 0 { body(end - position, value) }
        }
    }

    /// Nodes have 24 bits: the pieces of a vocabulary have far fewer bytes.
    private static func key(_ node: UInt32, _ byte: UInt8) -> UInt32 { node << 8 | UInt32(byte) }

    private func slot(of key: UInt32) -> Int {
        var place = Int(truncatingIfNeeded: (UInt64(key) &* SplitMix64.increment) >> 32) & mask
        while keys[place] != Self.free, keys[place] != key { place = (place + 1) & mask }
        return place
    }

    private func child(of node: UInt32, _ byte: UInt8) -> UInt32? {
        let key = Self.key(node, byte)
        let place = slot(of: key)
        return keys[place] == key ? children[place] : nil
    }

    private mutating func addChild(of node: UInt32, _ byte: UInt8) -> UInt32 {
        if 2 * values.count > keys.count { grow() }
        let child = UInt32(values.count)
        values.append(-1)
        let key = Self.key(node, byte)
        let place = slot(of: key)
        keys[place] = key
        children[place] = child
        return child
    }

    private mutating func grow() {
        let (oldKeys, oldChildren) = (keys, children)
        keys = [UInt32](repeating: Self.free, count: 2 * oldKeys.count)
        children = keys
        mask = keys.count - 1
        for (key, child) in zip(oldKeys, oldChildren) where key != Self.free {
            let place = slot(of: key)
            keys[place] = key
            children[place] = child
        }
    }

    /// The most bytes that strings may have in all.
    static let mostBytes = (1 << 24) - 2
}
