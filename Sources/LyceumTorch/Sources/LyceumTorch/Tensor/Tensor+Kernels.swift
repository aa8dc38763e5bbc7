internal import CTorch

// Our own kernels for the CPU, where libtorch has none that serve training. Each has a counterpart composed of
// libtorch's operators, which other devices and types take.
extension Tensor {
    /// Whether the kernels take it: float32 or brain floats in main memory.
    var suitsKernels: Bool { device == .cpu && (dtype == .float32 || dtype == .bfloat16) }

    /// Attention that records gradients, also of the bias, and keeps scores only where keys are few; see `Attention.attend`.
    static func attention(
        _ query: Tensor, _ key: Tensor, _ value: Tensor, bias: Tensor?, mask: Tensor?, scale: Double,
        draw: DropoutDraw?, packing: (queries: RowPacking, keys: RowPacking)? = nil
    ) throws -> Tensor {
        var result: OpaquePointer?
        let rows = draw?.rows ?? []
        let queries = packing.map { $0.queries.lengths.map { Int64($0) } } ?? []
        let keys = packing.map { $0.keys.lengths.map { Int64($0) } } ?? []
        guard queries.count == keys.count else {
            throw TorchError.invalid("attention: \(queries.count) rows of queries and \(keys.count) of keys")
        }
        try TorchError.check(
            ctorch_attention(
                query.handle, key.handle, value.handle, bias?.handle, mask?.handle, scale, draw?.rate ?? 0,
                draw?.key ?? 0, draw?.call ?? 0, rows, rows.count, queries, keys, queries.count, &result),
            "attention", [query, key, value] + [bias, mask].compactMap { $0 })
        guard let result else { throw TorchError.last("attention") }
        return try Tensor(owning: result)
    }

    /// Whether this is better multiplied by `weight` with `recordedLinear` than with what libtorch takes by itself.
    func suitsRecordedLinear(_ weight: Tensor) -> Bool {
        guard Self.prefersRecordedLinear, suitsKernels, weight.dtype == dtype, weight.device == .cpu,
            weight.rank == 2, rank > 0
        else { return false }
        let products = Double(count) * Double((try? weight.size(0)) ?? 0)
        // Below, the call costs more than it saves. Only float32 gains without the weight's gradient.
        return ctorch_grad_mode() && weight.requiresGrad
            ? products > 0x1p20 : dtype == .float32 && products > 0x1p24
    }

    private static let prefersRecordedLinear = ctorch_prefers_recorded_linear()

    /// `linear` through oneDNN, with a kernel of our own for the weight's gradient.
    func recordedLinear(_ weight: Tensor, _ bias: Tensor?) throws -> Tensor {
        var result: OpaquePointer?
        try TorchError.check(
            ctorch_recorded_linear(handle, weight.handle, bias?.handle, &result), "linear",
            [self, weight] + (bias.map { [$0] } ?? []))
        guard let result else { throw TorchError.last("linear") }
        return try Tensor(owning: result)
    }

    /// Whether gradients of this table's rows are wanted, and `recordedEmbedding` takes it.
    var recordsRows: Bool { suitsKernels && requiresGrad && ctorch_grad_mode() }

    /// `embedding` on the CPU, whose gradient is added to that of the rows that were looked up, where `weight` is a leaf.
    static func recordedEmbedding(_ weight: Tensor, _ ids: Tensor) throws -> Tensor {
        var result: OpaquePointer?
        try TorchError.check(
            ctorch_recorded_embedding(weight.handle, ids.handle, &result), "embedding", [weight, ids])
        guard let result else { throw TorchError.last("embedding") }
        return try Tensor(owning: result)
    }

