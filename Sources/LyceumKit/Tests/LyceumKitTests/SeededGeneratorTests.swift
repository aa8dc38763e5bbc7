import LyceumKit
import Testing

@Suite struct SeededGeneratorTests {
    /// xoshiro256** seeded by SplitMix64 with 42; the figures are of the authors' C code's recurrence, computed
    /// independently.
    @Test func sequenceIsFixed() {
        var generator = SeededGenerator(seed: 42)
        #expect(
            (0..<3).map { _ in generator.next() } == [
                0x15780B2E0C2EC716, 0x6104D9866D113A7E, 0xAE17533239E499A1,
            ])
    }

    @Test func indicesAreUniform() {
        var generator = SeededGenerator(seed: 1)
        var counts = [Int](repeating: 0, count: 7)
        for _ in 0..<70_000 { counts[generator.index(below: 7)] += 1 }
        // Six standard deviations of a binomial with n = 70000, p = 1/7.
        #expect(counts.allSatisfy { abs($0 - 10_000) < 6 * 93 })
        #expect(
            generator.index(below: 1) == 0 && generator.index(below: 0) == 0
                && generator.index(below: -5) == 0)
        for _ in 0..<1000 { #expect((0..<1).contains(generator.unit())) }
    }

    @Test func permutationsHoldEverything() {
        var generator = SeededGenerator(seed: 3)
        #expect(generator.permutation(1000).sorted() == Array(0..<1000))
        #expect(generator.permutation(0).isEmpty && generator.permutation(-1).isEmpty)
        var firsts: Set<[Int]> = []
        for _ in 0..<200 { firsts.insert(generator.permutation(3)) }
        #expect(firsts.count == 6)
    }
}
