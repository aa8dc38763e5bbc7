import CTorch
import LyceumKit
import Testing

@testable import LyceumTorch

@Suite("Random numbers are functions of seed, purpose and place") struct RandomSourceTests {
    @Test func blocksAreThoseOfTheReference() {
        // The known answers of Random123 1.14 (kat_vectors, philox4x32 10).
        let zero = PhiloxGenerator.block(key: 0, counter: (0, 0, 0, 0))
        #expect(zero == (0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
        let ones = PhiloxGenerator.block(
            key: .max, counter: (0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff))
        #expect(ones == (0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
    }

    @Test func purposesAndPlacesHaveNothingInCommon() {
        let source = RandomSource(seed: 3)
        let keys = [
            source.key(.order, 0), source.key(.order, 1), source.key(.dropout, 0), source.key(.order, 0, 0),
            RandomSource(seed: 4).key(.order, 0),
        ]
        #expect(Set(keys).count == keys.count)
        var (a, b) = (source.generator(.sampling, 7), source.generator(.sampling, 7))
        #expect((0..<9).allSatisfy { _ in a.next() == b.next() })
        #expect(Set(a.permutation(50)) == Set(0..<50))
    }

    @Test func uniformNumbersAreTheSameOnEveryProcessor() throws {
        defer { ctorch_limit_vectors(2) }
        let count = 1000
        var made: [[Float]] = []
        for level in 0...2 {
            ctorch_limit_vectors(Int32(level))
            made.append(try Tensor.uniform([count], key: 12, call: 3).floats())
        }
        #expect(made[0] == made[1] && made[0] == made[2])
        let first = PhiloxGenerator.block(key: 12, counter: (0, 0, 0, 3))
        #expect(made[0][0] == Float(first.0 >> 8) / 0x1p24 && made[0][16] == Float(first.1 >> 8) / 0x1p24)
        #expect(made[0].allSatisfy { (0..<1).contains($0) })
        #expect(abs(made[0].reduce(0, +) / Float(count) - 0.5) < 0.05)
    }

    @Test func normalNumbersAreNormal() throws {
        let numbers = try Tensor.normal([101, 99], key: 5)
        #expect(numbers.shape == [101, 99])
        #expect(try abs(numbers.mean().item()) < 0.05 && abs(numbers.variance().item() - 1) < 0.05)
        // 68.3 % lie within one deviation.
        #expect(try abs(numbers.abs().lt(1).to(.float32).mean().item() - 0.683) < 0.02)
    }

    @Test func initialWeightsDependOnTheSeedAlone() throws {
        func weights(_ seed: Int) throws -> [Float] {
            try Initializer.drawing(from: RandomSource(seed: seed)) {
                try Linear(5, 4).weight.tensor.floats() + Embedding(3, 2).weight.tensor.floats()
            }
        }
        try Torch.manualSeed(1)
        let first = try weights(8)
        try Torch.manualSeed(2)
        #expect(try weights(8) == first && weights(9) != first)
        #expect(Set(first).count == first.count)
    }
}

@Suite("Dropout is a function of the example and the place") struct CounterDropoutTests {
    private func draw(_ rows: [Int64] = [], rate: Double = 0.3, call: UInt32 = 1) -> DropoutDraw {
        DropoutDraw(rate: rate, key: 77, call: call, rows: rows)
    }

    @Test(arguments: [DType.float32, .bfloat16, .float64])
    func everyProcessorDropsTheSame(_ dtype: DType) throws {
        defer { ctorch_limit_vectors(2) }
        // Lines that end within a group of 128, and lines of several.
        for width in [1, 7, 128, 300] {
            let x = try Tensor.uniform([3, 5, width], key: 1).add_(1).to(dtype)
            var made: [Tensor] = []
            for level in 0...2 {
                ctorch_limit_vectors(Int32(level))
                made.append(try x.dropout(draw([4, 9, 2])).to(.float32))
            }
            #expect(try made[0].equal(made[1]) && made[0].equal(made[2]), "\(width)")
            let factor = dtype == .bfloat16 ? 1.0 / 128 : 1e-6
            let kept = try made[0].ne(0).to(.float32)
            try expectClose(made[0], x.to(.float32) * kept / 0.7, relative: factor)
        }
    }

    @Test func theRateIsKept() throws {
        let x = try Tensor.ones([64, 1000])
        for rate in [0.1, 0.5, 0.9] {
            let kept = try x.dropout(draw(rate: rate)).ne(0).to(.float32).mean().item()
            #expect(abs(kept - (1 - rate)) < 0.01)
        }
        #expect(try x.dropout(draw(rate: 1)).eq(0).to(.float32).mean().item() == 1)
        #expect(try !x.dropout(draw()).equal(x.dropout(draw(call: 2))))
        #expect(throws: TorchError.self) { try x.dropout(draw(rate: 1.5)) }
    }

    @Test func othersAndPaddingDoNotMatter() throws {
        func kept(_ shape: [Int], rows: [Int64]) throws -> Tensor {
            try Tensor.ones(shape).dropout(draw(rows)).ne(0).to(.float32)
        }
        let whole = try kept([4, 3, 5, 7], rows: [10, 11, 12, 13])
        // Rows 11 and 13 alone, padded further.
        let part = try kept([2, 3, 6, 9], rows: [11, 13])
            .narrow(dim: 2, start: 0, length: 5).narrow(dim: 3, start: 0, length: 7)
        #expect(try part.select(dim: 0, index: 0).equal(whole.select(dim: 0, index: 1)))
        #expect(try part.select(dim: 0, index: 1).equal(whole.select(dim: 0, index: 3)))
        #expect(try !whole.select(dim: 0, index: 0).equal(whole.select(dim: 0, index: 1)))
        #expect(try !whole.select(dim: 1, index: 0).equal(whole.select(dim: 1, index: 1)))
    }

    @Test func theBackwardPassDropsTheSame() throws {
        let x = try Tensor.uniform([6, 50], key: 2).add_(1).requiresGrad(true)
        let y = try x.dropout(draw([0, 1, 2, 3, 4, 5]))
        try y.sum().backward()
        let gradient = try #require(try x.grad)
        try expectClose(gradient, y.detach().ne(0).to(.float32) / 0.7)
    }

    @Test func layersDifferAndCallsDiffer() throws {
        final class Two: Module {
            let (a, b) = (Dropout(0.5), Dropout(0.5))
            override init() {
                super.init()
                register("a", a)
                register("b", b)
            }
        }
        let network = Two()
        network.train()
        let pass = DropoutPass(RandomSource(seed: 1))
        network.follow(pass)
        let x = try Tensor.ones([4, 64])
        pass.begin(step: 0, rows: [0, 1, 2, 3])
        let (first, second, other) = (try network.a(x), try network.a(x), try network.b(x))
        #expect(try !first.equal(second) && !first.equal(other) && !second.equal(other))
        pass.begin(step: 1, rows: [0, 1, 2, 3])
        #expect(try !network.a(x).equal(first))
        pass.begin(step: 0, rows: [0, 1, 2, 3])
        #expect(try network.a(x).equal(first) && network.a(x).equal(second))
    }
}
