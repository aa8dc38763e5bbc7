import LyceumKit

/// Weights as `torch.save` writes them (`pytorch_model.bin`), in its zip container or the older one, read without
/// running a pickle.
///
/// The file is mapped, as a safetensors file is: elements come from the disk when they are first touched.
struct TorchFile: WeightFile {
    /// What the first pickle of the older container holds: 0x1950a86a20f9469cfc6c.
    private static let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
    /// No description of weights comes near it.
    private static let longestPickle = 64 << 20
    private static let mostDimensions = 64

    private let file: MappedFile
    private let tensors: [String: PickleTensor]
    /// The bytes of each storage.
    private let places: [String: Range<Int>]
    let names: [String]

    /// Reads the description of the weights; their elements are not touched.
    ///
    /// - Throws: `LyceumError.file`, which says what is wrong with the file.
    init(path: String) throws {
        file = try MappedFile(path: path)
        do {
            let bytes = UnsafeRawBufferPointer(file.bytes)
            (tensors, places) = try ZipFile.isZip(bytes) ? Self.zipped(bytes) : Self.plain(bytes)
            names = tensors.keys.sorted()
            try checkTensors()
        } catch let problem as PickleProblem {
            throw LyceumError.file(path: path, line: nil, problem: problem.text, remedy: problem.remedy)
        }
    }

    private static func zipped(_ bytes: UnsafeRawBufferPointer) throws -> (
        [String: PickleTensor], [String: Range<Int>]
    ) {
        let archive = try ZipFile(bytes)
        let suffix = "/data.pkl"
        guard
            let name = archive.entries.keys.filter({ $0.hasSuffix(suffix) }).min(by: { $0.count < $1.count }),
            let pickle = archive.entries[name], pickle.count <= longestPickle
        else { throw PickleProblem(text: "is a zip archive, but not one of PyTorch: it has no data.pkl") }
        let root = name.dropLast(suffix.count)
        if let order = archive.entries["\(root)/byteorder"], !bytes[order].elementsEqual("little".utf8) {
            throw PickleProblem(
                text: "was written on a big-endian machine", remedy: "save it again on another")
        }
        var machine = PickleMachine(UnsafeRawBufferPointer(rebasing: bytes[pickle]))
        let tensors = try stateDictionary(try machine.run(), machine)
        var places: [String: Range<Int>] = [:]
        for (key, storage) in machine.storages {
            guard let place = archive.entries["\(root)/data/\(key)"] else {
                throw PickleProblem(
                    text: "lacks the storage '\(key.prefix(40))'", remedy: "copy or download it again")
            }
            places[key] = place.lowerBound..<(place.lowerBound + (try size(of: storage, atMost: place.count)))
        }
        return (tensors, places)
    }

