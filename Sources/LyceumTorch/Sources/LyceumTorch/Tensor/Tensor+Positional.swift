// Labels that can be left out, as PyTorch's positional arguments: wherever `dim` is the first argument, and the sizes
// of a shape without brackets. `x.softmax(-1)` is `x.softmax(dim: -1)`.
extension Tensor {
    /// `softmax(dim:)`.
    public func softmax(_ dim: Int) throws -> Tensor { try softmax(dim: dim) }
    /// `logSoftmax(dim:)`.
    public func logSoftmax(_ dim: Int) throws -> Tensor { try logSoftmax(dim: dim) }
    /// `sum(dim:)`.
    public func sum(_ dim: Int, keepdim: Bool = false) throws -> Tensor {
        try sum(dim: dim, keepdim: keepdim)
    }
    /// `mean(dim:)`.
    public func mean(_ dim: Int, keepdim: Bool = false) throws -> Tensor {
        try mean(dim: dim, keepdim: keepdim)
    }
    /// `max(dim:)`.
    public func max(_ dim: Int, keepdim: Bool = false) throws -> (values: Tensor, indices: Tensor) {
        try max(dim: dim, keepdim: keepdim)
    }
    /// `min(dim:)`.
    public func min(_ dim: Int, keepdim: Bool = false) throws -> (values: Tensor, indices: Tensor) {
        try min(dim: dim, keepdim: keepdim)
    }
    /// `argmax(dim:)`.
    public func argmax(_ dim: Int, keepdim: Bool = false) throws -> Tensor {
        try argmax(dim: dim, keepdim: keepdim)
    }
    /// `cumsum(dim:)`.
    public func cumsum(_ dim: Int) throws -> Tensor { try cumsum(dim: dim) }
    /// `topk(k:dim:)`.
    public func topk(_ k: Int, dim: Int = -1) throws -> (values: Tensor, indices: Tensor) {
        try topk(k: k, dim: dim)
    }
    /// `logsumexp(dims:)` of one dimension.
    public func logsumexp(dim: Int, keepdim: Bool = false) throws -> Tensor {
        try logsumexp(dims: [dim], keepdim: keepdim)
    }
    /// `logsumexp(dims:)` of one dimension.
    public func logsumexp(_ dim: Int, keepdim: Bool = false) throws -> Tensor {
        try logsumexp(dims: [dim], keepdim: keepdim)
    }
    /// `unsqueeze(_:)`.
    public func unsqueeze(dim: Int) throws -> Tensor { try unsqueeze(dim) }
    /// `squeeze(_:)`.
    public func squeeze(dim: Int) throws -> Tensor { try squeeze(dim) }
    /// `flatten(startDim:endDim:)`.
    public func flatten(_ startDim: Int, _ endDim: Int = -1) throws -> Tensor {
        try flatten(startDim: startDim, endDim: endDim)
    }
    /// `chunk(_:dim:)`.
    public func chunk(_ count: Int, _ dim: Int) throws -> [Tensor] { try chunk(count, dim: dim) }
    /// `select(dim:index:)`.
    public func select(_ dim: Int, _ index: Int) throws -> Tensor { try select(dim: dim, index: index) }
    /// `narrow(dim:start:length:)`.
    public func narrow(_ dim: Int, _ start: Int, _ length: Int) throws -> Tensor {
        try narrow(dim: dim, start: start, length: length)
    }
    /// `gather(dim:indices:)`.
    public func gather(_ dim: Int, _ indices: Tensor) throws -> Tensor {
        try gather(dim: dim, indices: indices)
    }
    /// `indexSelect(dim:indices:)`.
    public func indexSelect(_ dim: Int, _ indices: Tensor) throws -> Tensor {
        try indexSelect(dim: dim, indices: indices)
    }
    /// `triu(diagonal:)`.
    public func triu(_ diagonal: Int) throws -> Tensor { try triu(diagonal: diagonal) }
    /// `tril(diagonal:)`.
    public func tril(_ diagonal: Int) throws -> Tensor { try tril(diagonal: diagonal) }
    /// `repeat(_:)`.
    public func `repeat`(_ repeats: Int...) throws -> Tensor { try self.repeat(repeats) }
    /// `Tensor.cat(_:dim:)`.
    public static func cat(_ tensors: [Tensor], _ dim: Int) throws -> Tensor { try cat(tensors, dim: dim) }
    /// `Tensor.stack(_:dim:)`.
    public static func stack(_ tensors: [Tensor], _ dim: Int) throws -> Tensor {
        try stack(tensors, dim: dim)
    }
    /// `Tensor.zeros(_:)`.
    public static func zeros(_ shape: Int..., dtype: DType = .float32, device: Device = .cpu) throws -> Tensor
    {
        try zeros(shape, dtype: dtype, device: device)
    }
    /// `Tensor.ones(_:)`.
    public static func ones(_ shape: Int..., dtype: DType = .float32, device: Device = .cpu) throws -> Tensor
    {
        try ones(shape, dtype: dtype, device: device)
    }
    /// `Tensor.randn(_:)`.
    public static func randn(_ shape: Int..., dtype: DType = .float32, device: Device = .cpu) throws -> Tensor
    {
        try randn(shape, dtype: dtype, device: device)
    }
    /// `Tensor.rand(_:)`.
    public static func rand(_ shape: Int..., dtype: DType = .float32, device: Device = .cpu) throws -> Tensor
    {
        try rand(shape, dtype: dtype, device: device)
    }

    // MARK: Names that PyTorch has and Swift has otherwise

    /// The number of dimensions: `rank`.
    public func dim() -> Int { rank }
    /// In float32: `to(.float32)`.
    public func float() throws -> Tensor { try to(.float32) }
    /// In int64: `to(.int64)`.
    public func long() throws -> Tensor { try to(.int64) }
    /// On a device and in a dtype.
    public func to(_ device: Device, _ dtype: DType) throws -> Tensor { try to(device).to(dtype) }
    /// `self * other`.
    public func mul(_ other: Tensor) throws -> Tensor { try self * other }
    /// `self * other`.
    public func mul(_ other: some TensorScalar) throws -> Tensor { try self * other }
    /// `self + other`.
    public func add(_ other: some TensorScalar) throws -> Tensor { try self + other }
    /// `self - other`.
    public func sub(_ other: Tensor) throws -> Tensor { try self - other }
    /// `self - other`.
    public func sub(_ other: some TensorScalar) throws -> Tensor { try self - other }
    /// `self / other`.
    public func div(_ other: Tensor) throws -> Tensor { try self / other }
    /// `self / other`.
    public func div(_ other: some TensorScalar) throws -> Tensor { try self / other }
}
