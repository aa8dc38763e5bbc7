import LyceumTorch
import Testing

@Suite struct TrainerSamplerTests {
    private func sampler(_ lengths: [Int], shuffle: Bool = true, group: Bool = true, seed: Int = 1)
        -> BatchSampler
    {
        BatchSampler(lengths: lengths, batchSize: 8, shuffle: shuffle, groupByLength: group, seed: seed)
    }

    @Test func everyExampleOnceInEachEpoch() {
        let lengths = (0..<1003).map { ($0 * 7919) % 311 }
        for epoch in 0..<3 {
            let batches = sampler(lengths).batches(epoch: epoch)
            #expect(batches.count == 126 && sampler(lengths).batchesPerEpoch == 126)
            #expect(batches.flatMap { $0 }.sorted() == Array(lengths.indices))
        }
    }

    @Test func orderDependsOnSeedAndEpochAlone() {
        let lengths = (0..<200).map { $0 % 13 }
        #expect(sampler(lengths).batches(epoch: 2) == sampler(lengths).batches(epoch: 2))
        #expect(sampler(lengths).batches(epoch: 2) != sampler(lengths).batches(epoch: 3))
        #expect(sampler(lengths, seed: 2).batches(epoch: 2) != sampler(lengths).batches(epoch: 2))
        let plain = sampler(lengths, shuffle: false, group: false).batches(epoch: 5)
        #expect(plain.flatMap { $0 } == Array(0..<200))
    }

    @Test func groupingSavesPadding() {
        var lengths: [Int] = []
        for index in 0..<4000 { lengths.append((index * 7919) % 509 + 1) }
        func padding(_ sampler: BatchSampler) -> Int {
            sampler.batches(epoch: 0).reduce(0) { sum, batch in
                let longest = batch.map { lengths[$0] }.max() ?? 0
                return sum + batch.reduce(0) { $0 + longest - lengths[$1] }
            }
        }
        #expect(padding(sampler(lengths)) * 20 < padding(sampler(lengths, group: false)))
    }

    @Test func nothingToSample() { #expect(sampler([]).batches(epoch: 0).isEmpty) }
}
