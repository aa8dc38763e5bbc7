/// MurmurHash3 of 32 bits (Austin Appleby, public domain), as scikit-learn's `HashingVectorizer` uses it.
enum MurmurHash {
    /// The hash of `length` bytes; three more may be read.
    static func hash32(_ bytes: UnsafePointer<UInt8>, _ length: Int, seed: UInt32 = 0) -> UInt32 {
        func rotate(_ x: UInt32, _ k: UInt32) -> UInt32 { (x << k) | (x >> (32 - k)) }
        func mix(_ k: UInt32) -> UInt32 { rotate(k &* 0xCC9E_2D51, 15) &* 0x1B87_3593 }
        var hash = seed
        var i = 0
        while i + 4 <= length {
            let block = UInt32(littleEndian: UnsafeRawPointer(bytes + i).loadUnaligned(as: UInt32.self))
            hash = rotate(hash ^ mix(block), 13) &* 5 &+ 0xE654_6B64
            i += 4
        }
        if i < length {
            let block = UInt32(littleEndian: UnsafeRawPointer(bytes + i).loadUnaligned(as: UInt32.self))
            hash ^= mix(block & ((1 << UInt32(truncatingIfNeeded: 8 * (length - i))) &- 1))
        }
        hash ^= UInt32(truncatingIfNeeded: length)
        hash = (hash ^ (hash >> 16)) &* 0x85EB_CA6B
        hash = (hash ^ (hash >> 13)) &* 0xC2B2_AE35
        return hash ^ (hash >> 16)
    }

    /// The column of a term: the absolute value of the signed hash, modulo the number of columns.
    @inline(__always) static func column(_ term: UnsafePointer<UInt8>, _ length: Int, of columns: Int) -> Int
    {
        abs(Int(Int32(bitPattern: hash32(term, length)))) % columns
    }
}
