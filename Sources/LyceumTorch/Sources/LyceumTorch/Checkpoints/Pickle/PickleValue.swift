/// What a pickle of weights holds. Values refer to each other by number, since a pickle may nest them as deeply as it
/// likes, or in cycles.
enum PickleValue {
    /// A value's number.
    typealias Reference = Int

    case none
    case bool(Bool)
    case integer(Int)
    /// An integer of more than 64 bits, little-endian.
    case long([UInt8])
    case number(Double)
    case text(String)
    case tuple([Reference])
    case list([Reference])
    case dictionary([(key: Reference, value: Reference)])
    case global(PickleGlobal)
    case storage(PickleStorage)
    case tensor(PickleTensor)

    /// What it is, for errors.
    var kind: String {
        switch self {
        case .none: return "None"
        case .bool: return "a Boolean"
        case .integer, .long, .number: return "a number"
        case .text: return "a string"
        case .tuple: return "a tuple"
        case .list: return "a list"
        case .dictionary: return "a dictionary"
        case .global(let global): return global.name
        case .storage: return "a storage"
        case .tensor: return "a tensor"
        }
    }
}

/// The elements that one or more tensors lie in.
struct PickleStorage: Hashable {
    /// Its name in the file.
    let key: String
    let dtype: DType
    /// How many elements it has.
    let count: Int
    /// The element that counts as its first: views of old files.
    var start = 0
}

/// A tensor by its place in a storage.
struct PickleTensor {
    let storage: PickleStorage
    /// Of its first element.
    let offset: Int
    let shape: [Int]
    let strides: [Int]
}

/// The functions and classes that checkpoints name, all of them. Nothing is ever looked up or called: each stands for
/// what `PickleMachine` does.
enum PickleGlobal: Equatable {
    case orderedDictionary
    case rebuildTensor
    case rebuildTensorV2
    case rebuildParameter
    case size
    case storage(DType)

    private static let storages: [String: DType] = [
        "FloatStorage": .float32, "DoubleStorage": .float64, "HalfStorage": .float16,
        "BFloat16Storage": .bfloat16,
        "LongStorage": .int64, "IntStorage": .int32, "CharStorage": .int8, "ByteStorage": .uint8,
        "BoolStorage": .bool,
    ]

    /// Nil for every other name.
    init?(module: String, name: String) {
        switch (module, name) {
        case ("collections", "OrderedDict"): self = .orderedDictionary
        case ("torch._utils", "_rebuild_tensor"): self = .rebuildTensor
        case ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensorV2
        case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
        case ("torch", "Size"): self = .size
        case ("torch", _):
            guard let dtype = Self.storages[name] else { return nil }
            self = .storage(dtype)
        default: return nil
        }
    }

    /// As errors name it.
    var name: String {
        switch self {
        case .orderedDictionary: return "collections.OrderedDict"
        case .rebuildTensor, .rebuildTensorV2: return "torch._utils._rebuild_tensor"
        case .rebuildParameter: return "torch._utils._rebuild_parameter"
        case .size: return "torch.Size"
        case .storage(let dtype): return "a storage of \(dtype)"
        }
    }
}

/// A reason for refusing a file.
struct PickleProblem: Error {
    let text: String
    var remedy: String? = nil

    static let end = PickleProblem(text: "its pickle ends in the middle", remedy: "copy or download it again")
}
