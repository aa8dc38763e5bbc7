// Other shapes of the same elements. Results are views where PyTorch gives views. Negative dimensions count from the
// end.
extension Tensor {
    /// Two dimensions exchanged; a view.
    public func transpose(_ dim0: Int, _ dim1: Int) throws -> Tensor {
        try Op.transpose(.tensor(self), .integer(dim0), .integer(dim1))
    }

    /// The dimensions in a new order; a view.
    public func permute(_ dims: [Int]) throws -> Tensor { try Op.permute(.tensor(self), .integers(dims)) }
    /// The dimensions in a new order; a view.
    public func permute(_ dims: Int...) throws -> Tensor { try permute(dims) }

    /// The same memory in another shape; one size may be -1, to be inferred.
    public func view(_ shape: [Int]) throws -> Tensor { try Op.view(.tensor(self), .integers(shape)) }
    /// The same memory in another shape; one size may be -1, to be inferred.
    public func view(_ shape: Int...) throws -> Tensor { try view(shape) }

    /// Another shape; a view where possible, else a copy. One size may be -1, to be inferred.
    public func reshape(_ shape: [Int]) throws -> Tensor { try Op.reshape(.tensor(self), .integers(shape)) }
    /// Another shape; a view where possible, else a copy. One size may be -1, to be inferred.
    public func reshape(_ shape: Int...) throws -> Tensor { try reshape(shape) }

    /// The dimensions `startDim ... endDim` folded into one.
    public func flatten(startDim: Int = 0, endDim: Int = -1) throws -> Tensor {
        try Op.flatten(.tensor(self), .integer(startDim), .integer(endDim))
    }

    /// A new dimension of size 1 before `dim`; a view.
    public func unsqueeze(_ dim: Int) throws -> Tensor { try Op.unsqueeze(.tensor(self), .integer(dim)) }

    /// Without `dim` if its size is 1; a view.
    public func squeeze(_ dim: Int) throws -> Tensor { try Op.squeezeDim(.tensor(self), .integer(dim)) }
    /// Without any dimension of size 1; a view.
    public func squeeze() throws -> Tensor { try Op.squeeze(.tensor(self)) }

    /// Dimensions of size 1 repeated to `shape` without copying; -1 keeps a size.
    public func expand(_ shape: [Int]) throws -> Tensor { try Op.expand(.tensor(self), .integers(shape)) }
    /// Dimensions of size 1 repeated to the given sizes without copying; -1 keeps a size.
    public func expand(_ shape: Int...) throws -> Tensor { try expand(shape) }

    /// A copy with each dimension repeated so many times.
    public func `repeat`(_ repeats: [Int]) throws -> Tensor {
        try Op.repeatTimes(.tensor(self), .integers(repeats))
    }

    /// Each element repeated `repeats` times in place, along `dim`.
    public func repeatInterleave(_ repeats: Int, dim: Int) throws -> Tensor {
        try Op.repeatInterleave(.tensor(self), .integer(repeats), .integer(dim))
    }

    /// Self if its elements already lie row by row, else such a copy.
    public func contiguous() throws -> Tensor { isContiguous ? self : try Op.contiguous(.tensor(self)) }

    /// The order of the elements along `dims` reversed; a copy.
    public func flip(_ dims: [Int]) throws -> Tensor { try Op.flip(.tensor(self), .integers(dims)) }

    /// Pieces of `size` along `dim`, the last possibly smaller; views.
    public func split(_ size: Int, dim: Int = 0) throws -> [Tensor] {
        try Op.split.list([.tensor(self), .integer(size), .integer(dim)])
    }
    /// Pieces of the given sizes along `dim`; views.
    public func split(_ sizes: [Int], dim: Int = 0) throws -> [Tensor] {
        try Op.splitSizes.list([.tensor(self), .integers(sizes), .integer(dim)])
    }
    /// `count` pieces along `dim`, as equal as possible; views.
    public func chunk(_ count: Int, dim: Int = 0) throws -> [Tensor] {
        try Op.chunk.list([.tensor(self), .integer(count), .integer(dim)])
    }

    /// The elements along `dims` moved by `shifts` places, around the end.
    public func roll(_ shifts: Int, dim: Int) throws -> Tensor {
        try Op.roll(.tensor(self), .integers([shifts]), .integers([dim]))
    }

    /// The slices along `dim`, each without that dimension; views.
    public func unbind(dim: Int = 0) throws -> [Tensor] {
        try Op.unbind.list([.tensor(self), .integer(dim)])
    }

    /// In another dtype; self if it has it already.
    public func to(_ dtype: DType) throws -> Tensor {
        dtype == self.dtype ? self : try Op.toDType(.tensor(self), .dtype(dtype))
    }

    /// On another device; self if it is there already.
    public func to(_ device: Device) throws -> Tensor {
        if device == self.device { return self }
        try device.prepare()
        return try Op.toDevice(.tensor(self), .device(device), .dtype(dtype))
    }

    /// A copy with memory of its own; gradients flow through.
    public func clone() throws -> Tensor { try Op.clone(.tensor(self)) }

    /// The same memory, cut off from autograd.
    public func detach() throws -> Tensor { try Op.detach(.tensor(self)) }
}

extension Operator {
    /// Calls an operator that gives a list of tensors.
    func list(_ arguments: [Value]) throws -> [Tensor] {
        guard case .tensors(let tensors)? = try call(arguments).first else {
            throw TorchError.invalid("\(qualifiedName) does not give a list of tensors")
        }
        return tensors
    }
}

private enum Op {
    static let transpose = Operator("aten::transpose", "int")
    static let permute = Operator("aten::permute")
    static let view = Operator("aten::view")
    static let reshape = Operator("aten::reshape")
    static let flatten = Operator("aten::flatten", "using_ints")
    static let unsqueeze = Operator("aten::unsqueeze")
    static let squeeze = Operator("aten::squeeze")
    static let squeezeDim = Operator("aten::squeeze", "dim")
    static let expand = Operator("aten::expand")
    static let repeatTimes = Operator("aten::repeat")
    static let repeatInterleave = Operator("aten::repeat_interleave", "self_int")
    static let contiguous = Operator("aten::contiguous")
    static let flip = Operator("aten::flip")
    static let roll = Operator("aten::roll")
    static let unbind = Operator("aten::unbind", "int")
    static let split = Operator("aten::split", "Tensor")
    static let splitSizes = Operator("aten::split", "sizes")
    static let chunk = Operator("aten::chunk")
    static let toDType = Operator("aten::to", "dtype")
    static let toDevice = Operator("aten::to", "device")
    static let clone = Operator("aten::clone")
    static let detach = Operator("aten::detach")
}
