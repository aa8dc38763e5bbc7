internal import CTorch
import LyceumKit

/// Reading and writing of safetensors files (https://github.com/huggingface/safetensors), the format of Hugging Face
/// checkpoints.
public enum Safetensors {
    /// Opens a file and checks its header. Tensors are made when asked for.
    ///
    /// - Throws: `LyceumError.file`, which says what is wrong with the file.
    public static func read(_ path: String) throws -> SafetensorsFile {
        let file = try MappedFile(path: path)
        do {
            return SafetensorsFile(
                file: file, header: try SafetensorsHeader(file: UnsafeRawBufferPointer(file.bytes)))
        } catch let problem as SafetensorsHeader.Problem {
            throw LyceumError.file(path: path, line: nil, problem: problem.text, remedy: problem.remedy)
        }
    }
}

/// An open safetensors file.
///
/// The file is mapped, not read: a tensor's elements come from the disk when they are first touched, and nothing is
/// copied. Changing such a tensor in place changes the process's own copy, never the file. Somebody else must not cut
/// the file short while it is open; replacing it by rename, as `write` does, is safe.
public struct SafetensorsFile: Sendable {
    private let file: MappedFile
    private let entries: [String: SafetensorsHeader.Entry]
    private let dataStart: Int

    /// The tensors' names, in the order of their data.
    public let names: [String]
    /// The file's remarks; Hugging Face writes `format`: `pt`.
    public let metadata: [String: String]

    init(file: MappedFile, header: SafetensorsHeader) {
        self.file = file
        // Names are unique: the reader refuses duplicate keys.
        entries = Dictionary(header.entries.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        names = header.entries.map(\.name)
        metadata = header.metadata
        dataStart = header.dataStart
    }

    /// The shape of a tensor, nil if there is none of this name.
    public func shape(of name: String) -> [Int]? { entries[name]?.shape }

    /// The dtype of a tensor, nil if there is none of this name.
    public func dtype(of name: String) -> DType? { entries[name]?.dtype }

    /// A tensor over the file's memory.
    public func tensor(_ name: String) throws -> Tensor {
        guard let entry = entries[name] else {
            throw LyceumError.unknownName(
                kind: "tensor", name: name, known: names, remedy: "\(file.path) does not hold it")
        }
        let start = dataStart + entry.range.lowerBound
        let bytes = UnsafeMutableRawBufferPointer(rebasing: file.bytes[start..<(start + entry.range.count)])
        guard let address = bytes.baseAddress, !bytes.isEmpty else {
            return try Tensor.empty(entry.shape, dtype: entry.dtype)
        }
        // Only a header of odd length, which no known writer makes, puts elements where they cannot be used directly.
        guard Int(bitPattern: address) % entry.dtype.byteCount == 0 else {
            return try Tensor(bytes: UnsafeRawBufferPointer(bytes), shape: entry.shape, dtype: entry.dtype)
        }
        return try Tensor(over: address, shape: entry.shape, dtype: entry.dtype, owner: file)
    }

    /// Gives back the memory that touching a tensor's elements took, and loses what was changed in them.
    func release(_ name: String) {
        guard let range = entries[name]?.range else { return }
        file.release((dataStart + range.lowerBound)..<(dataStart + range.upperBound))
    }

    /// Tensors over its memory may be kept: no two of them share a byte.
    var lendsMemory: Bool { true }

    /// Makes sure that it is as it was when it was opened.
    ///
    /// - Throws: `LyceumError.file`.
    func checkUnchanged() throws { try file.checkUnchanged() }

    /// All tensors by name.
    public func tensors() throws -> [String: Tensor] {
        try Dictionary(uniqueKeysWithValues: names.map { ($0, try tensor($0)) })
    }
}

extension Tensor {
    /// A tensor over foreign memory of the right size and alignment, which `owner` keeps alive.
    convenience init(
        over address: UnsafeMutableRawPointer, shape: [Int], dtype: DType, owner: AnyObject
    ) throws {
        var handle: OpaquePointer?
        let status = shape.withWords {
            ctorch_tensor_from_memory(
                address, $0.baseAddress, $0.count, dtype.rawValue, Unmanaged.passRetained(owner).toOpaque(),
                { context in if let context { Unmanaged<AnyObject>.fromOpaque(context).release() } }, &handle)
        }
        guard status == CTORCH_OK, let handle else { throw TorchError.last("Tensor(over:)") }
        try self.init(owning: handle)
    }
}
