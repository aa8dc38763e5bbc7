import LyceumTorch
import Testing

/// What somebody writes who knows PyTorch and guesses: it compiles, and means what it means there.
@Suite("PyTorch's habits") struct PyTorchHabitsTests {
    private let x = Result { try Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]) }

    private func expect(_ tensor: Tensor, _ values: [Float], _ shape: [Int]) throws {
        #expect(try tensor.shape == shape && tensor.to(.float32).floats() == values)
    }

    @Test func making() throws {
        let x = try x.get()
        #expect(x.dtype == .float32 && x.shape == [2, 3])
        #expect(try Tensor([[1, 2], [3, 4]]).dtype == .int64)
        #expect(throws: TorchError.self) { try Tensor([[1, 2], [3]]) }
        try expect(Tensor.zeros(2, 2), [0, 0, 0, 0], [2, 2])
        try expect(Tensor.ones(1, 2, dtype: .int64), [1, 1], [1, 2])
        #expect(try Tensor.rand(2, 2).shape == [2, 2] && Tensor.randn(3).shape == [3])
        try expect(Tensor.linspace(0, 1, 3), [0, 0.5, 1], [3])
        try expect(Tensor.eye(2), [1, 0, 0, 1], [2, 2])
        try expect(Tensor([0, 2]).oneHot(3), [1, 0, 0, 0, 0, 1], [2, 3])
    }

    @Test func arithmetic() throws {
        let x = try x.get()
        var y = x
        try y += 1
        try y *= x
        try y -= x
        try y /= x
        try expect(y, [1, 2, 3, 4, 5, 6], [2, 3])
        try expect(x, [1, 2, 3, 4, 5, 6], [2, 3])
        try expect(x.mul(2).add(1).sub(1).div(2), [1, 2, 3, 4, 5, 6], [2, 3])
        try expect(1 - x + (-x) + 2 * x, [1, 1, 1, 1, 1, 1], [2, 3])
        try expect(x.remainder(2), [1, 0, 1, 0, 1, 0], [2, 3])
        try expect(x.floorDivide(2), [0, 1, 1, 2, 2, 3], [2, 3])
        #expect(try x.log1p().shape == x.shape && x.expm1().shape == x.shape && x.sign().shape == x.shape)
    }

    /// Numbers that are whole leave integers integers: ids that are clamped still name rows.
    @Test func integersStayIntegers() throws {
        let ids = try Tensor([-100, 2, 7])
        let clamped = try ids.clamp(min: 0, max: 5)
        #expect(clamped.dtype == .int64)
        try expect(clamped, [0, 2, 5], [3])
        try expect(Tensor([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).gather(dim: 0, indices: clamped), [1, 3, 6], [3])
        #expect(try ids.clamp(min: 0.5).dtype == .float32)
        #expect(try Tensor([0.25, 2.0] as [Float]).clamp(max: 1).dtype == .float32)
        try expect(Tensor([-1, 3]).clamp_(min: 0), [0, 3], [2])
        let sum = try ids.add(ids, alpha: 2)
        #expect(sum.dtype == .int64)
        try expect(sum, [-300, 6, 21], [3])
        try expect(Tensor([1, 2]).add_(Tensor([3, 4])).sub_(Tensor([1, 1])), [3, 5], [2])
    }

    @Test func products() throws {
        let x = try x.get()
        try expect(x.mm(x.t()), [14, 32, 32, 77], [2, 2])
        let batch = try x.unsqueeze(dim: 0)
        try expect(batch.bmm(batch.transpose(1, 2)), [14, 32, 32, 77], [1, 2, 2])
        try expect(Tensor.einsum("ij,kj->ik", x, x), [14, 32, 32, 77], [2, 2])
        try expect(batch.conv1d(.ones([1, 2, 2])), [12, 16], [1, 1, 2])
        try expect(x.pad([1, 0]), [0, 1, 2, 3, 0, 4, 5, 6], [2, 4])
        try expect(x.unfold(dim: 1, size: 2, step: 1), [1, 2, 2, 3, 4, 5, 5, 6], [2, 2, 2])
    }

    @Test func indexing() throws {
        let x = try x.get()
        try expect(x[0], [1, 2, 3], [3])
        try expect(x[-1], [4, 5, 6], [3])
        try expect(x[0..<1], [1, 2, 3], [1, 3])
        try expect(x[0...0], [1, 2, 3], [1, 3])
        try expect(x[..., 0], [1, 4], [2])
        try expect(x[..., 1..<3], [2, 3, 5, 6], [2, 2])
        try expect(x[.all, (-2)...], [2, 3, 5, 6], [2, 2])
        try expect(x[.all, ..<(-1)], [1, 2, 4, 5], [2, 2])
        try expect(x[0, 1], [2], [])
        try expect(x[0..<9], [1, 2, 3, 4, 5, 6], [2, 3])
        try expect(x[.newAxis, 1], [4, 5, 6], [1, 3])
        try expect(x[Tensor([1, 0])], [4, 5, 6, 1, 2, 3], [2, 3])
        try expect(x[.all, Tensor([2, 0])], [3, 1, 6, 4], [2, 2])
        try expect(x[x.gt(3)], [4, 5, 6], [3])
        #expect(throws: TorchError.self) { try x[2] }
        #expect(throws: TorchError.self) { try x[..., 0, 0][..., 0] }
    }

    @Test func shapes() throws {
        let x = try x.get()
        try expect(x.flatten(0), [1, 2, 3, 4, 5, 6], [6])
        try expect(x.repeat(1, 2)[0], [1, 2, 3, 1, 2, 3], [6])
        try expect(x.roll(1, dim: 1), [3, 1, 2, 6, 4, 5], [2, 3])
        #expect(try x.unbind().count == 2 && x.unbind(dim: 1)[2].floats() == [3, 6])
        #expect(try x.unsqueeze(dim: 1).squeeze(dim: 1).shape == [2, 3] && x.dim() == 2)
        #expect(try x.select(1, 0).floats() == [1, 4] && x.narrow(1, 0, 1).shape == [2, 1])
        #expect(try Tensor.cat([x, x], 1).shape == [2, 6] && Tensor.stack([x, x], 1).shape == [2, 2, 3])
        #expect(try x.float().dtype == .float32 && x.long().dtype == .int64)
        #expect(try x.to(.cpu, .bfloat16).dtype == .bfloat16)
    }

    @Test func reductions() throws {
        let x = try x.get()
        try expect(x.sum(1), [6, 15], [2])
        try expect(x.mean(0, keepdim: true), [2.5, 3.5, 4.5], [1, 3])
        #expect(try x.max(1).values.floats() == [3, 6] && x.min(dim: 1).indices.integers() == [0, 0])
        #expect(try x.prod().item() == 720 && x.prod(dim: 1).floats() == [6, 120])
        #expect(try x.std(dim: 1).floats() == [1, 1] && abs(x.std().item() - 1.8708287) < 1e-6)
        #expect(try x.argmax(1).integers() == [2, 2] && x.topk(1).values.floats() == [3, 6])
        #expect(try abs(x.softmax(-1).sum().item() - 2) < 1e-6)
        #expect(try abs(x.logSoftmax(1).exp().sum().item() - 2) < 1e-6)
        #expect(try abs(x.logsumexp(dim: 1)[0].item() - 3.407606) < 1e-5)
        #expect(try x.cumsum(1)[0].floats() == [1, 3, 6])
    }

    @Test func activationsAndLosses() throws {
        let x = try x.get()
        #expect(try x.unsqueeze(0).glu(dim: 1).shape == [1, 1, 3])
        #expect(try (-x).elu().shape == x.shape && (-x).leakyRelu()[0, 0].item() < 0)
        #expect(try abs(x.logsigmoid()[0, 0].item() + 0.3132617) < 1e-6)
        #expect(try abs(x.logaddexp(x)[0, 0].item() - 1.6931472) < 1e-6)
        #expect(try x.mseLoss(target: x.zerosLike(), reduction: .sum).item() == 91)
        #expect(try x.l1Loss(target: x.zerosLike(), reduction: .sum).item() == 21)
        let scores = try Tensor([0.0, 2.0] as [Float])
        let loss = try scores.binaryCrossEntropyWithLogits(target: .ones([2]), reduction: .sum).item()
        #expect(abs(loss - (0.6931472 + 0.126928)) < 1e-5)
        let distribution = try x.softmax(-1)
        #expect(try abs(distribution.log().klDiv(target: distribution, reduction: .sum).item()) < 1e-6)
        #expect(try abs(x.cosineSimilarity(x).sum().item() - 2) < 1e-5)
    }

    @Test func operatorsByName() throws {
        let x = try x.get()
        let whole = Operator("aten::add.Tensor")
        #expect(whole.name == "aten::add" && whole.overload == "Tensor" && whole.schema != nil)
        try expect(whole(.tensor(x), .tensor(x)), [2, 4, 6, 8, 10, 12], [2, 3])
        for (name, overload) in [("aten::gru", ""), ("aten::gru.wrong", ""), ("aten::gru", "wrong")] {
            let error = #expect(throws: TorchError.self) { try Operator(name, overload)(.tensor(x)) }
            #expect(error?.description.contains("data, input") == true, "\(name): \(error as Any)")
        }
    }
}
