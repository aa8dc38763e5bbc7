import Dispatch
import LyceumKit
import Synchronization
import Testing

@testable import LyceumTorch

@Suite("Products and attention of few rows") struct FewRowsTests {
    @Test func linear() throws {
        for (rows, inputs, outputs) in [
            (1, 1, 1), (1, 16, 3), (1, 129, 37), (2, 31, 5), (3, 64, 4), (4, 100, 17), (5, 33, 66),
            (7, 512, 40),
            (32, 200, 35), (33, 64, 20),
        ] {
            let (x, weight) = (try Tensor.randn([rows, inputs]), try Tensor.randn([outputs, inputs]))
            for bias in [nil, try Tensor.randn([outputs])] {
                let exact = try x.to(.float64).linear(weight.to(.float64), bias?.to(.float64))
                let name = "\(rows) rows of \(inputs) to \(outputs)"
                let full = try noGrad { try x.linear(weight, bias) }
                #expect(full.shape == [rows, outputs])
                #expect(try difference(full, exact) < 1e-4, "\(name)")
                let half = try noGrad {
                    try x.to(.bfloat16).linear(weight.to(.bfloat16), bias?.to(.bfloat16))
                }
                #expect(half.dtype == .bfloat16)
                #expect(
                    try difference(half, exact) < 0.02 * Double(inputs).squareRoot() + 0.05, "\(name), bf16")
            }
        }
    }

    @Test func eightBits() throws {
        for (rows, inputs, outputs) in [
            (1, 1, 1), (1, 64, 16), (3, 130, 17), (5, 512, 40), (70, 96, 33), (64, 70, 5),
        ] {
            let (x, weight) = (try Tensor.randn([rows, inputs]), try Tensor.randn([outputs, inputs]))
            let bias = try Tensor.randn([outputs])
            let quantised = try noGrad { try QuantisedWeight(weight) }
            // Exactly what rounding both says.
            let scale = try x.abs().amax(dims: [1], keepdim: true) / 127
            let rounded = try (x / scale).round() * scale
            let weights = try quantised.rows.to(.float32) * quantised.scales.unsqueeze(1)
            let exact = try rounded.to(.float64).linear(weights.to(.float64), bias.to(.float64))
            let name = "\(rows) rows of \(inputs) to \(outputs)"
            let result = try noGrad { try x.linear(quantised, bias) }
            // A half may be rounded either way.
            #expect(try difference(result, exact) < 0.05 * Double(inputs).squareRoot() / 4 + 1e-4, "\(name)")
            #expect(
                try difference(result, x.to(.float64).linear(weight.to(.float64), bias.to(.float64)))
                    < 0.06 * Double(inputs).squareRoot() + 0.02, "\(name)")
            let half = try noGrad { try x.to(.bfloat16).linear(quantised, bias.to(.bfloat16)) }
            #expect(half.dtype == .bfloat16 && half.shape == [rows, outputs])
            #expect(try difference(half, exact) < 0.1 * Double(inputs).squareRoot() + 0.05, "\(name), bf16")
        }
        let zeros = try noGrad { try Tensor.zeros([2, 8]).linear(QuantisedWeight(.zeros([3, 8])), nil) }
        #expect(try zeros.abs().max().item() == 0)
    }

    /// What follows a map in the same pass is what follows it as operators of their own.
    @Test(arguments: [FusedActivation.identity, .relu, .gelu], [1, 5, 130])
    func followers(_ activation: FusedActivation, rows: Int) throws {
        let linear = try Linear(70, 37)
        let (x, residual) = (try Tensor.randn([rows, 70]) * 3, try Tensor.randn([rows, 37]))
        for precision in [Precision.fp32, .bf16, .int8] {
            try noGrad {
                let choice = PrecisionSwitch(linear)
                try choice.set(precision)
                defer { choice.drop() }
                let dtype = precision == .fp32 ? DType.float32 : .bfloat16
                let (x, residual) = (try x.to(dtype), try residual.to(dtype))
                let y = try linear(x)
                let composed = try residual + activation.composed(y)
                let result = try linear(x, then: activation, plus: residual)
                #expect(result.dtype == dtype)
                let bound = precision == .fp32 ? 1e-6 * 20 : 0.2
                #expect(
                    try difference(result, composed) < bound, "\(activation) of \(rows) rows, \(precision)")
                let alone = try linear(x, then: activation)
                #expect(try difference(alone, activation.composed(y)) < bound)
            }
        }
    }

    @Test func geluIsExactEnough() throws {
        let x = try Tensor((-4000...4000).map { Float($0) / 400 }, shape: [8001, 1])
        let linear = try Linear(weight: .ones([1, 1]))
        let result = try noGrad {
            try Tensor.cat(x.chunk(200).map { try linear($0, then: .gelu) })
        }
        #expect(try difference(result, x.to(.float64).gelu()) < 1e-6)
    }

    @Test func mapsOfOneInput() throws {
        let maps = [try Linear(33, 5), try Linear(33, 48, bias: false), try Linear(33, 16)]
        for rows in [1, 7, 200] {
            let x = try Tensor.randn([rows, 33])
            for precision in [Precision.fp32, .bf16, .int8] {
                try noGrad {
                    let choices = maps.map(PrecisionSwitch.init)
                    for choice in choices { try choice.set(precision) }
                    defer { for choice in choices { choice.drop() } }
                    let x = try precision == .fp32 ? x : x.to(.bfloat16)
                    for (y, map) in zip(try Linear.all(maps, of: x), maps) {
                        #expect(try difference(y, map(x)) < 1e-5, "\(rows) rows, \(precision)")
                    }
                }
            }
        }
        // With gradients, each is recorded.
        let x = try Tensor.randn([2, 33]).requiresGrad(true)
        let sums = try Linear.all(maps, of: x).map { try $0.sum() }
        try (sums[0] + sums[1] + sums[2]).backward()
        #expect(try x.grad != nil && maps.allSatisfy { try $0.weight.tensor.grad != nil })
        let y = try maps[0](x, then: .relu, plus: Tensor.zeros([2, 5]))
        #expect(y.requiresGrad)
    }

    @Test func lookingUpEightBits() throws {
        let table = try Embedding(20, 24)
        let ids = try Tensor([3, 0, 19, 3], shape: [2, 2])
        try noGrad {
            let exact = try table(ids)
            let choice = PrecisionSwitch(table)
            try choice.set(.int8)
            defer { choice.drop() }
            let rounded = try table(ids)
            #expect(rounded.shape == [2, 2, 24] && rounded.dtype == Precision.int8.computeType(on: .cpu))
            #expect(try difference(rounded, exact) < 0.05)
            #expect(throws: TorchError.self) { try table(Tensor([20])) }
        }
    }

    @Test func copiesFollowTheWeights() throws {
        let linear = try Linear(8, 4)
        let x = try Tensor.randn([2, 8])
        for type in ["bf16", "int8"] {
            func pass() throws -> [Float] {
                try noGrad {
                    let precision = PrecisionSwitch(linear)
                    try precision.set(type == "int8" ? .int8 : .bf16)
                    defer { precision.drop() }
                    return try linear(x.to(.bfloat16)).to(.float32).floats()
                }
            }
            let first = try pass()
            #expect(try pass() == first)
            try noGrad { _ = try linear.weight.tensor.add_(1) }
            #expect(try pass() != first, "\(type)")
        }
    }

    /// However many threads share the work, and whoever else is at it, the numbers are the same to the bit.
    @Test func threadsChangeNothing() throws {
        let (x, weight) = (try Tensor.randn([5, 512]), try Tensor.randn([1030, 512]))
        let rounded = try noGrad { try QuantisedWeight(weight) }
        @Sendable func products(threads: Int) throws -> [[Float]] {
            let own = Torch.threads
            try Torch.setThreads(threads)
            defer { try? Torch.setThreads(own) }
            return try noGrad { [try x.linear(weight).floats(), try x.linear(rounded, nil).floats()] }
        }
        let expected = try products(threads: 1)
        let wrong = Mutex(0)
        DispatchQueue.concurrentPerform(iterations: 6) { index in
            for turn in 0..<12 where (try? products(threads: 1 + (index + turn) % 4)) != expected {
                wrong.withLock { $0 += 1 }
            }
        }
        #expect(wrong.withLock { $0 } == 0)
    }

    @Test func layerNorm() throws {
        for (rows, size) in [(1, 1), (1, 768), (5, 33), (8, 768), (64, 40), (65, 40)] {
            let norm = try LayerNorm(size, epsilon: 1e-5)
            try noGrad {
                _ = try norm.weight.tensor.copy_(.randn([size]))
                _ = try norm.bias.tensor.copy_(.randn([size]))
            }
            let x = try Tensor.randn([size, rows]).t() * 3 + 1
            let exact = try x.to(.float64).layerNorm(
                [size], weight: norm.weight.tensor.to(.float64), bias: norm.bias.tensor.to(.float64))
            let name = "\(rows) rows of \(size)"
            let full = try noGrad { try norm(x) }
            #expect(try full.shape == [rows, size] && difference(full, exact) < 1e-5, "\(name)")
            let half = try noGrad {
                try norm.setComputeType(.bfloat16)
                defer { norm.dropComputeType() }
                return try norm(x.to(.bfloat16))
            }
            #expect(try half.dtype == .bfloat16 && difference(half, exact) < 0.2, "\(name), bf16")
            // With gradients, it is recorded.
            let recorded = try norm(x)
            #expect(try recorded.requiresGrad && difference(recorded, full) < 1e-5)
            #expect(throws: TorchError.self) { try noGrad { try norm(Tensor.ones([1, size + 1])) } }
        }
    }

    @Test func viewsAreRead() throws {
        let weight = try Tensor.randn([40, 24])
        let x = try Tensor.randn([24, 3]).t()
        let part = try weight.narrow(dim: 1, start: 3, length: 20)
        let exact = try x.narrow(dim: 1, start: 3, length: 20).to(.float64).linear(part.to(.float64))
        let result = try noGrad { try x.narrow(dim: 1, start: 3, length: 20).linear(part) }
        #expect(try difference(result, exact) < 1e-5)
    }

    @Test func gradientsAreStillRecorded() throws {
        let weight = try Tensor.randn([8, 8]).requiresGrad(true)
        let y = try Tensor.randn([2, 8]).linear(weight)
        try y.sum().backward()
        #expect(try weight.grad != nil)
    }

    @Test func attention() throws {
        let dropout = Dropout(0)
        for (rows, heads, queries, keys, size) in [
            (1, 1, 1, 1, 1), (2, 3, 1, 7, 16), (1, 2, 4, 65, 64), (3, 2, 5, 33, 64), (1, 4, 3, 512, 20),
            (2, 2, 2, 20, 96),
        ] {
            let query = try Tensor.randn([rows, queries, heads, size]).transpose(1, 2)
            let key = try Tensor.randn([rows, heads, keys + 3, size]).narrow(dim: 2, start: 0, length: keys)
            let value = try Tensor.randn([rows, keys, heads, size]).transpose(1, 2)
            let biases = [
                nil, try Tensor.randn([1, heads, queries, keys]), try Tensor.randn([rows, 1, 1, keys]),
                try Tensor.randn([1, 1, queries, 1]),
            ]
            for bias in biases {
                func attend(_ dtype: DType) throws -> Tensor {
                    try noGrad {
                        try Attention.attend(
                            query.to(dtype), key.to(dtype), value.to(dtype), bias: bias?.to(dtype),
                            scale: 0.3,
                            dropout: dropout)
                    }
                }
                let exact = try attend(.float64)
                let name =
                    "\(rows)x\(heads), \(queries) queries, \(keys) keys of \(size), \(bias?.shape ?? [])"
                #expect(try difference(attend(.float32), exact) < 1e-5, "\(name)")
                #expect(try difference(attend(.bfloat16), exact) < 0.05, "\(name), bf16")
            }
        }
    }

    @Test func blockedKeysAreNotRead() throws {
        let query = try Tensor.randn([1, 1, 1, 16])
        let (key, value) = (try Tensor.randn([1, 1, 9, 16]), try Tensor.randn([1, 1, 9, 16]))
        let mask = try Tensor(
            [Float](repeating: 0, count: 5) + [Float](repeating: TokenBatch.blocked, count: 4)
        )
        .view(1, 1, 1, 9)
        let masked = try noGrad {
            try Attention.attend(query, key, value, bias: mask, scale: 1, dropout: Dropout(0))
        }
        let short = try noGrad {
            try Attention.attend(
                query, key.narrow(dim: 2, start: 0, length: 5), value.narrow(dim: 2, start: 0, length: 5),
                bias: nil, scale: 1, dropout: Dropout(0))
        }
        #expect(try difference(masked, short) < 1e-6)
        let none = try noGrad {
            try Attention.attend(
                query, key, value, bias: Tensor.full([1, 1, 1, 9], -Double.infinity), scale: 1,
                dropout: Dropout(0))
        }
        #expect(try none.abs().max().item() == 0)
    }

    private func difference(_ a: Tensor, _ b: Tensor) throws -> Double {
        try (a.to(.float64) - b.to(.float64)).abs().max().item()
    }
}

extension FusedActivation {
    /// As an operator.
    fileprivate func composed(_ x: Tensor) throws -> Tensor {
        switch self {
        case .identity: x
        case .relu: try x.relu()
        case .gelu: try x.gelu()
        }
    }
}
