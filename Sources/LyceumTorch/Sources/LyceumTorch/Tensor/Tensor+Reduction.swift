// Reductions over dimensions. Negative dimensions count from the end; `keepdim` leaves reduced dimensions as size 1.
extension Tensor {
    /// The mean over `dims`, or over everything.
    public func mean(dims: [Int]? = nil, keepdim: Bool = false, dtype: DType? = nil) throws -> Tensor {
        try Op.mean(.tensor(self), .optional(dims), .bool(keepdim), .optional(dtype))
    }
    /// The mean over one dimension.
    public func mean(dim: Int, keepdim: Bool = false) throws -> Tensor {
        try mean(dims: [dim], keepdim: keepdim)
    }

    /// The sum over `dims`, or over everything.
    public func sum(dims: [Int]? = nil, keepdim: Bool = false, dtype: DType? = nil) throws -> Tensor {
        try Op.sum(.tensor(self), .optional(dims), .bool(keepdim), .optional(dtype))
    }
    /// The sum over one dimension.
    public func sum(dim: Int, keepdim: Bool = false) throws -> Tensor {
        try sum(dims: [dim], keepdim: keepdim)
    }

    /// The largest value over `dims` (over everything when empty); gradients are shared among equals.
    public func amax(dims: [Int] = [], keepdim: Bool = false) throws -> Tensor {
        try Op.amax(.tensor(self), .integers(dims), .bool(keepdim))
    }
    /// The smallest value over `dims` (over everything when empty); gradients are shared among equals.
    public func amin(dims: [Int] = [], keepdim: Bool = false) throws -> Tensor {
        try Op.amin(.tensor(self), .integers(dims), .bool(keepdim))
    }

    /// The index of the largest element along `dim`, or in the flattened tensor.
    public func argmax(dim: Int? = nil, keepdim: Bool = false) throws -> Tensor {
        try Op.argmax(.tensor(self), .optional(dim), .bool(keepdim))
    }

    /// The largest element of all.
    public func max() throws -> Tensor { try Op.max(.tensor(self)) }
    /// The largest elements along `dim`, and where they are.
    public func max(dim: Int, keepdim: Bool = false) throws -> (values: Tensor, indices: Tensor) {
        try Op.maxDim.pair(.tensor(self), .integer(dim), .bool(keepdim))
    }
    /// The smallest element of all.
    public func min() throws -> Tensor { try Op.min(.tensor(self)) }
    /// The smallest elements along `dim`, and where they are.
    public func min(dim: Int, keepdim: Bool = false) throws -> (values: Tensor, indices: Tensor) {
        try Op.minDim.pair(.tensor(self), .integer(dim), .bool(keepdim))
    }

    /// The `k` largest (or smallest) elements along `dim`, in order when `sorted`, and where they are.
    public func topk(
        k: Int, dim: Int = -1, largest: Bool = true, sorted: Bool = true
    ) throws -> (values: Tensor, indices: Tensor) {
        try Op.topk.pair(.tensor(self), .integer(k), .integer(dim), .bool(largest), .bool(sorted))
    }

    /// The elements along `dim` in order, and where they were. A stable sort keeps equals in their order.
    public func sort(
        dim: Int = -1, descending: Bool = false, stable: Bool = false
    ) throws -> (values: Tensor, indices: Tensor) {
        try Op.sort.pair(.tensor(self), .bool(stable), .integer(dim), .bool(descending))
    }

    /// The running sum along `dim`.
    public func cumsum(dim: Int) throws -> Tensor { try Op.cumsum(.tensor(self), .integer(dim)) }

    /// The `p`-norm over `dims`, or over everything.
    public func norm(p: Double = 2, dims: [Int]? = nil, keepdim: Bool = false) throws -> Tensor {
        try Op.norm(.tensor(self), .real(p), .optional(dims), .bool(keepdim))
    }

    /// log(Σ exp(x)) over `dims`, without overflow.
    public func logsumexp(dims: [Int], keepdim: Bool = false) throws -> Tensor {
        try Op.logsumexp(.tensor(self), .integers(dims), .bool(keepdim))
    }

    /// The product of all elements, or along `dim`.
    public func prod(dim: Int? = nil, keepdim: Bool = false) throws -> Tensor {
        guard let dim else { return try Op.prod(.tensor(self)) }
        return try Op.prodDim(.tensor(self), .integer(dim), .bool(keepdim))
    }

    /// The standard deviation over `dims`, or over everything; divides by n - `correction`.
    public func std(dims: [Int]? = nil, correction: Double = 1, keepdim: Bool = false) throws -> Tensor {
        try Op.std(.tensor(self), .optional(dims), .real(correction), .bool(keepdim))
    }
    /// The standard deviation over one dimension; divides by n - `correction`.
    public func std(dim: Int, correction: Double = 1, keepdim: Bool = false) throws -> Tensor {
        try std(dims: [dim], correction: correction, keepdim: keepdim)
    }

    /// The variance over `dims`, or over everything; divides by n - `correction`.
    public func variance(dims: [Int]? = nil, correction: Double = 1, keepdim: Bool = false) throws -> Tensor {
        try Op.variance(.tensor(self), .optional(dims), .real(correction), .bool(keepdim))
    }
}

private enum Op {
    static let mean = Operator("aten::mean", "dim")
    static let sum = Operator("aten::sum", "dim_IntList")
    static let amax = Operator("aten::amax")
    static let amin = Operator("aten::amin")
    static let argmax = Operator("aten::argmax")
    static let max = Operator("aten::max")
    static let maxDim = Operator("aten::max", "dim")
    static let min = Operator("aten::min")
    static let minDim = Operator("aten::min", "dim")
    static let topk = Operator("aten::topk")
    static let sort = Operator("aten::sort", "stable")
    static let cumsum = Operator("aten::cumsum")
    static let norm = Operator("aten::linalg_vector_norm")
    static let logsumexp = Operator("aten::logsumexp")
    static let prod = Operator("aten::prod")
    static let prodDim = Operator("aten::prod", "dim_int")
    static let std = Operator("aten::std", "correction")
    static let variance = Operator("aten::var", "correction")
}
