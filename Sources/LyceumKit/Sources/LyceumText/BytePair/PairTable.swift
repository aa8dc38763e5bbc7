import LyceumKit

/// Ranks of pairs of ids: a hash table with open addressing.
struct PairTable: Sendable {
    /// What no rank is.
    static let none = UInt32.max
    /// What no pair is: a free place.
    private static let free = UInt64.max

    private var keys: [UInt64]
    private var ranks: [UInt32]
    private let mask: Int

    /// Makes a table for at most so many pairs.
    init(capacity: Int) {
        var size = 16
        while size < 2 * capacity { size *= 2 }
        keys = [UInt64](repeating: Self.free, count: size)
        ranks = [UInt32](repeating: Self.none, count: size)
        mask = size - 1
    }

    /// Two ids, each of 31 bits, in one word that orders as they do.
    static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    /// The rank of a pair, or `none`.
    func rank(_ left: Int32, _ right: Int32) -> UInt32 {
        let key = Self.key(left, right)
        let place = slot(of: key)
        return keys[place] == key ? ranks[place] : Self.none
    }

    /// Gives a pair a rank; an earlier one is forgotten.
    mutating func set(_ left: Int32, _ right: Int32, rank: UInt32) {
        let key = Self.key(left, right)
        let place = slot(of: key)
        keys[place] = key
        ranks[place] = rank
    }

    private func slot(of key: UInt64) -> Int {
        let product = key.multipliedFullWidth(by: SplitMix64.increment)
        var place = Int(truncatingIfNeeded: product.high ^ product.low) & mask
        while keys[place] != Self.free, keys[place] != key { place = (place + 1) & mask }
        return place
    }
}
