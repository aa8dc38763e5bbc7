import CExtensionDevice
import LyceumKit
import Testing

@testable import LyceumTorch

/// Devices, tried on a second one that every machine has: a tensor that stays behind on the CPU is an error there as
/// it is on a GPU.
@Suite struct DeviceTests {
    let device = Device.extended(0)

    /// A layer with a bias and a buffer.
    private final class Layer: Module {
        let linear: Linear
        let count: Tensor

        init(size: Int) throws {
            linear = try Linear(weight: .ones([size, size]), bias: .zeros([size]))
            count = try .zeros([1])
            super.init()
            register("linear", linear)
            register(buffer: "count", count)
        }
    }

    @Test func movingATensorMovesItForAllWhoHoldIt() throws {
        let tensor = try Tensor([1, 2] as [Float]).requiresGrad(true)
        let other = tensor
        try (tensor * 2).sum().backward()
        try tensor.move(to: .cpu)
        #expect(try tensor.grad != nil)
        try tensor.move(to: device)
        #expect(other.device == device && other.shape == [2] && other.requiresGrad)
        #expect(try other.grad == nil)
        #expect(try other.floats() == [1, 2])
        #expect(throws: TorchError.self) { try other + Tensor([1, 2] as [Float]) }
        #expect(try (other + 1).device == device)
    }

    @Test func aModuleMovesWhole() throws {
        let layer = try Layer(size: 3)
        #expect(layer.device == .cpu)
        try layer.setComputeType(.bfloat16)
        try layer.move(to: device)
        #expect(layer.device == device && layer.count.device == device)
        #expect(layer.linear.weight.value.device == device && layer.linear.weight.value.dtype == .float32)
        let y = try layer.linear(.zeros([2, 3], device: device))
        #expect(y.device == device && y.shape == [2, 3])
        try y.sum().backward()
        #expect(try layer.linear.weight.tensor.grad?.device == device)
    }

    @Test(arguments: [Device.extended(0)] + (Torch.hasCUDA ? [.cuda(0)] : []), OptimizerChoice.allCases)
    func trainsAsOnTheCPU(_ device: Device, _ choice: OptimizerChoice) throws {
        let x = try Tensor([1, 2, 3, 4] as [Float], shape: [2, 2])
        func weights(_ device: Device) throws -> Tensor {
            let layer = try Layer(size: 2)
            try layer.move(to: device)
            let parameters = layer.namedParameters()
            var options = TrainingOptions()
            options.weightDecay = 0.1
            options.scaleParameter = true
            let optimizer = try choice.make(parameters, options)
            // Adafactor counts its steps on the CPU, where reading them waits for nothing.
            #expect(optimizer.state().allSatisfy { $0.tensor.device == device || $0.tensor.shape.isEmpty })
            for _ in 0..<3 {
                try optimizer.zeroGradients()
                try layer.linear(x.to(device)).sum().backward()
                #expect(try GradientClipping.clip(parameters, maximum: 1) > 1)
                try optimizer.step(learningRate: 0.1, embeddingLearningRate: nil)
            }
            return try layer.linear.weight.tensor.detach().to(.cpu)
        }
        let before = cextension_device_calls()
        try expectClose(weights(device), weights(.cpu))
        #expect(device != self.device || cextension_device_calls() > before)
    }

    @Test func choicesAreResolved() throws {
        #expect(try DeviceChoice.cpu.resolve() == .cpu)
        #expect(try DeviceChoice.auto.resolve() == (Torch.hasCUDA ? .cuda(0) : .cpu))
        let declared = NewStudentSettings.declarations
        func settings(_ given: [String: Value]) throws -> NewStudentSettings {
            try NewStudentSettings(Options(given, declared: declared, function: "new"))
        }
        #expect(try settings([:]).device == .auto && settings(["device": "cpu"]).device == .cpu)
        #expect(
            try ReadingSettings(Options([:], declared: ReadingSettings.declarations, function: "x")).device
                == nil)
        #expect(throws: LyceumError.self) {
            try Options(["device": "gpu"], declared: declared, function: "new")
        }
    }

    @Test(.disabled(if: Torch.hasCUDA)) func withoutCUDAItIsAnError() throws {
        let error = #expect(throws: LyceumError.self) { try DeviceChoice.cuda.resolve() }
        #expect(error?.description.hasPrefix("CUDA is not available: ") == true)
        #expect(throws: LyceumError.self) { try Tensor.zeros([1], device: .cuda(0)) }
        #expect(throws: LyceumError.self) { try Torch.rngState(of: .cuda(0)) }
        // Asking for CUDA in vain must not disturb the CPU.
        try Torch.manualSeed(3)
        #expect(try Tensor.rand([4]).count == 4)
    }

    @Test(.enabled(if: Torch.hasCUDA)) func theGeneratorOfCUDAComesBack() throws {
        let state = try Torch.rngState(of: .cuda(0))
        let first = try Tensor.rand([8], device: .cuda(0)).floats()
        try Torch.restore(rngState: state, of: .cuda(0))
        #expect(try Tensor.rand([8], device: .cuda(0)).floats() == first)
    }
}
