// New tensors from a shape. Shapes are sizes, outermost first.
extension Tensor {
    /// Zeros.
    public static func zeros(_ shape: [Int], dtype: DType = .float32, device: Device = .cpu) throws -> Tensor
    {
        try device.prepare()
        return try Op.zeros(.integers(shape), .dtype(dtype), .none, .device(device))
    }

    /// Ones.
    public static func ones(_ shape: [Int], dtype: DType = .float32, device: Device = .cpu) throws -> Tensor {
        try device.prepare()
        return try Op.ones(.integers(shape), .dtype(dtype), .none, .device(device))
    }

    /// `value` everywhere.
    public static func full(
        _ shape: [Int], _ value: some TensorScalar, dtype: DType = .float32, device: Device = .cpu
    ) throws -> Tensor {
        try device.prepare()
        return try Op.full(.integers(shape), value.operatorValue, .dtype(dtype), .none, .device(device))
    }

    /// Memory as it is found.
    public static func empty(_ shape: [Int], dtype: DType = .float32, device: Device = .cpu) throws -> Tensor
    {
        try device.prepare()
        return try Op.empty(.integers(shape), .dtype(dtype), .none, .device(device))
    }

    /// A tensor of rank 0.
    public static func scalar(
        _ value: some TensorScalar, dtype: DType = .float32, device: Device = .cpu
    ) throws -> Tensor {
        try full([], value, dtype: dtype, device: device)
    }

    /// 0, 1, … below `end`.
    public static func arange(_ end: Int, dtype: DType = .int64, device: Device = .cpu) throws -> Tensor {
        try arange(0, end, dtype: dtype, device: device)
    }

    /// `start`, `start + step`, … before `end`.
    public static func arange<Scalar: TensorScalar>(
        _ start: Scalar, _ end: Scalar, step: Scalar = 1, dtype: DType = .int64, device: Device = .cpu
    ) throws -> Tensor {
        try device.prepare()
        return try Op.arange(
            start.operatorValue, end.operatorValue, step.operatorValue, .dtype(dtype), .none, .device(device))
    }

    /// `count` numbers from `start` to `end`, evenly spaced, both included.
    public static func linspace(
        _ start: Double, _ end: Double, _ count: Int, dtype: DType = .float32, device: Device = .cpu
    ) throws -> Tensor {
        try device.prepare()
        return try Op.linspace(
            .real(start), .real(end), .integer(count), .dtype(dtype), .none, .device(device))
    }

    /// The identity matrix [size, size].
    public static func eye(_ size: Int, dtype: DType = .float32, device: Device = .cpu) throws -> Tensor {
        try device.prepare()
        return try Op.eye(.integer(size), .dtype(dtype), .none, .device(device))
    }

    /// Numbers of the standard normal distribution.
    public static func randn(_ shape: [Int], dtype: DType = .float32, device: Device = .cpu) throws -> Tensor
    {
        try device.prepare()
        return try Op.randn(.integers(shape), .dtype(dtype), .none, .device(device))
    }

    /// Numbers uniform in 0 ..< 1.
    public static func rand(_ shape: [Int], dtype: DType = .float32, device: Device = .cpu) throws -> Tensor {
        try device.prepare()
        return try Op.rand(.integers(shape), .dtype(dtype), .none, .device(device))
    }

    /// Integers uniform in `low ..< high`.
    public static func randint(
        _ low: Int, _ high: Int, _ shape: [Int], dtype: DType = .int64, device: Device = .cpu
    ) throws -> Tensor {
        try device.prepare()
        return try Op.randint(
            .integer(low), .integer(high), .integers(shape), .dtype(dtype), .none, .device(device))
    }

    /// The numbers 0 ..< `count` in random order (int64).
    public static func randperm(_ count: Int) throws -> Tensor {
        try Op.randperm(.integer(count), .dtype(.int64))
    }

    /// Zeros of this tensor's shape, dtype and device.
    public func zerosLike() throws -> Tensor { try Op.zerosLike(.tensor(self)) }

    /// Ones of this tensor's shape, dtype and device.
    public func onesLike() throws -> Tensor { try Op.onesLike(.tensor(self)) }

    /// Uninitialised memory of this tensor's shape, dtype and device.
    public func emptyLike() throws -> Tensor { try Op.emptyLike(.tensor(self)) }

    /// Joins tensors along an existing dimension; all other sizes must be equal.
    public static func cat(_ tensors: [Tensor], dim: Int = 0) throws -> Tensor {
        try Op.cat(.tensors(tensors), .integer(dim))
    }

    /// Joins tensors of one shape along a new dimension.
    public static func stack(_ tensors: [Tensor], dim: Int = 0) throws -> Tensor {
        try Op.stack(.tensors(tensors), .integer(dim))
    }
}

private enum Op {
    static let zeros = Operator("aten::zeros")
    static let ones = Operator("aten::ones")
    static let full = Operator("aten::full")
    static let empty = Operator("aten::empty", "memory_format")
    static let linspace = Operator("aten::linspace")
    static let eye = Operator("aten::eye")
    static let arange = Operator("aten::arange", "start_step")
    static let randn = Operator("aten::randn")
    static let rand = Operator("aten::rand")
    static let randint = Operator("aten::randint", "low")
    static let randperm = Operator("aten::randperm")
    static let zerosLike = Operator("aten::zeros_like")
    static let onesLike = Operator("aten::ones_like")
    static let emptyLike = Operator("aten::empty_like")
    static let cat = Operator("aten::cat")
    static let stack = Operator("aten::stack")
}
