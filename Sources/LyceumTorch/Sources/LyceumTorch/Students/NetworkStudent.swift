import LyceumKit

/// A student that is a network: it computes where it is put, and its weights can be looked at.
public protocol NetworkStudent: WeightedStudent, MovableStudent, WiredStudent {
    /// The network; nil as long as there is none.
    var module: Module? { get }
    /// Where it shall compute.
    var deviceChoice: DeviceChoice { get set }
}

extension NetworkStudent {
    /// Moves the network, or will when there is one.
    public func compute(on device: String) throws {
        guard let choice = DeviceChoice(rawValue: device) else { return }
        deviceChoice = choice
        try module?.move(to: choice.resolve())
    }

    /// Those of its network.
    public func wiringFaults() -> [String] { module?.wiringFaults() ?? [] }

    /// Where the student computes from now on: as asked for, or else as before.
    ///
    /// - Throws: `LyceumError.unsupported` if it is CUDA, and there is none.
    public func device(_ wish: DeviceChoice?) throws -> Device {
        if let wish { deviceChoice = wish }
        return try deviceChoice.resolve()
    }

    /// The network's parameters, without their gradients.
    public func weights() throws -> [(name: String, tensor: any NumberTensor)] {
        guard let module else {
            throw LyceumError.unsupported(
                "this student has no weights yet", remedy: "train it first, or load one")
        }
        return try module.namedParameters().map { name, parameter in
            if let weight = parameter.rounded { return (name, RoundedTensor(weight)) }
            return (name, try parameter.tensor.detach())
        }
    }
}

extension SequenceToSequenceStudent: NetworkStudent {
    /// The network, once there is a vocabulary.
    public var module: Module? { model }
}

extension SequenceClassificationStudent: NetworkStudent {
    /// The network with its output layer, once there is a vocabulary.
    public var module: Module? { network }
}

/// A weight in eight bits as the host shows it: by the numbers that it stands for.
private struct RoundedTensor: NumberTensor {
    private let weight: QuantisedWeight

    init(_ weight: QuantisedWeight) { self.weight = weight }

    var shape: [Int] { weight.rows.shape }
    var elementType: String { weight.rows.elementType }
    var place: String { weight.rows.place }
    var description: String { (try? weight.values().description) ?? "" }
    func doubles() throws -> [Double] { try weight.values().doubles() }
    func euclideanNorm() throws -> Double { try weight.values().euclideanNorm() }
}

extension Tensor: NumberTensor {
    /// The dtype by PyTorch's name.
    public var elementType: String { "\(dtype)" }
    /// The device by PyTorch's name.
    public var place: String { device.description }
    /// The 2-norm of all elements.
    public func euclideanNorm() throws -> Double { try to(.float32).norm().item() }
}
