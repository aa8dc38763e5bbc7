import LyceumKit

/// sacrebleu's own paired tests, trial by trial: with NumPy's generator, its seed 12345 and its number of trials, so that
/// the p values are those that sacrebleu prints with `--paired-bs` and `--paired-ar`.
public enum SacreBleuPairedTest {
    /// The trials that sacrebleu draws.
    public static let trials = (bootstrap: 1000, randomization: 10_000)

    /// The p values of a system against a baseline.
    ///
    /// - Parameters:
    ///   - baseline: the figure of the first system; it must be made of a table of counts (BLEU, chrF, TER).
    ///   - system: of the other, of the same texts.
    /// - Returns: nil for figures of another shape.
    /// - Throws: `LyceumError.cancelled`.
    public static func pValues(
        baseline: CorpusFigure, system: CorpusFigure, seed: UInt32 = 12_345,
        trials: (bootstrap: Int, randomization: Int) = SacreBleuPairedTest.trials,
        job: Job = .silent("comparing")
    ) throws -> (bootstrap: Double, randomization: Double)? {
        guard let a = baseline.table, let b = system.table, a.columns == b.columns,
            baseline.count == system.count,
            baseline.count > 0
        else { return nil }
        let (count, width) = (baseline.count, a.columns.count)
        func total(_ table: CorpusFigure.Table) -> Double {
            var sum = [Double](repeating: 0, count: width)
            for row in 0..<count { for place in 0..<width { sum[place] += table.rows[row * width + place] } }
            return table.value(sum)
        }
        let difference = abs(total(a) - total(b))

        var generator = NumPyGenerator(seed: seed)
        var drawn: [Double] = []
        for _ in 0..<trials.bootstrap {
            try job.checkCancelled()
            var (one, two) = ([Double](repeating: 0, count: width), [Double](repeating: 0, count: width))
            for _ in 0..<count {
                let row = Int(generator.index(below: UInt32(truncatingIfNeeded: count))) * width
                for place in 0..<width {
                    one[place] += a.rows[row + place]
                    two[place] += b.rows[row + place]
                }
            }
            drawn.append(abs(b.value(two) - a.value(one)))
        }
        let mean = drawn.reduce(0, +) / Double(max(drawn.count, 1))
        let farther = drawn.count { $0 - mean > difference }

        generator = NumPyGenerator(seed: seed)
        var larger = 0
        for _ in 0..<trials.randomization {
            try job.checkCancelled()
            var (one, two) = ([Double](repeating: 0, count: width), [Double](repeating: 0, count: width))
            for row in 0..<count {
                let start = row * width
                let stays = generator.flag()
                for place in 0..<width {
                    let (own, other) = (a.rows[start + place], b.rows[start + place])
                    one[place] += stays ? own : other
                    two[place] += stays ? other : own
                }
            }
            if abs(a.value(one) - b.value(two)) > difference { larger += 1 }
        }
        return (
            Double(farther + 1) / Double(trials.bootstrap + 1),
            Double(larger + 1) / Double(trials.randomization + 1)
        )
    }
}

/// NumPy's `default_rng(seed)`: PCG64 (XSL-RR), seeded by a `SeedSequence`.
///
/// Sources: O'Neill, "PCG: a family of simple fast space-efficient statistically good algorithms for random number
/// generation" (2014); numpy/random/bit_generator.pyx and src/distributions (NumPy 2).
struct NumPyGenerator {
    private var state: (high: UInt64, low: UInt64) = (0, 0)
    private let increment: (high: UInt64, low: UInt64)
    /// The half of a number that was drawn and not used.
    private var half: UInt32?
    /// The bits of a number that flags are taken from.
    private var bits: UInt32 = 0
    private var bitCount = 0

    init(seed: UInt32) {
        let words = Self.seedWords(seed)
        let sequence = (high: words[2], low: words[3])
        increment = (sequence.high << 1 | sequence.low >> 63, sequence.low << 1 | 1)
        step()
        state = Self.sum(state, (words[0], words[1]))
        step()
    }

    /// What a `SeedSequence` of one word gives: four numbers of 64 bits.
    private static func seedWords(_ seed: UInt32) -> [UInt64] {
        var hash: UInt32 = 0x43B0_D7E5
        func mixed(_ value: UInt32) -> UInt32 {
            var value = value ^ hash
            hash &*= 0x931E_8875
            value &*= hash
            return value ^ value >> 16
        }
        var pool = [mixed(seed), mixed(0), mixed(0), mixed(0)]
        for source in 0..<4 {
            for target in 0..<4 where source != target {
                let result = 0xCA01_F9DD &* pool[target] &- 0x4973_F715 &* mixed(pool[source])
                pool[target] = result ^ result >> 16
            }
        }
        hash = 0x8B51_F9DD
        let words = (0..<8).map { place -> UInt32 in
            var value = pool[place % 4] ^ hash
            hash &*= 0x58F3_8DED
            value &*= hash
            return value ^ value >> 16
        }
        return (0..<4).map { UInt64(words[2 * $0 + 1]) << 32 | UInt64(words[2 * $0]) }
    }

    private static func sum(_ a: (high: UInt64, low: UInt64), _ b: (high: UInt64, low: UInt64)) -> (
        high: UInt64, low: UInt64
    ) {
        let (low, carries) = a.low.addingReportingOverflow(b.low)
        return (a.high &+ b.high &+ (carries ? 1 : 0), low)
    }

    private mutating func step() {
        let factor: (high: UInt64, low: UInt64) = (2_549_297_995_355_413_924, 4_865_540_595_714_422_341)
        let product = state.low.multipliedFullWidth(by: factor.low)
        let high = product.high &+ state.high &* factor.low &+ state.low &* factor.high
        state = Self.sum((high, product.low), increment)
    }

    private mutating func next64() -> UInt64 {
        step()
        let value = state.high ^ state.low
        let turn = state.high >> 58
        return value >> turn | value << ((64 &- turn) & 63)
    }

    private mutating func next32() -> UInt32 {
        if let kept = half {
            half = nil
            return kept
        }
        let value = next64()
        half = UInt32(truncatingIfNeeded: value >> 32)
        return UInt32(truncatingIfNeeded: value)
    }

    /// A number below `limit`, as `integers(0, limit)` draws it (Lemire's method).
    mutating func index(below limit: UInt32) -> UInt32 {
        if limit <= 1 { return 0 }
        var product = UInt64(next32()) * UInt64(limit)
        if UInt32(truncatingIfNeeded: product) < limit {
            let threshold = (UInt32.max - (limit - 1)) % limit
            while UInt32(truncatingIfNeeded: product) < threshold {
                product = UInt64(next32()) * UInt64(limit)
            }
        }
        return UInt32(truncatingIfNeeded: product >> 32)
    }

    /// True or false, as `integers(2, dtype=bool)` draws it: 32 of one number.
    mutating func flag() -> Bool {
        if bitCount == 0 {
            bits = next32()
            bitCount = 31
        } else {
            bits >>= 1
            bitCount -= 1
        }
        return bits & 1 != 0
    }
}
