import LyceumKit
import Testing

@testable import LyceumTorch

@Suite("Parts that are computed again give the same gradients") struct RecomputingTests {
    private final class Layer: Module {
        @Part("linear") var linear: Linear
        @Part("dropout") var dropout: Dropout
        var runs = 0
        var failsAt = Int.max

        init(size: Int) throws {
            super.init()
            linear = try Linear(
                weight: Tensor.normal([size, size], key: 1), bias: Tensor.normal([size], key: 2))
            dropout = Dropout(0.5)
        }

        func callAsFunction(_ x: Tensor, _ shift: Tensor) throws -> Tensor {
            runs += 1
            if runs == failsAt { throw LyceumError.failed("no", remedy: nil) }
            return try x + dropout(dropout((linear(x) + shift).tanh()))
        }
    }

    private func train(_ layer: Layer, recomputes: Bool) throws -> [Tensor] {
        let pass = DropoutPass(RandomSource(seed: 4))
        layer.train()
        layer.follow(pass)
        layer.setRecomputing(recomputes)
        pass.begin(step: 2, rows: [5, 6, 7])
        let x = try Tensor.normal([3, 4, 6], key: 3).requiresGrad(true)
        let shift = try Tensor.normal([6], key: 4).requiresGrad(true)
        var y = x
        for _ in 0..<3 { y = try layer.recomputed([y, shift]) { try layer($0[0], $0[1]) } }
        try (y * y).sum().backward()
        let weights = layer.namedParameters().map(\.parameter.tensor)
        defer { for weight in weights { try? weight.zeroGrad() } }
        return try [y.detach()] + ([x, shift] + weights).compactMap { try $0.grad?.clone() }
    }

    @Test func gradientsAreEqualToTheLastBit() throws {
        let layer = try Layer(size: 6)
        let plain = try train(layer, recomputes: false)
        #expect(layer.runs == 3 && plain.count == 5)
        let again = try train(layer, recomputes: true)
        // Once forward, once backward; the same elements are dropped both times.
        #expect(layer.runs == 9)
        for (a, b) in zip(plain, again) { #expect(try a.equal(b)) }
    }

    @Test func nothingIsLeftBehind() throws {
        let layer = try Layer(size: 6)
        _ = try train(layer, recomputes: true)
        weak var lost: Layer?
        do {
            let other = try Layer(size: 6)
            lost = other
            _ = try train(other, recomputes: true)
        }
        #expect(lost == nil)
    }

    @Test func errorsComeThroughBothTimes() throws {
        for run in [2, 5] {
            let layer = try Layer(size: 6)
            layer.failsAt = run
            #expect(throws: (any Error).self) { try train(layer, recomputes: true) }
        }
    }
}
