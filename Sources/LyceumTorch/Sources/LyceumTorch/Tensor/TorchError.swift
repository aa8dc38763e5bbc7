internal import CTorch

/// What went wrong in a tensor operation.
public enum TorchError: Error, Sendable, Equatable {
    /// One tensor argument of a failed operator.
    public struct Operand: Sendable, Equatable, CustomStringConvertible {
        /// What its elements are.
        public let dtype: DType
        /// Its sizes.
        public let shape: [Int]

        /// "float32[2, 3]".
        public var description: String { "\(dtype)\(shape)" }
    }

    /// libtorch refused: the operator's name, its tensor arguments in order, and libtorch's first line.
    case operation(name: String, operands: [Operand], reason: String)
    /// libtorch gave a tensor of a dtype or on a device that Lyceum has no name for.
    case unsupported(String)
    /// An argument that cannot be right, found before libtorch was asked.
    case invalid(String)

    /// The error of the entry point `name` that just failed on this thread.
    static func last(_ name: String, _ operands: [Tensor] = []) -> TorchError {
        .operation(
            name: name, operands: operands.map { Operand(dtype: $0.dtype, shape: $0.shape) },
            reason: String(cString: ctorch_last_error()))
    }

    /// Throws `last` unless `status` is good.
    static func check(
        _ status: CTorchStatus, _ name: @autoclosure () -> String,
        _ operands: @autoclosure () -> [Tensor] = []
    ) throws {
        if status != CTORCH_OK { throw last(name(), operands()) }
    }
}

extension TorchError: CustomStringConvertible {
    /// One line: the operator, libtorch's reason, the operands' dtypes and shapes.
    public var description: String {
        switch self {
        case .operation(let name, let operands, let reason):
            let given = operands.map(\.description).joined(separator: ", ")
            return "\(name): \(reason)" + (given.isEmpty ? "" : " (given \(given))")
        case .unsupported(let what), .invalid(let what):
            return what
        }
    }
}
