/// FNV-1a of 64 bits: a hash for tables and names, equal on every machine; not for secrets.
///
/// Some of its values are kept in files and shown as names: they must never change.
/// Source: Fowler, Noll and Vo, "The FNV Non-Cryptographic Hash Algorithm" (draft-eastlake-fnv).
@frozen public struct FNV1a: Sendable {
    /// The hash so far.
    public var value: UInt64

    /// The hash of no bytes.
    public static var basis: UInt64 { @inlinable get { 0xCBF2_9CE4_8422_2325 } }

    /// Starts with no bytes, or goes on from a hash.
    @inlinable public init(_ start: UInt64 = FNV1a.basis) { value = start }

    /// Adds a byte.
    @inlinable public mutating func add(_ byte: UInt8) { add(word: UInt64(byte)) }

    /// Adds eight bytes in one step, which FNV-1a by the book does not: such hashes are our own.
    @inlinable public mutating func add(word: UInt64) { value = (value ^ word) &* 0x100_0000_01B3 }

    /// Of some bytes.
    @inlinable public static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
        var hash = FNV1a()
        for byte in bytes { hash.add(byte) }
        return hash.value
    }
}
