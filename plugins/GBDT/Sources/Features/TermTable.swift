import LyceumKit

/// Numbers terms in the order in which they are first seen: a hash table over one block of bytes.
///
/// Open addressing with linear probing. A slot holds the whole of a term of at most eight bytes, so that most
/// look-ups touch one cache line; of a longer one it holds the hash, and the bytes are compared.
struct TermTable: Sendable {
    private struct Slot {
        /// The bytes of a short term, or the hash of a long one.
        var key: UInt64
        /// The number plus one; 0 is empty.
        var number: UInt32
        /// The length of a short term; `Key.long` for a long one.
        var length: UInt32
    }

    private var slots: [Slot]
    /// The bytes of all terms, one after the other, then at least eight more.
    private var bytes: [UInt8]
    /// Where each term begins in `bytes`, then where the last one ends.
    private var places: [Int] = [0]
    /// The hash of each term.
    private var hashes: [UInt64] = []

    /// Makes an empty table.
    init() {
        slots = [Slot](repeating: Slot(key: 0, number: 0, length: 0), count: 1024)
        bytes = [UInt8](repeating: 0, count: 1 << 16)
    }

    /// Makes a table of some terms of another one, numbered in this order; none twice.
    init(_ numbers: [Int], of other: TermTable) {
        var size = 1024
        while 2 * size < 3 * numbers.count { size *= 2 }
        slots = [Slot](repeating: Slot(key: 0, number: 0, length: 0), count: size)
        let length = numbers.reduce(0) { $0 + other.places[$1 + 1] - other.places[$1] }
        bytes = []
        bytes.reserveCapacity(length + 8)
        places.reserveCapacity(numbers.count + 1)
        hashes = numbers.map { other.hashes[$0] }
        other.bytes.withUnsafeBufferPointer { source in
            for number in numbers {
                let place = other.places[number]..<other.places[number + 1]
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: source[place]))
                places.append(bytes.count)
            }
        }
        bytes.append(contentsOf: repeatElement(0, count: 8))
        for number in 0..<numbers.count {
            let start = places[number]
            let length = places[number + 1] - start
            let word = bytes.withUnsafeBufferPointer { buffer in
                buffer.baseAddress.map { Key.word($0 + start, at: 0, of: length) } ?? 0
            }
            let key = Key(hash: hashes[number], word, length)
            slots[Self.emptySlot(for: key.hash, in: slots)] = Slot(
                key: key.slotKey, number: UInt32(truncatingIfNeeded: number + 1), length: key.slotLength)
        }
    }

    /// How many terms there are.
    var count: Int { hashes.count }

    /// What a number of a term that is not in the table is given as.
    static let unknown = UInt32.max

    /// The numbers of terms, which are added if they are new.
    ///
    /// - Parameters:
    ///   - terms: where they lie in `source`.
    ///   - source: their bytes; seven more may be read.
    ///   - numbers: receives a number for each.
    mutating func insert(
        _ terms: [AnalyzedText.Term], in source: UnsafePointer<UInt8>, _ numbers: inout [UInt32]
    ) {
        Self.resize(&numbers, to: terms.count)
        var done = 0
        while true {
            done = find(terms, from: done, in: source, stopsAtUnknown: true, &numbers)
            guard done < terms.count else { return }
            let term = terms[done]
            numbers[done] = UInt32(truncatingIfNeeded: add(source + Int(term.start), Int(term.length)))
            done += 1
        }
    }

    /// The numbers of terms; `unknown` for those that are not there. Parameters as of `insert`.
    func find(_ terms: [AnalyzedText.Term], in source: UnsafePointer<UInt8>, _ numbers: inout [UInt32]) {
        Self.resize(&numbers, to: terms.count)
        _ = find(terms, from: 0, in: source, stopsAtUnknown: false, &numbers)
    }

    private static func resize(_ numbers: inout [UInt32], to count: Int) {
        if numbers.count > count {
            numbers.removeLast(numbers.count - count)
        } else {
            numbers.append(contentsOf: repeatElement(0, count: count - numbers.count))
        }
    }

    /// Adds a term if it is new.
    ///
    /// - Returns: its number.
    mutating func insert(_ term: String) -> Int {
        var numbers: [UInt32] = []
        let length = term.utf8.count
        (Array(term.utf8) + [UInt8](repeating: 0, count: 8)).withUnsafeBufferPointer { buffer in
            guard let bytes = buffer.baseAddress else { return }
            insert([AnalyzedText.Term(0, length)], in: bytes, &numbers)
        }
        return numbers.first.map { Int($0) } ?? 0
    }

    /// The numbers that another table's terms get in this one, to which they are added.
    mutating func insert(all other: TermTable) -> [UInt32] {
        other.bytes.withUnsafeBufferPointer { buffer in
            guard let source = buffer.baseAddress else { return [] }
            return (0..<other.count).map { number in
                let start = other.places[number]
                let length = other.places[number + 1] - start
                return UInt32(truncatingIfNeeded: add(source + start, length, hash: other.hashes[number]))
            }
        }
    }

    /// The text of a term.
    func text(of number: Int) -> String {
        String(decoding: bytes[places[number]..<places[number + 1]], as: UTF8.self)
    }

    /// Eight bytes of a term from `offset` on as a number that sorts as they do; zeros behind its end.
    func sortingKey(of number: Int, from offset: Int) -> UInt64 {
        let start = places[number]
        let length = places[number + 1] - start
        return offset >= length
            ? 0
            : bytes.withUnsafeBufferPointer { buffer in
                buffer.baseAddress.map { Key.word($0 + start, at: offset, of: length).byteSwapped } ?? 0
            }
    }

    /// Whether a term sorts before another one by their bytes.
    func isBefore(_ a: Int, _ b: Int) -> Bool {
        bytes[places[a]..<places[a + 1]].lexicographicallyPrecedes(bytes[places[b]..<places[b + 1]])
    }
}

