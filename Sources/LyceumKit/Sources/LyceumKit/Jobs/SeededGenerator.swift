/// A random number generator with a seed: xoshiro256**, seeded by SplitMix64.
///
/// Equal seeds give equal sequences on every machine and in every version of Lyceum.
/// Source: Blackman and Vigna, "Scrambled linear pseudorandom number generators" (2018), public-domain code.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    /// Starts the sequence that belongs to `seed`.
    public init(seed: Int) {
        var x = UInt64(bitPattern: Int64(seed))
        func splitMix() -> UInt64 {
            x &+= SplitMix64.increment
            return SplitMix64.mixed(x)
        }
        state = (splitMix(), splitMix(), splitMix(), splitMix())
    }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        func rotate(_ x: UInt64, _ k: UInt64) -> UInt64 { (x << k) | (x >> (64 - k)) }
        let result = rotate(state.1 &* 5, 7) &* 9
        let t = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= t
        state.3 = rotate(state.3, 45)
        return result
    }
}

/// What is drawn from any generator; inlinable, so that each kind of generator gets a version of its own.
extension RandomNumberGenerator {
    /// A whole number in `0..<bound`, without bias (Lemire 2019); 0 if `bound` is not positive.
    @inlinable public mutating func index(below bound: Int) -> Int {
        guard bound > 0 else { return 0 }
        let range = UInt64(bound)
        var product = next().multipliedFullWidth(by: range)
        if product.low < range {
            let threshold = (0 &- range) % range
            while product.low < threshold { product = next().multipliedFullWidth(by: range) }
        }
        return Int(product.high)
    }

    /// A number in [0, 1).
    @inlinable public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// The numbers `0..<count` in random order (Fisher and Yates).
    @inlinable public mutating func permutation(_ count: Int) -> [Int] {
        guard count > 1 else { return Array(0..<max(count, 0)) }
        var order = Array(0..<count)
        for i in stride(from: count - 1, to: 0, by: -1) { order.swapAt(i, index(below: i + 1)) }
        return order
    }
}
