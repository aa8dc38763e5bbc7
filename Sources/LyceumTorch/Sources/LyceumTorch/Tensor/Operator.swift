internal import CTorch

/// One ATen operator, looked up once; keep it in a `static let`.
///
/// A call boxes its arguments, fills missing ones from the operator's schema and goes through libtorch's
/// dispatcher, so autograd, inference mode and devices all apply.
public struct Operator: @unchecked Sendable {
    /// One argument or result of an operator.
    public enum Value {
        /// An absent optional.
        case none
        /// The default that the schema gives.
        case `default`
        case bool(Bool)
        case integer(Int)
        case real(Double)
        case tensor(Tensor)
        case integers([Int])
        case reals([Double])
        case bools([Bool])
        case tensors([Tensor])
        case optionalTensors([Tensor?])
        case text(String)
        case dtype(DType)
        case device(Device)
    }

    /// "aten::add".
    public let name: String
    /// "Tensor"; "" when there is no overload name.
    public let overload: String
    // Valid for ever and never written to after the look-up: hence @unchecked Sendable.
    private let handle: OpaquePointer?
    private let failure: String

    /// Looks up an operator; one that does not exist throws when it is called.
    ///
    /// - Parameters:
    ///   - name: "aten::gru"; with its overload behind a dot, as schemas write it, "aten::gru.data".
    ///   - overload: "data"; an error for a wrong one lists those there are.
    public init(_ name: String, _ overload: String = "") {
        let dot = overload.isEmpty ? name.lastIndex(of: ".") : nil
        let (name, overload) =
            dot.map { (String(name[..<$0]), String(name[name.index(after: $0)...])) } ?? (name, overload)
        self.name = name
        self.overload = overload
        var found: OpaquePointer?
        let status = ctorch_operator_find(name, overload, &found)
        handle = status == CTORCH_OK ? found : nil
        failure = status == CTORCH_OK ? "" : String(cString: ctorch_last_error())
    }

    /// The schema as PyTorch writes it; nil when there is no such operator.
    public var schema: String? {
        handle.map { String(cString: ctorch_operator_schema($0)) }
    }

    /// Calls the operator and gives its only (or first) result, a tensor.
    public func callAsFunction(_ arguments: Value...) throws -> Tensor {
        var result = CTorchValue()
        _ = try withUnsafeMutablePointer(to: &result) {
            try invoke(arguments, results: $0, capacity: 1)
        }
        guard result.tag == CTORCH_TENSOR, let tensor = result.tensor else {
            _ = try Value(taking: &result)
            throw TorchError.invalid(
                "\(qualifiedName) does not give a tensor; its schema is \(schema ?? "unknown")")
        }
        return try Tensor(owning: tensor)
    }

    /// Calls an operator that gives two tensors.
    public func pair(_ arguments: Value...) throws -> (Tensor, Tensor) {
        let results = try call(arguments)
        guard results.count >= 2, case .tensor(let first) = results[0], case .tensor(let second) = results[1]
        else {
            throw TorchError.invalid(
                "\(qualifiedName) does not give two tensors; its schema is \(schema ?? "unknown")")
        }
        return (first, second)
    }

    /// Calls the operator for its effect and drops its results, as for operators that work in place.
    public func perform(_ arguments: Value...) throws {
        _ = try invoke(arguments, results: nil, capacity: 0)
    }

    /// Calls the operator and gives all its results.
    public func call(_ arguments: [Value]) throws -> [Value] {
        // No ATen operator gives more than about ten results.
        let capacity = 32
        return try withUnsafeTemporaryAllocation(of: CTorchValue.self, capacity: capacity) { results in
            let count = min(capacity, try invoke(arguments, results: results.baseAddress, capacity: capacity))
            var values: [Value] = []
            var failure: (any Error)?
            for index in 0..<count {
                do { values.append(try Value(taking: &results[index])) } catch { failure = error }
            }
            if let failure { throw failure }
            return values
        }
    }

    /// "aten::add.Tensor".
    public var qualifiedName: String { overload.isEmpty ? name : "\(name).\(overload)" }

    /// The boxed call. Gives the number of results.
    private func invoke(
        _ arguments: [Value], results: UnsafeMutablePointer<CTorchValue>?, capacity: Int
    ) throws -> Int {
        guard let handle else {
            throw TorchError.operation(name: qualifiedName, operands: [], reason: failure)
        }
        var count = 0
        let status = try Value.withEncoded(arguments) { values in
            ctorch_operator_call(handle, values.baseAddress, values.count, results, capacity, &count)
        }
        if status != CTORCH_OK { throw TorchError.last(name, arguments.flatMap(\.operands)) }
        return count
    }
}
