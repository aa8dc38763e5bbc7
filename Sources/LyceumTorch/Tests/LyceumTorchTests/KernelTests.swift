import CTorch
import LyceumKit
import Testing

@testable import LyceumTorch

@Suite("Our kernels compute what libtorch's operators compute") struct KernelTests {
    private func random(_ shape: [Int], _ number: Int, _ dtype: DType) throws -> Tensor {
        try Tensor.normal(shape, key: 9, call: number).to(dtype)
    }

    /// Attention of libtorch's operators; the mask of dropout comes from dropping ones at the same place.
    private func composed(
        _ q: Tensor, _ k: Tensor, _ v: Tensor, bias: Tensor?, mask: Tensor?, scale: Double, draw: DropoutDraw?
    ) throws -> Tensor {
        var scores = try q.matmul(k.transpose(-1, -2)) * scale
        if let bias { scores = try scores + bias }
        if let mask { scores = try scores + mask }
        var weights = try scores.softmax(dim: -1)
        if let draw { weights = try weights * weights.detach().onesLike().dropout(draw) }
        return try weights.matmul(v)
    }

    struct Case: Sendable {
        var shape = [3, 2, 5, 7]
        var bias: [Int]? = [1, 2, 5, 7]
        var mask: [Int]? = [3, 1, 1, 7]
        var rate = 0.0
        var scale = 1.0
        var dtype = DType.float32
    }

