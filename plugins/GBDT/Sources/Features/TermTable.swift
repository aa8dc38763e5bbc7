/// Numbers terms in the order in which they are first seen: a hash table over one block of bytes.
///
/// Open addressing with linear probing; a slot holds half of the hash, so that bytes are compared once, as a rule.
struct TermTable: Sendable {
    /// The upper 32 bits of the hash, then the number plus one; 0 is empty.
    private var slots: [UInt64]
    /// The bytes of all terms, one after the other, then at least eight more.
    private var bytes: [UInt8]
    /// Where each term ends in `bytes`.
    private var ends: [Int] = []
    /// The hash of each term.
    private(set) var hashes: [UInt64] = []

    /// Makes an empty table.
    init() {
        slots = [UInt64](repeating: 0, count: 1024)
        bytes = [UInt8](repeating: 0, count: 1 << 16)
    }

    /// How many terms there are.
    var count: Int { ends.count }

    /// The hash of a term, the same in every process.
    ///
    /// - Parameters:
    ///   - term: its bytes; seven more may be read.
    ///   - length: how many they are.
    @inline(__always) static func hash(_ term: UnsafePointer<UInt8>, _ length: Int) -> UInt64 {
        var hash = UInt64(truncatingIfNeeded: length) &* 0x9E37_79B9_7F4A_7C15
        var i = 0
        while i < length {
            let product = (hash ^ word(term, at: i, of: length)).multipliedFullWidth(
                by: 0xA076_1D64_78BD_642F)
            hash = product.high ^ product.low
            i += 8
        }
        let last = (hash ^ 0xE703_7ED1_A0B4_28DB).multipliedFullWidth(by: 0x8EBC_6AF0_9C88_C6E3)
        return last.high ^ last.low
    }

    /// Eight bytes of a term, zeros behind its end.
    @inline(__always) private static func word(_ term: UnsafePointer<UInt8>, at i: Int, of length: Int)
        -> UInt64
    {
        let raw = UInt64(
            littleEndian: UnsafeRawPointer(term + i).loadUnaligned(as: UInt64.self))
        let rest = length - i
        return rest >= 8 ? raw : raw & ((1 << UInt64(truncatingIfNeeded: 8 * rest)) &- 1)
    }

    /// The number of a term, which is added if it is new.
    ///
    /// - Parameters:
    ///   - term: its bytes; seven more may be read.
    ///   - length: how many they are.
    ///   - hash: `TermTable.hash` of them.
    @inline(__always) mutating func insert(
        _ term: UnsafePointer<UInt8>, _ length: Int, hash: UInt64
    ) -> Int {
        let (slot, number) = place(of: term, length, hash: hash)
        return number ?? add(term, length, hash: hash, at: slot)
    }

    /// Adds a term.
    mutating func insert(_ term: String) {
        let length = term.utf8.count
        (Array(term.utf8) + [UInt8](repeating: 0, count: 8)).withUnsafeBufferPointer { buffer in
            guard let bytes = buffer.baseAddress else { return }
            _ = insert(bytes, length, hash: Self.hash(bytes, length))
        }
    }

    /// The number of a term; nil if it was never inserted. Parameters as of `insert`.
    @inline(__always) func number(of term: UnsafePointer<UInt8>, _ length: Int, hash: UInt64) -> Int? {
        place(of: term, length, hash: hash).number
    }

    /// Calls `body` with the bytes of a term, behind which seven more may be read.
    func withTerm<R>(_ number: Int, _ body: (UnsafePointer<UInt8>, Int) -> R?) -> R? {
        let start = number == 0 ? 0 : ends[number - 1]
        let length = ends[number] - start
        return bytes.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.flatMap { body($0 + start, length) }
        }
    }

    /// The text of a term.
    func text(of number: Int) -> String {
        withTerm(number) { String(decoding: UnsafeBufferPointer(start: $0, count: $1), as: UTF8.self) } ?? ""
    }

    /// The slot of a term, or the empty one where it belongs.
    @inline(__always) private func place(
        of term: UnsafePointer<UInt8>, _ length: Int, hash: UInt64
    ) -> (slot: Int, number: Int?) {
        slots.withUnsafeBufferPointer { slots in
            let mask = slots.count - 1
            let tag = hash >> 32
            var slot = Int(truncatingIfNeeded: hash) & mask
            while true {
                let entry = slots[slot]
                if entry == 0 { return (slot, nil) }
                let number = Int(truncatingIfNeeded: entry & 0xFFFF_FFFF) - 1
                if entry >> 32 == tag, isTerm(number, term, length) { return (slot, number) }
                slot = (slot + 1) & mask
            }
        }
    }

    @inline(__always) private func isTerm(_ number: Int, _ term: UnsafePointer<UInt8>, _ length: Int) -> Bool
    {
        ends.withUnsafeBufferPointer { ends in
            let start = number == 0 ? 0 : ends[number - 1]
            guard ends[number] - start == length else { return false }
            return bytes.withUnsafeBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return false }
                var i = 0
                while i < length {
                    if Self.word(base + start, at: i, of: length) != Self.word(term, at: i, of: length) {
                        return false
                    }
                    i += 8
                }
                return true
            }
        }
    }

    @inline(never) private mutating func add(
        _ term: UnsafePointer<UInt8>, _ length: Int, hash: UInt64, at slot: Int
    ) -> Int {
        let number = ends.count
        let start = ends.last ?? 0
        if start + length + 8 > bytes.count {
            let more = max(bytes.count, length + 8)
            bytes.append(contentsOf: repeatElement(0, count: more))
        }
        bytes.withUnsafeMutableBufferPointer { buffer in
            _ = UnsafeMutableBufferPointer(rebasing: buffer[start..<(start + length)])
                .update(from: UnsafeBufferPointer(start: term, count: length))
        }
        ends.append(start + length)
        hashes.append(hash)
        slots[slot] = Self.entry(number, hash)
        if 2 * ends.count > slots.count { grow() }
        return number
    }

    private mutating func grow() {
        var larger = [UInt64](repeating: 0, count: 4 * slots.count)
        let mask = larger.count - 1
        for (number, hash) in hashes.enumerated() {
            var slot = Int(truncatingIfNeeded: hash) & mask
            while larger[slot] != 0 { slot = (slot + 1) & mask }
            larger[slot] = Self.entry(number, hash)
        }
        slots = larger
    }

    @inline(__always) private static func entry(_ number: Int, _ hash: UInt64) -> UInt64 {
        (hash >> 32) << 32 | UInt64(truncatingIfNeeded: number &+ 1)
    }
}
