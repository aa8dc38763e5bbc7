/// A student whose weights can be looked at.
public protocol WeightedStudent: Student {
    /// Its weights by name, in the order of the network; tied ones once.
    ///
    /// - Throws: `LyceumError.unsupported` if it has none yet.
    func weights() throws -> [(name: String, tensor: any NumberTensor)]
}

/// An array of numbers of any rank, as the host shows it; prints as PyTorch prints it.
public protocol NumberTensor: CustomStringConvertible {
    /// The size of each dimension.
    var shape: [Int] { get }
    /// The type of the elements: "float32".
    var elementType: String { get }
    /// Where they are: "cpu", "cuda:0".
    var place: String { get }
    /// The elements in row-major order.
    func doubles() throws -> [Double]
    /// The square root of the sum of their squares.
    func euclideanNorm() throws -> Double
}
