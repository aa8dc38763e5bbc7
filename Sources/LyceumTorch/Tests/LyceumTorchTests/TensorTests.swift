import LyceumKit
import Testing

@testable import LyceumTorch

@Suite struct TensorTests {
    @Test func holdsWhatItIsGiven() throws {
        let floats = try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
        #expect(floats.shape == [2, 3] && floats.strides == [3, 1])
        #expect(floats.rank == 2 && floats.count == 6 && floats.dtype == .float32 && floats.device == .cpu)
        #expect(try floats.floats() == [1, 2, 3, 4, 5, 6])
        #expect(try Tensor([1 << 60, -1]).integers() == [1 << 60, -1])
        #expect(try Tensor([true, false]).bools() == [true, false])
        #expect(try Tensor([0.1]).doubles() == [0.1])
        #expect(try Tensor([255, 0] as [UInt8]).integers() == [255, 0])
        #expect(try Tensor([] as [Float]).floats() == [])
        #expect(try Tensor([7] as [Float], shape: []).item() == 7)
        #expect(try Tensor([1, 2] as [Float]).to(.bool).bools() == [true, true])
    }

    @Test func readsViewsRowByRow() throws {
        let turned = try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3]).transpose(0, 1)
        #expect(!turned.isContiguous)
        #expect(try turned.floats() == [1, 4, 2, 5, 3, 6])
        #expect(try turned.contiguous().isContiguous)
        #expect(try turned.size(-1) == 2 && turned.size(0) == 3)
    }

    @Test func viewsShareMemoryAndCopiesDoNot() throws {
        let tensor = try Tensor.zeros([2, 3])
        let row = try tensor[1]
        try row.fill_(5)
        #expect(try tensor.floats() == [0, 0, 0, 5, 5, 5])
        #expect(tensor.sharesMemory(with: row))
        #expect(try !tensor.sharesMemory(with: tensor.clone()))
    }

    @Test func takesRawBytes() throws {
        let half: [UInt16] = [0x3C00, 0xC000]  // 1 and -2
        let tensor = try half.withUnsafeBytes { try Tensor(bytes: $0, shape: [2], dtype: .float16) }
        #expect(try tensor.floats() == [1, -2])
        #expect(try tensor.withUnsafeBytes { Array($0.bindMemory(to: UInt16.self)) } == half)
    }

    @Test(arguments: [[2, 2], [-1], [1 << 62, 1 << 62], []])
    func refusesShapesThatDoNotFit(shape: [Int]) {
        #expect(throws: TorchError.self) { try Tensor([1, 2, 3] as [Float], shape: shape) }
        #expect(throws: TorchError.self) {
            try withUnsafeBytes(of: UInt8(1)) { _ = try Tensor(bytes: $0, shape: shape, dtype: .float32) }
        }
    }

    @Test func saysWhichDimensionsThereAre() throws {
        let tensor = try Tensor.zeros([2, 3])
        let error = #expect(throws: TorchError.self) { try tensor.size(2) }
        #expect(error?.description == "size: a tensor of shape [2, 3] has no dimension 2; they are -2...1")
        #expect(throws: TorchError.self) { try Tensor.scalar(1).size(0) }
        #expect(throws: TorchError.self) { try tensor.item() }
    }

    @Test func sameDTypeAndDeviceGiveTheSameTensor() throws {
        let tensor = try Tensor.zeros([2])
        #expect(try tensor.to(.float32) === tensor && tensor.to(.cpu) === tensor)
        #expect(try tensor.contiguous() === tensor)
    }

    /// Other tests run at the same time, so a leak must stand out from their tensors.
    @Test func leaksNothing() throws {
        let rounds = 5000
        let path = try fixture("dtypes.safetensors")
        let before = Tensor.liveCount
        for _ in 0..<rounds {
            let weight = try Tensor([1, 2, 3, 4] as [Float], shape: [2, 2]).requiresGrad(true)
            try weight.matmul(weight).split(1, dim: 0)[0].sum().backward()
            _ = try weight.grad
            _ = try weight.max(dim: 1)
            _ = try Tensor.cat([weight, weight])
            _ = try? weight.matmul(Tensor.zeros([3, 3]))
            _ = try? weight.op("aten::complex", .tensor(weight))  // a dtype without a Swift name
            _ = try? weight.op("aten::split", overload: "sizes", .integers([9]))
        }
        for _ in 0..<100 { _ = try Safetensors.read(path).tensors() }
        #expect(Tensor.liveCount - before < rounds / 2)
    }

    @Test func setsThreads() throws {
        let before = Torch.threads
        try Torch.setThreads(1)
        #expect(Torch.threads == 1)
        try Torch.setThreads(before)
        #expect(throws: TorchError.self) { try Torch.setThreads(0) }
        #expect(throws: TorchError.self) { try Torch.setThreads(.max) }
    }

    @Test(.disabled(if: Torch.hasCUDA)) func saysThatThereIsNoCUDA() throws {
        let tensor = try Tensor.zeros([1])
        let error = #expect(throws: LyceumError.self) { try tensor.to(.cuda(0)) }
        #expect(error?.description.hasPrefix("CUDA is not available") == true)
    }
}