    @Test(arguments: [
        Case(), Case(rate: 0.3), Case(bias: nil, rate: 0.3, scale: 0.25), Case(bias: nil, mask: nil),
        Case(bias: [3, 2, 5, 7], mask: nil, rate: 0.1), Case(bias: [2, 5, 7], mask: [5, 7]),
        Case(bias: [1, 1, 1, 7], mask: nil), Case(mask: [3, 1, 1, 1]),
        // Several chunks of the batch, lines beyond a group of 128.
        Case(shape: [5, 4, 300, 500], bias: [1, 4, 300, 500], mask: [5, 1, 1, 500], rate: 0.1),
        // So many keys that scores are not kept.
        Case(shape: [2, 2, 9, 513], bias: [1, 2, 9, 513], mask: nil, rate: 0.1),
        Case(shape: [2, 2, 9, 513], bias: nil, mask: [2, 1, 1, 513], rate: 0.1, dtype: .bfloat16),
        Case(
            shape: [2, 3, 40, 200], bias: [1, 3, 40, 200], mask: [2, 1, 1, 200], rate: 0.1, dtype: .bfloat16),
    ])
    func attention(_ example: Case) throws {
        let (b, h, n, m) = (example.shape[0], example.shape[1], example.shape[2], example.shape[3])
        let draw =
            example.rate == 0
            ? nil : DropoutDraw(rate: example.rate, key: 5, call: 2, rows: (0..<Int64(b)).map { 10 + $0 })
        func run(
            _ dtype: DType,
            _ attend: (Tensor, Tensor, Tensor, Tensor?, Tensor?) throws -> Tensor
        ) throws -> [Tensor] {
            // As a network makes them: heads split off the last dimension.
            let q = try random([b, n, h, 8], 1, dtype).requiresGrad(true)
            let k = try random([b, m, h, 8], 2, dtype).requiresGrad(true)
            let v = try random([b, m, h, 6], 3, dtype).requiresGrad(true)
            let bias = try example.bias.map { try random($0, 4, dtype).requiresGrad(true) }
            let mask = try example.mask.map { shape in
                try (random(shape, 6, dtype).gt(0.5).to(dtype) * -1e9).to(dtype)
            }
            let out = try attend(
                q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), bias, mask)
            try (out.to(.float32) * random(out.shape, 5, .float32)).sum().backward()
            return try [out.detach()] + [q, k, v, bias].compactMap { try $0?.grad }
        }
        let fused = try run(example.dtype) {
            try Tensor.attention($0, $1, $2, bias: $3, mask: $4, scale: example.scale, draw: draw)
        }
        let plain = try run(.float32) {
            try composed($0, $1, $2, bias: $3, mask: $4, scale: example.scale, draw: draw)
        }
        let isHalf = example.dtype == .bfloat16
        for (place, (a, b)) in zip(fused, plain).enumerated() {
            if isHalf {
                // Relative to the largest element: single ones cancel.
                let error = try (a.to(.float32) - b).abs().max().item() / b.abs().max().item()
                #expect(error < 0.04, "\(place): \(error)")
            } else {
                try expectClose(a, b, "\(place)", absolute: 1e-4, relative: 1e-4)
            }
        }
    }

    @Test func attentionIsTheSameForReplicas() throws {
        let q = try random([4, 2, 9, 8], 1, .float32)
        func attend(_ rows: [Int]) throws -> Tensor {
            let part = try q.indexSelect(dim: 0, indices: Tensor(rows))
            return try Tensor.attention(
                part, part, part, bias: nil, mask: nil, scale: 1,
                draw: DropoutDraw(rate: 0.5, key: 1, call: 1, rows: rows.map { Int64($0) }))
        }
        let whole = try attend([0, 1, 2, 3])
        let half = try attend([1, 3])
        try expectClose(half, whole.indexSelect(dim: 0, indices: Tensor([1, 3])))
    }

    @Test func attentionRefusesWhatDoesNotFit() throws {
        let (a, b) = (try random([2, 2, 3, 4], 1, .float32), try random([2, 2, 3, 5], 2, .float32))
        #expect(throws: TorchError.self) {
            try Tensor.attention(a, b, a, bias: nil, mask: nil, scale: 1, draw: nil)
        }
        #expect(throws: TorchError.self) {
            try Tensor.attention(a, a, a, bias: b, mask: nil, scale: 1, draw: nil)
        }
    }

    /// With a bias and without one, as T5 and attention have it: odd numbers of rows and columns, whole tiles, results that
    /// go past the caches, and more rows than our kernel takes.
    @Test(arguments: [DType.float32, .bfloat16], [true, false])
    func linear(_ dtype: DType, hasBias: Bool) throws {
        let cases = [
            ([300, 64], 32), ([3, 100, 64], 32), ([1, 1], 1), ([7, 33], 15), ([2, 17, 31], 29),
            ([5, 512], 520), ([9000, 6], 5),
        ]
        for (shape, outputs) in cases {
            func run(_ dtype: DType, _ map: (Tensor, Tensor, Tensor?) throws -> Tensor) throws -> [Tensor] {
                let x = try random(shape, 1, dtype).requiresGrad(true)
                let weight = try random([outputs, shape[shape.count - 1]], 2, dtype).requiresGrad(true)
                let bias = hasBias ? try random([outputs], 3, dtype).requiresGrad(true) : nil
                let y = try map(x, weight, bias)
                // A gradient in the type, as a network's are: both sides then start from the same one.
                try (y * random(y.shape, 4, dtype)).to(.float32).sum().backward()
                return try [y.detach()] + [x, weight, bias].compactMap { try $0?.grad }
            }
            let fused = try run(dtype) { try $0.recordedLinear($1, $2) }
            #expect(fused.count == (hasBias ? 4 : 3))
            let plain = try run(dtype) {
                try $0.to(.float64).linear($1.to(.float64), $2?.to(.float64)).to(dtype)
            }
            for (place, (a, b)) in zip(fused, plain).enumerated() {
                #expect(a.dtype == dtype && a.shape == b.shape)
                let (a, b) = (try a.to(.float64), try b.to(.float64))
                let error = try (a - b).abs().max().item() / max(1e-6, b.abs().max().item())
                #expect(
                    error < (dtype == .bfloat16 ? 0.008 : 5e-6), "\(shape) to \(outputs), \(place): \(error)")
            }
        }
        let x = try random([3, 4], 1, dtype)
        #expect(throws: TorchError.self) { try x.recordedLinear(random([5, 6], 2, dtype), nil) }
        #expect(throws: TorchError.self) { try x.recordedLinear(random([5, 4], 2, .float64), nil) }
    }

    /// The gradient of a weight does not depend on how many threads multiply.
    @Test(arguments: [DType.float32, .bfloat16]) func linearIsTheSameOnAnyThreads(_ dtype: DType) throws {
        func gradient(threads: Int) throws -> Tensor {
            let before = Torch.threads
            try Torch.setThreads(threads)
            defer { try? Torch.setThreads(before) }
            let x = try random([500, 256], 1, dtype)
            let weight = try random([256, 256], 2, dtype).requiresGrad(true)
            try x.recordedLinear(weight, nil).to(.float32).square().sum().backward()
            guard let gradient = try weight.grad else { throw TorchError.invalid("no gradient") }
            return gradient
        }
        #expect(try gradient(threads: 1).equal(gradient(threads: 2)))
    }

    /// Looked up twice and multiplied with in between, as a tied vocabulary is; some rows several times, most never.
    @Test(arguments: [DType.float32, .bfloat16]) func embedding(_ dtype: DType) throws {
        func run(_ dtype: DType, _ lookUp: (Tensor, Tensor) throws -> Tensor) throws -> Tensor {
            let table = try random([50, 33], 1, .bfloat16).to(dtype).requiresGrad(true)
            func use(_ ids: [Int], _ shape: [Int], _ call: Int) throws {
                let rows = try lookUp(table, Tensor(ids, shape: shape))
                #expect(rows.shape == shape + [33])
                try (rows * random(rows.shape, call, .bfloat16).to(dtype)).to(.float32).sum().backward()
            }
            try use([3, 49, 3, 0, 3, 7], [2, 3], 2)
            try random([4, 33], 3, .bfloat16).to(dtype).linear(table).to(.float32).sum().backward()
            try use([7, 7], [2], 4)
            try use([], [0], 5)
            return try #require(try table.grad).to(.float32)
        }
        let fused = try run(dtype) { try Tensor.embedding($0, $1) }
        // A padding that never comes keeps libtorch's operator.
        let plain = try run(.float32) { try Tensor.embedding($0, $1, paddingIndex: 1) }
        let error = try (fused - plain).abs().max().item() / plain.abs().max().item()
        #expect(error < (dtype == .bfloat16 ? 0.006 : 1e-6), "\(error)")
        // Of a table that is made of another one, the gradient goes on to that.
        let source = try random([5, 4], 1, dtype).requiresGrad(true)
        try Tensor.embedding(source * 2, Tensor([1, 1, 4])).to(.float32).sum().backward()
        let gradient = try #require(try source.grad).to(.float32).floats()
        #expect(gradient == [0, 4, 0, 0, 2].flatMap { [Float](repeating: $0, count: 4) })
        #expect(throws: TorchError.self) { try Tensor.embedding(source, Tensor([5])) }
    }

    @Test(arguments: [DType.float32, .bfloat16]) func rmsNorm(_ dtype: DType) throws {
        for size in [1, 5, 16, 37, 512] {
            func run(_ dtype: DType, _ norm: (Tensor, Tensor) throws -> Tensor) throws -> [Tensor] {
                let x = try random([3, 50, size], 1, dtype).requiresGrad(true)
                let weight = try random([size], 2, dtype).requiresGrad(true)
                let y = try norm(x, weight)
                try (y.to(.float32) * random(y.shape, 3, .float32)).sum().backward()
                return try [y.detach()] + [x, weight].compactMap { try $0.grad }
            }
            let fused = try run(dtype) { try $0.fusedRMSNorm(weight: $1, eps: 1e-6) }
            let plain = try run(.float32) { try $0.rmsNorm([size], weight: $1, eps: 1e-6) }
            for (a, b) in zip(fused, plain) {
                let error = try (a.to(.float32) - b).abs().max().item() / max(1e-6, b.abs().max().item())
                #expect(error < (dtype == .bfloat16 ? 0.02 : 3e-5), "\(size): \(error)")
            }
        }
    }
}
