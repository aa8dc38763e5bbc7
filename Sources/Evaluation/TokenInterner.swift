import LyceumKit

/// Gives equal byte strings equal numbers: 0, 1, 2, … in order of first appearance.
struct TokenInterner {
    /// A byte string of up to eight bytes is told apart by its key and length alone; of a longer one the key is a hash.
    private struct Slot {
        var key: UInt64 = 0
        /// -1 where the slot is free.
        var id: Int32 = -1
        var length: Int32 = 0
    }

    /// Open addressing with linear probing; the number of slots is a power of two.
    private var slots = [Slot](repeating: Slot(), count: 1 << 10)
    /// Of byte strings longer than eight bytes, one after the other.
    private var bytes: [UInt8] = []
    /// For each number, where its bytes end; those of short strings take no room.
    private var ends: [Int] = []

    /// How many different byte strings there are.
    var count: Int { ends.count }

    /// The number of a byte string.
    @inline(__always)
    mutating func intern(_ token: UnsafeBufferPointer<UInt8>) -> Int32 {
        let key = Self.key(token)
        let length = Int32(truncatingIfNeeded: token.count)
        let (slot, id) = slots.withUnsafeBufferPointer { slots -> (Int, Int32) in
            let mask = slots.count - 1
            var place = Self.place(key, length) & mask
            while slots[place].id >= 0 {
                let slot = slots[place]
                if slot.key == key, slot.length == length, token.count <= 8 || isEqual(slot.id, token) {
                    return (place, slot.id)
                }
                place = (place + 1) & mask
            }
            return (place, -1)
        }
        return id >= 0 ? id : add(token, key, at: slot)
    }

    @inline(never)
    private mutating func add(_ token: UnsafeBufferPointer<UInt8>, _ key: UInt64, at place: Int) -> Int32 {
        let id = Int32(truncatingIfNeeded: ends.count)
        slots[place] = Slot(key: key, id: id, length: Int32(truncatingIfNeeded: token.count))
        if token.count > 8 { bytes.append(contentsOf: token) }
        ends.append(bytes.count)
        if ends.count * 2 > slots.count { grow() }
        return id
    }

    /// Whether a long byte string is the one of a number.
    @inline(never)
    private func isEqual(_ id: Int32, _ token: UnsafeBufferPointer<UInt8>) -> Bool {
        let start = id == 0 ? 0 : ends[Int(id) - 1]
        return ends[Int(id)] - start == token.count && bytes[start..<ends[Int(id)]].elementsEqual(token)
    }

    private mutating func grow() {
        let old = slots
        slots = [Slot](repeating: Slot(), count: old.count * 2)
        for slot in old where slot.id >= 0 {
            var place = Self.place(slot.key, slot.length) & (slots.count - 1)
            while slots[place].id >= 0 { place = (place + 1) & (slots.count - 1) }
            slots[place] = slot
        }
    }

    @inline(__always)
    private static func place(_ key: UInt64, _ length: Int32) -> Int {
        let mixed = (key ^ UInt64(truncatingIfNeeded: length) << 56) &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: mixed >> 32)
    }

    /// The bytes themselves as a number, of strings up to eight of them; a hash of longer ones.
    @inline(__always)
    private static func key(_ token: UnsafeBufferPointer<UInt8>) -> UInt64 {
        let count = token.count
        guard count > 0, let start = token.baseAddress.map(UnsafeRawPointer.init) else { return 0 }
        // Reads that overlap: with the length they hold every byte, and none beyond.
        if count < 4 {
            return UInt64(token[0]) | UInt64(token[count >> 1]) << 8 | UInt64(token[count - 1]) << 16
        }
        if count <= 8 {
            let low = start.loadUnaligned(as: UInt32.self)
            let high = start.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)
            return UInt64(low) | UInt64(high) << 32
        }
        return hash(start, count)
    }

    private static func hash(_ start: UnsafeRawPointer, _ count: Int) -> UInt64 {
        var hash = UInt64(truncatingIfNeeded: count)
        func mix(_ place: Int) {
            hash =
                (hash ^ start.loadUnaligned(fromByteOffset: place, as: UInt64.self)) &* 0x9E37_79B9_7F4A_7C15
            hash ^= hash >> 32
        }
        for place in stride(from: 0, through: count - 8, by: 8) { mix(place) }
        if count & 7 != 0 { mix(count - 8) }
        return hash
    }
}