    /// Five pickles (a magic number, a version, the machine, the weights, the storages' keys), then each storage: its
    /// number of elements in eight bytes, and its elements.
    private static func plain(_ bytes: UnsafeRawBufferPointer) throws -> (
        [String: PickleTensor], [String: Range<Int>]
    ) {
        if bytes.starts(with: Array("version https://git-lfs".utf8)) {
            throw PickleProblem(text: "is a Git LFS pointer, not the file itself", remedy: "run git lfs pull")
        }
        var machine = PickleMachine(bytes)
        guard bytes.first == 0x80, case .long(magic) = try machine.run(),
            case .integer(1001) = try machine.run()
        else {
            throw PickleProblem(
                text:
                    "is not a file of torch.save: it begins neither as its zip archive nor as its older format",
                remedy: "download it again")
        }
        if case .dictionary(let machineFacts) = try machine.run(),
            let entry = machineFacts.first(where: { entry in
                if case .text("little_endian") = machine.values[entry.key] { return true }
                return false
            }), case .bool(false) = machine.values[entry.value]
        {
            throw PickleProblem(
                text: "was written on a big-endian machine", remedy: "save it again on another")
        }
        let tensors = try stateDictionary(try machine.run(), machine)
        guard case .list(let keys) = try machine.run() else {
            throw PickleProblem(text: "lists no storages", remedy: "download it again")
        }
        var places: [String: Range<Int>] = [:]
        var position = machine.position
        for reference in keys {
            guard case .text(let key) = machine.values[reference], let storage = machine.storages[key],
                places[key] == nil
            else {
                throw PickleProblem(
                    text: "lists a storage that no weight lies in", remedy: "download it again")
            }
            guard bytes.count - position >= 8 else { throw cutShort }
            let count = Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Int64.self))
            guard count == storage.count else {
                throw PickleProblem(
                    text: "gives the storage '\(key.prefix(40))' two sizes", remedy: "download it again")
            }
            position += 8
            let size = try size(of: storage, atMost: bytes.count - position)
            places[key] = position..<(position + size)
            position += size
        }
        if let missing = machine.storages.keys.first(where: { places[$0] == nil }) {
            throw PickleProblem(
                text: "lacks the storage '\(missing.prefix(40))'", remedy: "download it again")
        }
        return (tensors, places)
    }

    private static let cutShort = PickleProblem(text: "is cut short", remedy: "copy or download it again")

    private static func size(of storage: PickleStorage, atMost most: Int) throws -> Int {
        let (size, overflow) = storage.count.multipliedReportingOverflow(by: storage.dtype.byteCount)
        guard !overflow, size <= most else { throw cutShort }
        return size
    }

    /// The weights by name.
    private static func stateDictionary(_ value: PickleValue, _ machine: PickleMachine) throws -> [String:
        PickleTensor]
    {
        guard case .dictionary(let entries) = value else {
            throw PickleProblem(text: "holds \(value.kind), not weights by name")
        }
        var tensors: [String: PickleTensor] = [:]
        for entry in entries {
            guard case .text(let name) = machine.values[entry.key] else {
                throw PickleProblem(text: "has a name of a weight that is \(machine.values[entry.key].kind)")
            }
            guard case .tensor(let tensor) = machine.values[entry.value] else {
                throw PickleProblem(
                    text: "'\(name.prefix(60))' in it is \(machine.values[entry.value].kind), not a tensor",
                    remedy: "save model.state_dict() alone, as save_pretrained does")
            }
            tensors[name] = tensor
        }
        guard !tensors.isEmpty else { throw PickleProblem(text: "holds no weights") }
        return tensors
    }

    private func checkTensors() throws {
        for name in names {
            guard let tensor = tensors[name], Self.fits(tensor) else {
                throw PickleProblem(
                    text: "'\(name.prefix(60))' does not lie in its storage",
                    remedy: "copy or download the file again")
            }
        }
    }

    /// Whether all elements of a tensor are in its storage. One may stand for no more elements than that has: none of
    /// a checkpoint does, and it would make much of little.
    private static func fits(_ tensor: PickleTensor) -> Bool {
        guard tensor.shape.count == tensor.strides.count, tensor.shape.count <= mostDimensions,
            tensor.offset >= 0, let count = tensor.shape.elementCount
        else { return false }
        guard count > 0 else { return true }
        var last = tensor.offset
        for (size, stride) in zip(tensor.shape, tensor.strides) where size > 1 {
            let (step, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
            let (sum, further) = last.addingReportingOverflow(step)
            guard stride >= 0, !overflow, !further else { return false }
            last = sum
        }
        let room = tensor.storage.count - tensor.storage.start
        return last < room && count <= room
    }

    func shape(of name: String) -> [Int]? { tensors[name]?.shape }

    func dtype(of name: String) -> DType? { tensors[name]?.storage.dtype }

    func tensor(_ name: String) throws -> Tensor {
        guard let description = tensors[name], let bytes = bytes(of: description) else {
            throw LyceumError.unknownName(
                kind: "tensor", name: name, known: names, remedy: "\(file.path) does not hold it")
        }
        let (shape, dtype) = (description.shape, description.storage.dtype)
        guard let address = bytes.baseAddress, !bytes.isEmpty else {
            return try Tensor.empty(shape, dtype: dtype)
        }
        if description.isDense {
            guard Int(bitPattern: address) % dtype.byteCount == 0 else {
                return try Tensor(bytes: UnsafeRawBufferPointer(bytes), shape: shape, dtype: dtype)
            }
            return try Tensor(over: address, shape: shape, dtype: dtype, owner: file)
        }
        // Transposed weights, and columns of larger ones: copied into their own order.
        let flat = try Tensor(
            bytes: UnsafeRawBufferPointer(bytes), shape: [bytes.count / dtype.byteCount], dtype: dtype)
        return try Op.asStrided(.tensor(flat), .integers(shape), .integers(description.strides), .integer(0))
            .contiguous()
    }

    func release(_ name: String) {
        guard let description = tensors[name], let place = places[description.storage.key],
            description.isDense,
            let count = description.shape.elementCount
        else { return }
        let width = description.storage.dtype.byteCount
        let start = place.lowerBound + (description.storage.start + description.offset) * width
        file.release(start..<(start + count * width))
    }

    /// The bytes from a tensor's first element to its last; checked when the file was opened.
    private func bytes(of tensor: PickleTensor) -> UnsafeMutableRawBufferPointer? {
        guard let place = places[tensor.storage.key] else { return nil }
        if tensor.shape.contains(0) { return UnsafeMutableRawBufferPointer(start: nil, count: 0) }
        let last = zip(tensor.shape, tensor.strides).reduce(0) { $0 + ($1.0 - 1) * $1.1 }
        let width = tensor.storage.dtype.byteCount
        let start = place.lowerBound + (tensor.storage.start + tensor.offset) * width
        let range = start..<(start + (last + 1) * width)
        guard range.upperBound <= place.upperBound else { return nil }
        return UnsafeMutableRawBufferPointer(rebasing: file.bytes[range])
    }
}

extension PickleTensor {
    /// Whether its elements lie one after the other.
    fileprivate var isDense: Bool {
        var expected = 1
        for (size, stride) in zip(shape, strides).reversed() where size != 1 {
            if stride != expected { return false }
            expected *= size
        }
        return true
    }
}

private enum Op {
    static let asStrided = Operator("aten::as_strided")
}
