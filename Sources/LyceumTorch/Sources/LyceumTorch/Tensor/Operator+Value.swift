internal import CTorch

// How arguments travel to the C shim: a fixed record each, lists in one scratch buffer of 8-byte words. Both are on
// the stack for ordinary calls.
extension Operator.Value {
    /// `none` for nil.
    static func optional(_ tensor: Tensor?) -> Self { tensor.map { .tensor($0) } ?? .none }
    /// `none` for nil.
    static func optional(_ number: Double?) -> Self { number.map { .real($0) } ?? .none }
    /// A number that leaves integer tensors integer if it is whole, as a literal without a point does in PyTorch.
    static func whole(_ number: Double) -> Self { Int(exactly: number).map { .integer($0) } ?? .real(number) }
    /// The same; `none` for nil.
    static func whole(_ number: Double?) -> Self { number.map { whole($0) } ?? .none }
    /// `none` for nil.
    static func optional(_ number: Int?) -> Self { number.map { .integer($0) } ?? .none }
    /// `none` for nil.
    static func optional(_ numbers: [Int]?) -> Self { numbers.map { .integers($0) } ?? .none }
    /// `none` for nil.
    static func optional(_ dtype: DType?) -> Self { dtype.map { .dtype($0) } ?? .none }

    /// The tensors in this argument, for error texts.
    var operands: [Tensor] {
        switch self {
        case .tensor(let tensor): [tensor]
        case .tensors(let tensors): tensors
        case .optionalTensors(let tensors): tensors.compactMap { $0 }
        default: []
        }
    }

    /// Calls `body` with the C form of `arguments`, valid during the call.
    static func withEncoded(
        _ arguments: [Self], _ body: (UnsafeMutableBufferPointer<CTorchValue>) throws -> CTorchStatus
    ) throws -> CTorchStatus {
        var words = 0
        for argument in arguments { words += argument.scratchWords }
        return try withUnsafeTemporaryAllocation(of: CTorchValue.self, capacity: arguments.count) { values in
            try withUnsafeTemporaryAllocation(of: UInt64.self, capacity: words) { scratch in
                var free = scratch.baseAddress
                for index in arguments.indices {
                    values.initializeElement(at: index, to: CTorchValue())
                    free = arguments[index].encode(into: &values[index], scratch: free)
                }
                return try withExtendedLifetime(arguments) { try body(values) }
            }
        }
    }

    /// The 8-byte words of list or text that this argument needs next to its record.
    private var scratchWords: Int {
        switch self {
        case .integers(let list): list.count
        case .reals(let list): list.count
        case .bools(let list): list.count
        case .tensors(let list): list.count
        case .optionalTensors(let list): list.count
        case .text(let text): text.utf8.count / 8 + 1
        default: 0
        }
    }

    /// Fills `value`, and from `scratch` on what it points at. Gives the next free word.
    private func encode(
        into value: inout CTorchValue, scratch: UnsafeMutablePointer<UInt64>?
    ) -> UnsafeMutablePointer<UInt64>? {
        switch self {
        case .none: value.tag = CTORCH_NONE
        case .default: value.tag = CTORCH_DEFAULT
        case .bool(let flag):
            value.tag = CTORCH_BOOL
            value.integer = flag ? 1 : 0
        case .integer(let number):
            value.tag = CTORCH_INT
            value.integer = Int64(number)
        case .real(let number):
            value.tag = CTORCH_DOUBLE
            value.real = number
        case .tensor(let tensor):
            value.tag = CTORCH_TENSOR
            value.tensor = tensor.handle
        case .dtype(let dtype):
            value.tag = CTORCH_DTYPE
            value.integer = Int64(dtype.rawValue)
        case .device(let device):
            value.tag = CTORCH_DEVICE
            (value.integer, value.count) = device.code
        case .text(let text):
            value.tag = CTORCH_STRING
            return Self.encode(text: text, into: &value, scratch: scratch)
        case .integers(let list):
            value.tag = CTORCH_INTS
            return Self.encode(list, into: &value, scratch: scratch) { UInt64(bitPattern: Int64($0)) }
        case .bools(let list):
            value.tag = CTORCH_BOOLS
            return Self.encode(list, into: &value, scratch: scratch) { $0 ? 1 : 0 }
        case .reals(let list):
            value.tag = CTORCH_DOUBLES
            return Self.encode(list, into: &value, scratch: scratch) { $0.bitPattern }
        case .tensors(let list):
            value.tag = CTORCH_TENSORS
            return Self.encode(list, into: &value, scratch: scratch) { UInt64(UInt(bitPattern: $0.handle)) }
        case .optionalTensors(let list):
            value.tag = CTORCH_TENSORS
            return Self.encode(list, into: &value, scratch: scratch) {
                $0.map { UInt64(UInt(bitPattern: $0.handle)) } ?? 0
            }
        }
        return scratch
    }

    private static func encode<Element>(
        _ list: [Element], into value: inout CTorchValue, scratch: UnsafeMutablePointer<UInt64>?,
        word: (Element) -> UInt64
    ) -> UnsafeMutablePointer<UInt64>? {
        value.count = Int64(list.count)
        // Integers, reals and pointers are all 8 bytes, and the union's members share their place.
        value.integers = scratch.map { UnsafePointer<Int64>(OpaquePointer($0)) }
        guard let scratch else { return nil }
        for (index, element) in list.enumerated() { scratch[index] = word(element) }
        return scratch + list.count
    }

    private static func encode(
        text: String, into value: inout CTorchValue, scratch: UnsafeMutablePointer<UInt64>?
    ) -> UnsafeMutablePointer<UInt64>? {
        guard let scratch else { return nil }
        let bytes = UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: CChar.self)
        var length = 0
        for byte in text.utf8 {
            bytes[length] = CChar(bitPattern: byte)
            length += 1
        }
        bytes[length] = 0
        value.text = UnsafePointer(bytes)
        return scratch + (length / 8 + 1)
    }

    /// Takes over one result and frees what the shim allocated for it.
    init(taking value: inout CTorchValue) throws {
        defer { ctorch_value_free(&value) }
        let count = Int(value.count)
        switch value.tag {
        case CTORCH_TENSOR:
            guard let handle = value.tensor else { self = .none; return }
            self = .tensor(try Tensor(owning: handle))
        case CTORCH_INT: self = .integer(Int(value.integer))
        case CTORCH_BOOL: self = .bool(value.integer != 0)
        case CTORCH_DOUBLE: self = .real(value.real)
        case CTORCH_STRING: self = .text(value.text.map { String(cString: $0) } ?? "")
        case CTORCH_INTS:
            self = .integers(UnsafeBufferPointer(start: value.integers, count: count).map { Int($0) })
        case CTORCH_DOUBLES: self = .reals(Array(UnsafeBufferPointer(start: value.reals, count: count)))
        case CTORCH_TENSORS:
            // Every handle is taken over before any error is thrown, so that none leaks.
            let taken = UnsafeBufferPointer(start: value.tensors, count: count)
                .map { handle in handle.map { handle in Result { try Tensor(owning: handle) } } }
            let list = try taken.map { try $0?.get() }
            let present = list.compactMap { $0 }
            self = present.count == list.count ? .tensors(present) : .optionalTensors(list)
        default: self = .none
        }
    }
}
