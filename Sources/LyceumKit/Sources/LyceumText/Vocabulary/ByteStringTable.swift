import LyceumKit

/// Byte strings, numbered in the order in which they were first seen: a hash table with open addressing over
/// one flat array, so that a lookup allocates nothing.
struct ByteStringTable {
    private var bytes: [UInt8] = []
    /// Where string i ends in `bytes`; it begins where the one before it ends.
    private var ends: [Int] = []
    private var hashes: [UInt64] = []
    /// 1 + the number of a string, 0 for a free place; a power of two of them, at most half of them taken.
    private var slots: [Int32]

    /// How many strings there are.
    var count: Int { ends.count }
    /// How long they are in all.
    var byteCount: Int { bytes.count }

    init() { slots = [Int32](repeating: 0, count: 64) }

    /// The string of a number.
    subscript(number: Int) -> ArraySlice<UInt8> { bytes[(number > 0 ? ends[number - 1] : 0)..<ends[number]] }

    /// The number of a string; nil if it has none.
    func number(of string: UnsafeBufferPointer<UInt8>) -> Int? {
        let taken = slots[slot(of: string, hash: Self.hash(string))]
        return taken > 0 ? Int(taken) - 1 : nil
    }

    /// The number of a string, which it is given if it has none.
    mutating func insert(_ string: UnsafeBufferPointer<UInt8>) -> Int {
        let hash = Self.hash(string)
        var place = slot(of: string, hash: hash)
        if slots[place] > 0 { return Int(slots[place]) - 1 }
        if 2 * (count + 1) > slots.count {
            grow()
            place = slot(of: string, hash: hash)
        }
        bytes.append(contentsOf: string)
        ends.append(bytes.count)
        hashes.append(hash)
        slots[place] = Int32(count)
        return count - 1
    }

    /// Forgets all strings and keeps the memory.
    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        hashes.removeAll(keepingCapacity: true)
        for place in slots.indices { slots[place] = 0 }
    }

    /// The place that holds a string, or the free place where it belongs.
    private func slot(of string: UnsafeBufferPointer<UInt8>, hash: UInt64) -> Int {
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while slots[place] > 0 {
            let number = Int(slots[place]) - 1
            if hashes[number] == hash, self[number].elementsEqual(string) { break }
            place = (place + 1) & mask
        }
        return place
    }

    private mutating func grow() {
        slots = [Int32](repeating: 0, count: 2 * slots.count)
        let mask = slots.count - 1
        for (number, hash) in hashes.enumerated() {
            var place = Int(truncatingIfNeeded: hash) & mask
            while slots[place] > 0 { place = (place + 1) & mask }
            slots[place] = Int32(number + 1)
        }
    }

    /// Eight bytes at a time, folded by a multiplication to 128 bits (the construction of wyhash).
    private static func hash(_ string: UnsafeBufferPointer<UInt8>) -> UInt64 {
        func fold(_ x: UInt64) -> UInt64 {
            let product = x.multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
            return product.high ^ product.low
        }
        let raw = UnsafeRawBufferPointer(string)
        var hash = SplitMix64.increment ^ UInt64(raw.count)
        var position = 0
        while position + 8 <= raw.count {
            hash = fold(hash ^ raw.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            position += 8
        }
        var tail: UInt64 = 0
        while position < raw.count {
            tail = tail << 8 | UInt64(raw[position])
            position += 1
        }
        return fold(hash ^ tail)
    }
}
