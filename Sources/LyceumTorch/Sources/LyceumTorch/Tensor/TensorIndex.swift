/// What can stand between the brackets of a tensor: a number, a range, a tensor of indices or a mask, `.all`,
/// `.newAxis`.
///
/// ```swift
/// try x[0, 1..<3]        // x[0, 1:3]
/// try x[..., -1]         // x[..., -1]
/// try x[.all, 2...]      // x[:, 2:]
/// try x[indices]         // x[indices]: the rows that an int64 tensor names; of a bool tensor, where it is true
/// ```
public protocol TensorIndex {
    /// The tensor with this index applied to its dimension `dim`, and the dimension that comes next.
    func apply(to tensor: Tensor, dim: Int) throws -> (tensor: Tensor, next: Int)
}

extension Int: TensorIndex {
    /// The slice of that number, counted from the end if negative; the dimension disappears.
    public func apply(to tensor: Tensor, dim: Int) throws -> (tensor: Tensor, next: Int) {
        (try tensor.select(dim: dim, index: self), dim)
    }
}

/// A whole dimension: Python's `:`.
public struct AllIndices: TensorIndex {
    /// The dimension as it is.
    public func apply(to tensor: Tensor, dim: Int) throws -> (tensor: Tensor, next: Int) {
        _ = try tensor.size(dim)
        return (tensor, dim + 1)
    }
}

/// A new dimension of size 1: Python's `None`.
public struct NewAxis: TensorIndex {
    /// The tensor with one dimension more.
    public func apply(to tensor: Tensor, dim: Int) throws -> (tensor: Tensor, next: Int) {
        (try tensor.unsqueeze(dim), dim + 1)
    }
}

extension TensorIndex where Self == AllIndices {
    /// A whole dimension.
    public static var all: AllIndices { AllIndices() }
}

extension TensorIndex where Self == NewAxis {
    /// A new dimension of size 1.
    public static var newAxis: NewAxis { NewAxis() }
}

extension Tensor: TensorIndex {
    /// The slices that whole numbers name, in the shape of the numbers; of a bool tensor, where it is true.
    public func apply(to tensor: Tensor, dim: Int) throws -> (tensor: Tensor, next: Int) {
        let places = [Tensor?](repeating: nil, count: dim) + [self]
        let taken = try Op.index(.tensor(tensor), .optionalTensors(places))
        return (taken, dim + (dtype == .bool ? 1 : rank))
    }
}

extension Tensor {
    /// The slices `start..<end` along a dimension, as Python has them: ends beyond the size are cut, negative ones
    /// count from the end.
    fileprivate func slice(dim: Int, from start: Int?, to end: Int?) throws -> (tensor: Tensor, next: Int) {
        (try Op.slice(.tensor(self), .integer(dim), .optional(start), .optional(end)), dim + 1)
    }

    /// The parts that an index names.
    public subscript<A: TensorIndex>(_ a: A) -> Tensor {
        get throws { try a.apply(to: self, dim: 0).tensor }
    }
    /// The parts that an index for each of the first dimensions names.
    public subscript<A: TensorIndex, B: TensorIndex>(_ a: A, _ b: B) -> Tensor {
        get throws { try parts([a, b], from: 0) }
    }
    /// The parts that an index for each of the first dimensions names.
    public subscript<A: TensorIndex, B: TensorIndex, C: TensorIndex>(_ a: A, _ b: B, _ c: C) -> Tensor {
        get throws { try parts([a, b, c], from: 0) }
    }
    /// The parts that an index for each of the first dimensions names.
    public subscript<A: TensorIndex, B: TensorIndex, C: TensorIndex, D: TensorIndex>(
        _ a: A, _ b: B, _ c: C, _ d: D
    ) -> Tensor {
        get throws { try parts([a, b, c, d], from: 0) }
    }
    /// `x[..., i]`: the parts that an index of the last dimension names.
    public subscript<A: TensorIndex>(_: UnboundedRange, _ a: A) -> Tensor {
        get throws { try parts([a], from: rank - 1) }
    }
    /// `x[..., i, j]`: the parts that indices of the last two dimensions name.
    public subscript<A: TensorIndex, B: TensorIndex>(_: UnboundedRange, _ a: A, _ b: B) -> Tensor {
        get throws { try parts([a, b], from: rank - 2) }
    }

    private func parts(_ indices: [any TensorIndex], from first: Int) throws -> Tensor {
        guard first >= 0 else {
            throw TorchError.invalid("a tensor of shape \(shape) has fewer dimensions than indices")
        }
        var (tensor, dim) = (self, first)
        for index in indices { (tensor, dim) = try index.apply(to: tensor, dim: dim) }
        return tensor
    }
}

extension Range<Int>: TensorIndex {
    /// The slices of these numbers.
    public func apply(to tensor: Tensor, dim: Int) throws -> (tensor: Tensor, next: Int) {
        try tensor.slice(dim: dim, from: lowerBound, to: upperBound)
    }
}

extension ClosedRange<Int>: TensorIndex {
    /// The slices of these numbers.
    public func apply(to tensor: Tensor, dim: Int) throws -> (tensor: Tensor, next: Int) {
        try tensor.slice(dim: dim, from: lowerBound, to: upperBound + 1)
    }
}

extension PartialRangeFrom<Int>: TensorIndex {
    /// The slices from this number on; from the end if it is negative.
    public func apply(to tensor: Tensor, dim: Int) throws -> (tensor: Tensor, next: Int) {
        try tensor.slice(dim: dim, from: lowerBound, to: nil)
    }
}

extension PartialRangeUpTo<Int>: TensorIndex {
    /// The slices before this number; counted from the end if it is negative.
    public func apply(to tensor: Tensor, dim: Int) throws -> (tensor: Tensor, next: Int) {
        try tensor.slice(dim: dim, from: nil, to: upperBound)
    }
}

private enum Op {
    static let index = Operator("aten::index", "Tensor")
    static let slice = Operator("aten::slice", "Tensor")
}