/// The key under which a term is looked up.
private struct Key {
    /// Its hash, the same in every process.
    let hash: UInt64
    /// What a slot holds of it.
    let slotKey: UInt64
    /// What a slot holds of its length.
    let slotLength: UInt32

    /// Stands for the length of a term that a slot cannot hold.
    static let long = UInt32.max

    @inline(__always) init(_ term: UnsafePointer<UInt8>, _ length: Int) {
        if length <= 8 {
            let word = Self.word(term, at: 0, of: length)
            let factor = 0x8EBC_6AF0_9C88_C6E3 ^ UInt64(truncatingIfNeeded: length)
            self.init(hash: Self.mix(word ^ 0xA076_1D64_78BD_642F, factor), word, length)
            return
        }
        var hash = UInt64(truncatingIfNeeded: length) &* SplitMix64.increment
        var i = 0
        var word: UInt64 = 0
        while i < length {
            word = Self.word(term, at: i, of: length)
            hash = Self.mix(hash ^ word, 0xA076_1D64_78BD_642F)
            i += 8
        }
        self.init(hash: Self.mix(hash ^ 0xE703_7ED1_A0B4_28DB, 0x8EBC_6AF0_9C88_C6E3), word, length)
    }

    @inline(__always) init(hash: UInt64, _ word: UInt64, _ length: Int) {
        self.hash = hash
        slotKey = length <= 8 ? word : hash
        slotLength = length <= 8 ? UInt32(truncatingIfNeeded: length) : Self.long
    }

    @inline(__always) private static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }

    /// Eight bytes of a term, zeros behind its end.
    @inline(__always) static func word(_ term: UnsafePointer<UInt8>, at i: Int, of length: Int) -> UInt64 {
        let raw = UInt64(littleEndian: UnsafeRawPointer(term + i).loadUnaligned(as: UInt64.self))
        let rest = length - i
        return rest >= 8 ? raw : raw & ((1 << UInt64(truncatingIfNeeded: 8 * rest)) &- 1)
    }
}

extension TermTable {
    /// The arrays, without the checks and counts that an access to each costs.
    private struct View {
        let slots: UnsafeBufferPointer<Slot>
        let bytes: UnsafePointer<UInt8>
        let places: UnsafeBufferPointer<Int>

