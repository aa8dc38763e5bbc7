import LyceumKit

/// A student that is a network: its weights can be looked at.
public protocol NetworkStudent: WeightedStudent {
    /// The network; nil as long as there is none.
    var network: Module? { get }
}

extension NetworkStudent {
    /// The network's parameters, without their gradients.
    public func weights() throws -> [(name: String, tensor: any NumberTensor)] {
        guard let network else {
            throw LyceumError.unsupported(
                "this student has no weights yet", remedy: "train it first, or load one")
        }
        return try network.namedParameters().map { ($0.name, try $0.parameter.tensor.detach()) }
    }
}

extension SequenceToSequenceStudent: NetworkStudent {
    /// The network, once there is a vocabulary.
    public var network: Module? { model }
}

extension Tensor: NumberTensor {
    /// The dtype by PyTorch's name.
    public var elementType: String { "\(dtype)" }
    /// The device by PyTorch's name.
    public var place: String { device.description }
    /// The 2-norm of all elements.
    public func euclideanNorm() throws -> Double { try to(.float32).norm().item() }
}
