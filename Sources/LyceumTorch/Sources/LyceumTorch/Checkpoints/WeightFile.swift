/// A file of weights that is open: its description is in memory, its elements come when they are asked for.
protocol WeightFile: Sendable {
    /// The tensors' names.
    var names: [String] { get }
    /// The shape of a tensor, nil if there is none of this name.
    func shape(of name: String) -> [Int]?
    /// The dtype of a tensor, nil if there is none of this name.
    func dtype(of name: String) -> DType?
    /// A tensor over the file's memory, or a copy where that cannot be.
    ///
    /// - Throws: `LyceumError.unknownName` if there is none of this name.
    func tensor(_ name: String) throws -> Tensor
    /// Gives back the memory that touching a tensor's elements took.
    func release(_ name: String)
    /// Whether a network may keep a tensor over the file's memory as its own; false unless a format says otherwise.
    var lendsMemory: Bool { get }
    /// Makes sure that the file is as it was when it was opened, where tensors over its memory may be kept.
    func checkUnchanged() throws
}

extension WeightFile {
    /// It may not.
    var lendsMemory: Bool { false }
    /// Nothing is kept of it.
    func checkUnchanged() throws {}
}

extension SafetensorsFile: WeightFile {}