        /// The slot of a term, or the empty one where it belongs.
        @inline(__always) func slot(of term: UnsafePointer<UInt8>, _ length: Int, _ key: Key) -> Int {
            let mask = slots.count - 1
            var slot = Int(truncatingIfNeeded: key.hash) & mask
            while true {
                let entry = slots[slot]
                if entry.number == 0 { return slot }
                if entry.key == key.slotKey, entry.length == key.slotLength,
                    entry.length != Key.long || isTerm(Int(entry.number) - 1, term, length)
                {
                    return slot
                }
                slot = (slot + 1) & mask
            }
        }

        private func isTerm(_ number: Int, _ term: UnsafePointer<UInt8>, _ length: Int) -> Bool {
            let start = places[number]
            guard places[number + 1] - start == length else { return false }
            var i = 0
            while i < length {
                guard Key.word(bytes + start, at: i, of: length) == Key.word(term, at: i, of: length) else {
                    return false
                }
                i += 8
            }
            return true
        }
    }

    @inline(__always) private func withView<R>(_ body: (View) -> R?) -> R? {
        slots.withUnsafeBufferPointer { slots in
            bytes.withUnsafeBufferPointer { bytes in
                places.withUnsafeBufferPointer { places in
                    bytes.baseAddress.flatMap { body(View(slots: slots, bytes: $0, places: places)) }
                }
            }
        }
    }

    /// Finds the numbers of the terms from `first` on, up to the first unknown one if so wanted.
    ///
    /// - Returns: the place of that one, or the number of terms.
    private func find(
        _ terms: [AnalyzedText.Term], from first: Int, in source: UnsafePointer<UInt8>, stopsAtUnknown: Bool,
        _ numbers: inout [UInt32]
    ) -> Int {
        let stop = withView { view -> Int? in
            terms.withUnsafeBufferPointer { terms in
                numbers.withUnsafeMutableBufferPointer { numbers in
                    for i in first..<terms.count {
                        let (start, length) = (source + Int(terms[i].start), Int(terms[i].length))
                        let number = view.slots[view.slot(of: start, length, Key(start, length))].number
                        if number == 0, stopsAtUnknown { return i }
                        numbers[i] = number &- 1
                    }
                    return nil
                }
            }
        }
        return stop ?? terms.count
    }

    /// The number of a term, which is added if it is new.
    private mutating func add(_ term: UnsafePointer<UInt8>, _ length: Int, hash: UInt64? = nil) -> Int {
        let key =
            hash.map { Key(hash: $0, length <= 8 ? Key.word(term, at: 0, of: length) : 0, length) }
            ?? Key(term, length)
        let slot = withView { $0.slot(of: term, length, key) } ?? 0
        if slots[slot].number != 0 { return Int(slots[slot].number) - 1 }
        let number = hashes.count
        let start = places[number]
        if start + length + 8 > bytes.count {
            bytes.append(contentsOf: repeatElement(0, count: max(bytes.count, length + 8)))
        }
        bytes.withUnsafeMutableBufferPointer { buffer in
            _ = UnsafeMutableBufferPointer(rebasing: buffer[start..<(start + length)])
                .update(from: UnsafeBufferPointer(start: term, count: length))
        }
        places.append(start + length)
        hashes.append(key.hash)
        slots[slot] = Slot(
            key: key.slotKey, number: UInt32(truncatingIfNeeded: number + 1), length: key.slotLength)
        if 3 * hashes.count > 2 * slots.count { grow() }
        return number
    }

    private mutating func grow() {
        var larger = [Slot](repeating: Slot(key: 0, number: 0, length: 0), count: 2 * slots.count)
        for old in slots where old.number != 0 {
            larger[Self.emptySlot(for: hashes[Int(old.number) - 1], in: larger)] = old
        }
        slots = larger
    }

    @inline(__always) private static func emptySlot(for hash: UInt64, in slots: [Slot]) -> Int {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot].number != 0 { slot = (slot + 1) & mask }
        return slot
    }
}
