import LyceumKit

/// The random numbers of one run: each is a function of the seed, of what it is for and of its place.
///
/// Nothing is drawn in an order that threads, replicas or another run could change, so equal seeds give equal runs.
public struct RandomSource: Sendable, Equatable {
    /// What numbers are for: numbers for different purposes have nothing to do with each other.
    public enum Purpose: UInt64, Sendable {
        case weights = 1
        case order
        case dropout
        case sampling
        /// A plugin's own.
        case other
    }

    /// What distinguishes one run from another.
    public let seed: Int

    /// The numbers of a seed.
    public init(seed: Int) { self.seed = seed }

    /// The key of one stream of numbers.
    ///
    /// - Parameters:
    ///   - purpose: what the numbers are for.
    ///   - place: which of the purpose's streams: a step, a layer, an epoch, a text.
    public func key(_ purpose: Purpose, _ place: Int...) -> UInt64 {
        var key = Self.mix(UInt64(bitPattern: Int64(seed)), purpose.rawValue)
        for number in place { key = Self.mix(key, UInt64(bitPattern: Int64(number))) }
        return key
    }

    /// One stream of numbers, to be drawn one after the other.
    public func generator(_ purpose: Purpose, _ place: Int...) -> PhiloxGenerator {
        var key = Self.mix(UInt64(bitPattern: Int64(seed)), purpose.rawValue)
        for number in place { key = Self.mix(key, UInt64(bitPattern: Int64(number))) }
        return PhiloxGenerator(key: key)
    }

    /// SplitMix64's finalizer over both numbers: neighbours have nothing in common.
    private static func mix(_ key: UInt64, _ number: UInt64) -> UInt64 {
        SplitMix64.mixed(key &* SplitMix64.increment &+ number &+ 0x632B_E59B_D9B4_E019)
    }
}

/// Philox-4x32-10: block n of its numbers is a function of the key and of n.
///
/// Source: Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3" (2011).
public struct PhiloxGenerator: RandomNumberGenerator, Sendable {
    private let key: UInt64
    private var counter: UInt64 = 0
    private var spare: UInt64?

    /// Starts the stream of a key; see `RandomSource.key`.
    public init(key: UInt64) { self.key = key }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        if let number = spare {
            spare = nil
            return number
        }
        let words = Self.block(
            key: key,
            counter: (UInt32(truncatingIfNeeded: counter), UInt32(truncatingIfNeeded: counter >> 32), 0, 0))
        counter &+= 1
        spare = UInt64(words.3) << 32 | UInt64(words.2)
        return UInt64(words.1) << 32 | UInt64(words.0)
    }

    /// One block of 128 bits.
    static func block(
        key: UInt64, counter: (UInt32, UInt32, UInt32, UInt32)
    ) -> (UInt32, UInt32, UInt32, UInt32) {
        var (c0, c1, c2, c3) = counter
        var (k0, k1) = (UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32))
        for _ in 0..<10 {
            let first = UInt64(0xD251_1F53) &* UInt64(c0)
            let second = UInt64(0xCD9E_8D57) &* UInt64(c2)
            c0 = UInt32(truncatingIfNeeded: second >> 32) ^ c1 ^ k0
            c1 = UInt32(truncatingIfNeeded: second)
            c2 = UInt32(truncatingIfNeeded: first >> 32) ^ c3 ^ k1
            c3 = UInt32(truncatingIfNeeded: first)
            k0 &+= 0x9E37_79B9
            k1 &+= 0xBB67_AE85
        }
        return (c0, c1, c2, c3)
    }
}
