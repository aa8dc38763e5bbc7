internal import CTorch

/// A multi-dimensional array: a reference to a libtorch tensor, with PyTorch's operators.
///
/// Everything that can fail throws `TorchError`; nothing traps. The class owns one reference to libtorch's tensor
/// and gives it back when the last Swift reference goes. The elements live outside Swift's heap.
///
/// Operators only read their operands, except those whose name ends in `_`, which change `self`. Two threads may
/// read one tensor at once; whoever changes one in place must be alone with it. That is PyTorch's own rule, and the
/// reason for `@unchecked Sendable`.
public final class Tensor: @unchecked Sendable {
    /// libtorch's tensor, owned. Replaced only by `move`; the checks of exclusive access would cost every operator.
    @exclusivity(unchecked) private(set) var handle: OpaquePointer
    /// What the elements are.
    public let dtype: DType
    /// Where the elements are.
    @exclusivity(unchecked) public private(set) var device: Device

    /// Takes over a tensor that the shim handed out: the one door into Swift.
    ///
    /// - Throws: `TorchError.unsupported` for a dtype, device or layout that has no Swift name; the tensor is then
    ///   released.
    init(owning handle: OpaquePointer) throws {
        let info = ctorch_tensor_info(handle)
        guard info.is_dense, let dtype = DType(rawValue: info.dtype),
            let device = Device(type: info.device_type, index: info.device_index)
        else {
            ctorch_tensor_release(handle)
            throw TorchError.unsupported(
                "a tensor that is sparse or nested, or of libtorch's scalar type \(info.dtype) or device type "
                    + "\(info.device_type), has no place here; convert it inside libtorch first")
        }
        self.handle = handle
        self.dtype = dtype
        self.device = device
    }

    deinit { ctorch_tensor_release(handle) }

    /// The sizes, outermost dimension first; empty for a scalar.
    public var shape: [Int] {
        let rank = rank
        return Array(unsafeUninitializedCapacity: rank) { buffer, count in
            buffer.withMemoryRebound(to: Int64.self) { words in
                if let address = words.baseAddress { ctorch_tensor_sizes(handle, address) }
            }
            count = rank
        }
    }

    /// The steps between neighbours along each dimension, in elements.
    public var strides: [Int] {
        let rank = rank
        return Array(unsafeUninitializedCapacity: rank) { buffer, count in
            buffer.withMemoryRebound(to: Int64.self) { words in
                if let address = words.baseAddress { ctorch_tensor_strides(handle, address) }
            }
            count = rank
        }
    }

    /// The number of dimensions.
    public var rank: Int { Int(ctorch_tensor_rank(handle)) }

    /// The number of elements.
    public var count: Int { Int(ctorch_tensor_count(handle)) }

    /// Whether the elements lie in memory row by row without gaps.
    public var isContiguous: Bool { ctorch_tensor_is_contiguous(handle) }

    /// Whether both are views of the same memory.
    public func sharesMemory(with other: Tensor) -> Bool { ctorch_tensor_shares_memory(handle, other.handle) }

    /// The size of one dimension; negative dimensions count from the end.
    public func size(_ dim: Int) throws -> Int {
        let shape = shape
        let index = dim < 0 ? dim + shape.count : dim
        guard shape.indices.contains(index) else {
            let valid = shape.isEmpty ? "it has none" : "they are \(-shape.count)...\(shape.count - 1)"
            throw TorchError.invalid("size: a tensor of shape \(shape) has no dimension \(dim); \(valid)")
        }
        return shape[index]
    }

    /// Puts the elements on another device, for everybody who holds this tensor; a gradient is dropped.
    ///
    /// As an operator that changes its operand: whoever calls it must be alone with the tensor.
    func move(to device: Device) throws {
        if device == self.device { return }
        let moved = try detach().to(device)
        try moved.requiresGrad(requiresGrad)
        swap(&handle, &moved.handle)
        swap(&self.device, &moved.device)
    }

    /// How many libtorch tensors Swift holds in this process. For leak tests.
    public static var liveCount: Int { Int(ctorch_tensor_live_count()) }

    /// Calls any ATen operator with this tensor as its first argument.
    public func op(_ name: String, overload: String = "", _ arguments: Operator.Value...) throws -> [Operator
        .Value]
    {
        try Operator(name, overload).call([.tensor(self)] + arguments)
    }

    /// Calls any ATen operator.
    public static func op(
        _ name: String, overload: String = "", _ arguments: Operator.Value...
    ) throws -> [Operator.Value] {
        try Operator(name, overload).call(arguments)
    }
}
