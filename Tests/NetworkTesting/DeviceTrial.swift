import CExtensionDevice
import LyceumKit
import LyceumTorch
import Testing

/// A network on a second device that every machine has: a tensor that stays behind on the CPU is an error there as it
/// is on a GPU.
public enum DeviceTrial {
    /// Computes a loss and its gradients on the CPU first, so that what the network keeps from there is found, and then
    /// on the second device, and fails unless both agree and everything moved.
    ///
    /// - Parameter loss: adds the gradients of a loss on the device where the network is, and returns it.
    public static func expectTensorsFollow(
        _ network: some Module, _ loss: (_ device: Device) throws -> Double
    ) throws {
        func step(_ device: Device) throws -> (value: Double, gradient: Tensor) {
            network.train()
            network.setDropout(0)
            defer { network.eval() }
            let parameters = network.namedParameters().map(\.parameter.tensor)
            for tensor in parameters { try tensor.zeroGrad() }
            let value = try loss(device)
            for tensor in parameters { #expect(try tensor.grad?.device == device) }
            return (value, try #require(try parameters.first?.grad).to(.cpu))
        }
        let expected = try step(.cpu)
        let before = cextension_device_calls()
        try network.move(to: .extended(0))
        let found = try step(.extended(0))
        #expect(cextension_device_calls() > before)
        #expect(abs(found.value - expected.value) < 1e-5 * expected.value)
        try expectClose(
            found.gradient, expected.gradient, absolute: 1e-6, "the gradient of the first weight")
    }

    /// Does something with a network that is on the second device, and fails unless that computed there.
    public static func expectComputesThere(_ network: some Module, _ body: () throws -> Void) throws {
        try network.move(to: .extended(0))
        let before = cextension_device_calls()
        try body()
        #expect(cextension_device_calls() > before)
    }

    /// Fails unless `body` says that there is no CUDA.
    public static func expectNoCUDA(_ body: () throws -> Void) {
        let error = #expect(throws: LyceumError.self) { try body() }
        #expect(error?.description.contains("CUDA is not available") == true)
    }
}

extension NetworkFixture {
    /// A step of training on the second device.
    public func expectTensorsFollow() throws {
        let batch = try batch()
        try DeviceTrial.expectTensorsFollow(model) { device in
            try model.backward(batch.to(device), scale: 1, labelSmoothing: 0)
        }
    }
}