    /// Whether this has so few rows that a product with `weight` is a matter of reading the weight, and nobody wants
    /// gradients.
    func isFewRows(for weight: Tensor, _ bias: Tensor?) -> Bool {
        guard Self.hasDecoderKernels, !ctorch_rehearses(), suitsKernels, weight.suitsKernels,
            dtype == weight.dtype,
            bias.map({ $0.dtype == dtype && $0.device == device }) ?? true, weight.rank == 2, rank > 0
        else { return false }
        let (inputs, all) = (weight.count / Swift.max(1, (try? weight.size(0)) ?? 1), count)
        guard inputs > 0, all > 0, all <= Self.fewRows * inputs else { return false }
        return !ctorch_grad_mode() || !(requiresGrad || weight.requiresGrad || bias?.requiresGrad ?? false)
    }

    /// Whether this has so few rows that a layer norm is best done by one thread, and nobody wants gradients.
    func isFewRows(of size: Int, normedBy weight: Tensor, _ bias: Tensor) -> Bool {
        guard !ctorch_grad_mode(), !ctorch_rehearses(), suitsKernels, dtype == weight.dtype,
            dtype == bias.dtype,
            weight.device == device, bias.device == device, count > 0, count <= Self.fewRows * size
        else { return false }
        return shape.last == size
    }

    /// As many rows take longer to multiply than to read a weight.
    private static let fewRows = 64
    static let hasDecoderKernels = ctorch_multiplies_few_rows()

    /// Whether attention from these queries is a matter of reading keys and values, and nobody wants gradients.
    func isFewQueries(for key: Tensor, _ value: Tensor) -> Bool {
        guard Self.hasDecoderKernels, !ctorch_rehearses(), suitsKernels, dtype == key.dtype,
            dtype == value.dtype,
            key.device == device, value.device == device, rank == 4, count > 0, key.count > 0,
            (try? size(2)).map({ $0 <= Self.fewRows }) ?? false
        else { return false }
        return !ctorch_grad_mode() || !(requiresGrad || key.requiresGrad || value.requiresGrad)
    }

    /// Attention from few queries, without gradients; see `Attention.attend`.
    static func fewQueriesAttention(
        _ query: Tensor, _ key: Tensor, _ value: Tensor, bias: Tensor?, scale: Double
    ) throws -> Tensor {
        var result: OpaquePointer?
        try TorchError.check(
            ctorch_few_queries_attention(
                query.handle, key.handle, value.handle, bias?.handle, scale, &result),
            "attention", [query, key, value] + (bias.map { [$0] } ?? []))
        guard let result else { throw TorchError.last("attention") }
        return try Tensor(owning: result)
    }

    /// `rmsNorm` over the last dimension, in one pass.
    func fusedRMSNorm(weight: Tensor, eps: Double) throws -> Tensor {
        var result: OpaquePointer?
        try TorchError.check(
            ctorch_rms_norm(handle, weight.handle, eps, &result), "rmsNorm", [self, weight])
        guard let result else { throw TorchError.last("rmsNorm") }
        return try Tensor(owning: result)
    }
}

extension Tensor {
    /// By row, the log-probability of its label under a softmax over these scores, and the mean of all log-probabilities.
    ///
    /// The softmax is not kept, on the CPU not even written: two passes over the scores instead of libtorch's six.
    ///
    /// - Parameter labels: [n], int64, for scores [n, vocabulary]; the log-probability of a label below 0 is 0.
    /// - Returns: [n] each, float32.
    public func labelLikelihood(_ labels: Tensor) throws -> (label: Tensor, mean: Tensor) {
        guard suitsKernels, rank == 2, labels.device == .cpu, labels.dtype == .int64 else {
            let all = try to(.float32).logSoftmax(dim: 1)
            let label = try all.gather(dim: 1, indices: labels.clamp(min: 0).unsqueeze(1)).squeeze(1)
            return (try label.maskedFill(labels.lt(0), 0), try all.mean(dim: 1))
        }
        var result: OpaquePointer?
        try TorchError.check(
            ctorch_label_likelihood(handle, labels.handle, &result), "labelLikelihood", [self, labels])
        guard let result else { throw TorchError.last("labelLikelihood") }
        let both = try Tensor(owning: result)
        return (try both.select(dim: 0, index: 0), try both.select(dim: 0, index: 1))
    }
}
