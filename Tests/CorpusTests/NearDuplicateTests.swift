import LyceumKit
import Testing

@testable import Corpus

@Suite struct NearDuplicateTests {
    /// Texts of a vocabulary that is large enough for chance to share no run of words.
    private func text(_ generator: inout SeededGenerator, words: Int) -> [String] {
        (0..<words).map { _ in "w\(generator.index(below: 5000))" }
    }

    private func shingles(_ words: [String]) -> Set<String> {
        Set((0...(words.count - 3)).map { words[$0..<($0 + 3)].joined(separator: " ") })
    }

    private func similarity(_ a: Set<String>, _ b: Set<String>) -> Double {
        let common = a.intersection(b).count
        return Double(common) / Double(a.count + b.count - common)
    }

    /// What the bands and the verification keep is what comparing every pair keeps.
    @Test func findsWhatComparingAllPairsFinds() throws {
        var generator = SeededGenerator(seed: 8)
        var texts: [[String]] = []
        for _ in 0..<20 {
            let base = text(&generator, words: 60)
            texts.append(base)
            for changes in [1, 2, 5, 20] {
                var copy = base
                for _ in 0..<changes { copy[generator.index(below: copy.count)] = "x\(texts.count)" }
                texts.append(copy)
            }
        }
        texts = generator.permutation(texts.count).map { texts[$0] }
        let dataset = Dataset(
            records: texts.enumerated().map {
                ["n": .integer($0), "text": .string($1.joined(separator: " "))]
            })
        let sets = texts.map(shingles)
        for threshold in [0.5, 0.8] {
            var expected: [Int] = []
            for row in texts.indices
            where !expected.contains(where: { similarity(sets[$0], sets[row]) >= threshold }) {
                expected.append(row)
            }
            let kept = try dataset.dedup(near: "text", similarity: threshold, words: 3).n
            #expect(expected.count < 80)
            // One in 100 pairs at the very threshold may be missed.
            #expect(Set(kept).symmetricDifference(expected).count <= 2, "\(threshold)")
        }
    }

    @Test func caseAndPunctuationDoNotCount() throws {
        let texts: [Value] = [
            "The cat, sat on the mat.", "the cat sat  on the MAT", "Der Bär", "Der Bar", .null, .null, "",
            "-",
        ]
        let dataset = Dataset(
            records: texts.enumerated().map { ["n": .integer($0), "text": $1] }, columns: ["n"])
        #expect(try dataset.dedup(near: "text", similarity: 1).n == [0, 2, 3, 4, 5, 6, 7])
        #expect(throws: LyceumError.self) { try dataset.dedup(near: "text", similarity: 0) }
        #expect(throws: LyceumError.self) { try dataset.dedup(near: "text", similarity: 1, words: 0) }
        #expect(throws: LyceumError.self) { try dataset.dedup(near: "none", similarity: 1) }
    }

    @Test func signaturesEstimateSimilarity() {
        let a = (0..<1000).map { UInt64($0) &* 0x9E37_79B9_7F4A_7C15 }.sorted()
        let b = (300..<1300).map { UInt64($0) &* 0x9E37_79B9_7F4A_7C15 }.sorted()
        #expect(abs(MinHash.similarity(a, b) - 700.0 / 1300) < 1e-12)
        let equal = zip(MinHash.signature(of: a), MinHash.signature(of: b)).filter { $0 == $1 }.count
        #expect(abs(Double(equal) / Double(MinHash.size) - 700.0 / 1300) < 0.12, "\(equal)")
        #expect(MinHash.bandLength(threshold: 0.8) == 6)
        #expect(MinHash.bandLength(threshold: 0.01) == 1)
    }
}
