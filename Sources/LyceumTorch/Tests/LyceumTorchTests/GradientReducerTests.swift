import Dispatch
import Glibc
import LyceumKit
import Synchronization
import Testing

@testable import LyceumTorch

/// Gradients that are summed over ranks, here two threads of one process with the real store and the real gloo.
@Suite struct GradientReducerTests {
    /// Runs `body` as both ranks at once.
    private func asRanks<Result: Sendable>(_ body: @escaping @Sendable (TorchRankGroup) throws -> Result)
        throws
        -> [Result]
    {
        let port = try RankPlace.freePort()
        let results = Mutex<[Int: Swift.Result<Result, any Error>]>([:])
        DispatchQueue.concurrentPerform(iterations: 2) { rank in
            let result = Swift.Result {
                let group = try TorchRankGroup(
                    RankPlace(rank: rank, count: 2, address: "127.0.0.1", port: port, launcher: "test"),
                    joining: 60)
                defer { group.leave() }
                return try body(group)
            }
            results.withLock { $0[rank] = result }
        }
        return try (0..<2).compactMap { rank in try results.withLock { try $0[rank]?.get() } }
    }

    /// What a rank finds: the gradients after each step, and how many buckets left before its end.
    private struct Found: Equatable, Sendable {
        var gradients: [[Float]] = []
        var early: [Int] = []
    }

    /// Four weights in buckets of one each; `copies` networks on each rank; copy `c` of rank `r` multiplies by
    /// `10 r + c + 1`.
    private func train(copies: Int, steps: Int, tied: Bool = false) throws -> [Found] {
        try asRanks { group in
            let networks = try (0..<copies).map { _ in
                try (0..<4).map { _ in try Tensor([1, 2] as [Float]).requiresGrad(true) }
            }
            let reducer = try GradientReducer(networks, group: group, bucketBytes: 8)
            var found = Found()
            for _ in 0..<steps {
                try reducer.start(active: copies)
                for (copy, weights) in networks.enumerated() {
                    try reducer.begin(copy: copy)
                    let factor = Float(10 * group.place.rank + copy + 1)
                    var product = try Tensor([factor, factor] as [Float])
                    for weight in weights { product = try product * weight }
                    try product.sum().backward()
                    // Read in two passes, as tied embeddings are in one.
                    if tied { try (weights[0] * factor).sum().backward() }
                }
                try reducer.finish()
                found.gradients += try networks[0].map { try $0.grad?.floats() ?? [] }
                found.early.append(reducer.earlyBuckets)
                for copy in networks.dropFirst() { for weight in copy { #expect(try weight.grad == nil) } }
                for weight in networks[0] { try weight.zeroGrad() }
            }
            return found
        }
    }

    @Test("both ranks get the sums; from the second step on, buckets leave while the backward pass goes on")
    func sums() throws {
        let found = try train(copies: 1, steps: 3)
        #expect(found.count == 2 && found[0].gradients == found[1].gradients)
        // Factors 1 and 11; the product of the other weights is 1 and 8.
        #expect(found[0].gradients == [[Float]](repeating: [12, 96], count: 12))
        for rank in found {
            #expect(rank.early[0] == 0 && rank.early[1...].allSatisfy { $0 >= 3 }, "\(rank.early)")
        }
    }

    @Test("copies of the network on a rank are added up on the way")
    func copies() throws {
        let found = try train(copies: 3, steps: 3)
        #expect(found.count == 2 && found[0].gradients == found[1].gradients)
        // Factors 1, 2, 3 and 11, 12, 13.
        #expect(found[0].gradients == [[Float]](repeating: [42, 336], count: 12))
        for rank in found {
            #expect(rank.early[0] == 0 && rank.early[1...].allSatisfy { $0 >= 3 }, "\(rank.early)")
        }
    }

    @Test("a weight that gets its gradient in two parts is whole, in every step")
    func parts() throws {
        let found = try train(copies: 2, steps: 3, tied: true)
        #expect(found.count == 2 && found[0].gradients == found[1].gradients)
        // Factors 1, 2, 11, 12; the first weight is read once more.
        for (place, gradient) in found[0].gradients.enumerated() {
            #expect(gradient == (place % 4 == 0 ? [52, 234] : [26, 208]))
        }
    }

    @Test("what NCCL misses is said by its first rank; the sums go through main memory")
    func withoutNCCL() throws {
        if Torch.hasCUDA { return }
        let reasons = try asRanks { try $0.openNCCL(device: 0) ?? "" }
        #expect(reasons.count == 2 && Set(reasons).count == 1)
        #expect(reasons[0].hasPrefix("rank 0: NCCL is not here"), "\(reasons)")
    }

    @Test(arguments: ["", "ranks.barrier", "metrics.exact_match", String(repeating: "a", count: 60)])
    func names(_ name: String) throws {
        let numbers = Meeting.encode(name)
        #expect(numbers.count == Meeting.numbersEach && Meeting.decode(numbers) == String(name.prefix(48)))
        try Meeting.check(numbers + numbers)
    }
}
