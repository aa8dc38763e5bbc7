import LyceumKit

/// The weights of a checkpoint, by name: one file (safetensors, or what `torch.save` writes), or several that an index
/// holds together.
///
/// Opening reads only the headers. A tensor's elements come from the disk when they are touched, and `release`
/// gives their memory back, so that whoever goes through the tensors one by one never holds the file as a whole.
public struct Checkpoint: Sendable {
    private enum Place {
        case file(any WeightFile)
        case memory(Tensor)
    }

    private let places: [String: Place]
    private let files: [any WeightFile]

    /// What the weights come from, for errors: a file's path.
    public let source: String
    /// The tensors' names: file by file, in the order of their data.
    public let names: [String]

    /// The tensors of open files, whose names must differ.
    init(files: [any WeightFile], source: String) {
        var places: [String: Place] = [:]
        for file in files {
            for name in file.names { places[name] = .file(file) }
        }
        self.places = places
        self.files = files
        self.source = source
        names = files.flatMap(\.names)
    }

    /// Tensors in memory, as if they had been read from `source`.
    public init(_ tensors: [String: Tensor], source: String) {
        places = tensors.mapValues { .memory($0) }
        files = []
        self.source = source
        names = tensors.keys.sorted()
    }

    /// The shape of a tensor, nil if there is none of this name.
    public func shape(of name: String) -> [Int]? {
        switch places[name] {
        case .file(let file): file.shape(of: name)
        case .memory(let tensor): tensor.shape
        case nil: nil
        }
    }

    /// The dtype of a tensor, nil if there is none of this name.
    public func dtype(of name: String) -> DType? {
        switch places[name] {
        case .file(let file): file.dtype(of: name)
        case .memory(let tensor): tensor.dtype
        case nil: nil
        }
    }

    /// A tensor over the memory of its file.
    ///
    /// - Throws: `LyceumError.unknownName` if there is none of this name.
    public func tensor(_ name: String) throws -> Tensor {
        switch places[name] {
        case .file(let file): return try file.tensor(name)
        case .memory(let tensor): return tensor
        case nil:
            throw LyceumError.unknownName(
                kind: "tensor", name: name, known: names, remedy: "\(source) does not hold it")
        }
    }

    /// Whether a network may keep the tensor as its own: it lies in a file, alone.
    func lends(_ name: String) -> Bool {
        if case .file(let file) = places[name] { return file.lendsMemory }
        return false
    }

    /// Makes sure that the files are as they were when they were opened.
    ///
    /// - Throws: `LyceumError.file` if somebody has written to one.
    func checkUnchanged() throws { for file in files { try file.checkUnchanged() } }

    /// Gives back the memory that reading a tensor took; it comes from the disk again if it is touched again.
    ///
    /// A tensor of the file that was changed in place loses the change.
    func release(_ name: String) {
        if case .file(let file) = places[name] { file.release(name) }
    }
}
