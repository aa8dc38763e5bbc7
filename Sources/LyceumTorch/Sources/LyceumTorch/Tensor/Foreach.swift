// swift-format-ignore-file: AlwaysUseLowerCamelCase

/// Operators over whole lists of tensors in one call, for optimizers: list[i] meets other[i].
/// Names ending in `_` change the first list in place.
public enum Foreach {
    /// self[i] += alpha · other[i].
    public static func add_(_ list: [Tensor], _ other: [Tensor], alpha: Double = 1) throws {
        try Op.addList.perform(.tensors(list), .tensors(other), .real(alpha))
    }
    /// self[i] += value.
    public static func add_(_ list: [Tensor], _ value: Double) throws {
        try Op.addScalar.perform(.tensors(list), .real(value))
    }
    /// self[i] *= value.
    public static func mul_(_ list: [Tensor], _ value: Double) throws {
        try Op.mulScalar.perform(.tensors(list), .real(value))
    }
    /// self[i] *= value, `value` a tensor with one element.
    public static func mul_(_ list: [Tensor], _ value: Tensor) throws {
        try Op.mulTensor.perform(.tensors(list), .tensor(value))
    }
    /// self[i] += weight · (other[i] - self[i]).
    public static func lerp_(_ list: [Tensor], _ other: [Tensor], weight: Double) throws {
        try Op.lerp.perform(.tensors(list), .tensors(other), .real(weight))
    }
    /// self[i] += value · a[i] · b[i].
    public static func addcmul_(_ list: [Tensor], _ a: [Tensor], _ b: [Tensor], value: Double = 1) throws {
        try Op.addcmul.perform(.tensors(list), .tensors(a), .tensors(b), .real(value))
    }
    /// self[i] += value · a[i] / b[i].
    public static func addcdiv_(_ list: [Tensor], _ a: [Tensor], _ b: [Tensor], value: Double = 1) throws {
        try Op.addcdiv.perform(.tensors(list), .tensors(a), .tensors(b), .real(value))
    }
    /// The elements of other[i], converted, copied into self[i].
    public static func copy_(_ list: [Tensor], _ other: [Tensor]) throws {
        try Op.copy.perform(.tensors(list), .tensors(other))
    }
    /// All elements zero.
    public static func zero_(_ list: [Tensor]) throws { try Op.zero.perform(.tensors(list)) }

    /// The square roots.
    public static func sqrt(_ list: [Tensor]) throws -> [Tensor] { try Op.sqrt.list([.tensors(list)]) }

    /// The 2-norm of each tensor, each of rank 0.
    public static func norm(_ list: [Tensor]) throws -> [Tensor] { try Op.norm.list([.tensors(list)]) }

    /// One step of AdamW (Loshchilov and Hutter 2019) over all parameters, in libtorch's fused kernel.
    ///
    /// Changes `parameters`, `averages` (of gradients) and `squareAverages` (of their squares). `steps` holds one
    /// float32 tensor of rank 0 per parameter, already counted up for this step. All of one dtype and device.
    public static func fusedAdamW_(
        parameters: [Tensor], gradients: [Tensor], averages: [Tensor], squareAverages: [Tensor],
        steps: [Tensor],
        learningRate: Double, beta1: Double, beta2: Double, weightDecay: Double, epsilon: Double
    ) throws {
        try Op.adamW.perform(
            .tensors(parameters), .tensors(gradients), .tensors(averages), .tensors(squareAverages),
            .tensors([]),
            .tensors(steps), .real(learningRate), .real(beta1), .real(beta2), .real(weightDecay),
            .real(epsilon),
            .bool(false), .bool(false))
    }
}

private enum Op {
    static let addList = Operator("aten::_foreach_add_", "List")
    static let addScalar = Operator("aten::_foreach_add_", "Scalar")
    static let mulScalar = Operator("aten::_foreach_mul_", "Scalar")
    static let mulTensor = Operator("aten::_foreach_mul_", "Tensor")
    static let lerp = Operator("aten::_foreach_lerp_", "Scalar")
    static let addcmul = Operator("aten::_foreach_addcmul_", "Scalar")
    static let addcdiv = Operator("aten::_foreach_addcdiv_", "Scalar")
    static let copy = Operator("aten::_foreach_copy_")
    static let zero = Operator("aten::_foreach_zero_")
    static let sqrt = Operator("aten::_foreach_sqrt")
    static let norm = Operator("aten::_foreach_norm", "Scalar")
    static let adamW = Operator("aten::_fused_adamw_")
}
