/// A module that maps one tensor to one: what `Sequential` strings together.
public protocol UnaryModule: Module {
    /// Maps a tensor.
    func callAsFunction(_ x: Tensor) throws -> Tensor
}

extension Linear: UnaryModule {}
extension Embedding: UnaryModule {}
extension LayerNorm: UnaryModule {}
extension RMSNorm: UnaryModule {}
extension Dropout: UnaryModule {}
extension Conv1d: UnaryModule {}
extension BatchNorm1d: UnaryModule {}
extension Sequential: UnaryModule {}

/// A function as a module: `Apply { try $0.relu() }`.
public final class Apply: Module, UnaryModule {
    private let function: (Tensor) throws -> Tensor

    /// Wraps a function.
    public init(_ function: @escaping (Tensor) throws -> Tensor) {
        self.function = function
        super.init()
    }

    /// Calls the function.
    public func callAsFunction(_ x: Tensor) throws -> Tensor { try function(x) }
}

/// Modules one after the other, named "0", "1", …: `torch.nn.Sequential`.
public final class Sequential: Module {
    private let steps: [any UnaryModule]

    /// Strings modules together.
    public init(_ steps: any UnaryModule...) {
        self.steps = steps
        super.init()
        for (index, step) in steps.enumerated() { register(String(index), step as Module) }
    }

    /// Maps a tensor through all of them.
    public func callAsFunction(_ x: Tensor) throws -> Tensor { try steps.reduce(x) { try $1($0) } }
}

/// A list of modules, named "0", "1", …: `torch.nn.ModuleList`. An array in a `@Part` does the same.
public final class ModuleList<Element: Module>: Module, RandomAccessCollection {
    private let list: [Element]

    /// Holds modules.
    public init(_ list: [Element]) {
        self.list = list
        super.init()
        for (index, element) in list.enumerated() { register(String(index), element) }
    }

    /// 0.
    public var startIndex: Int { list.startIndex }
    /// How many there are.
    public var endIndex: Int { list.endIndex }
    /// The module of that number.
    public subscript(_ index: Int) -> Element { list[index] }
}
