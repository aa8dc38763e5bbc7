import Testing

@testable import LyceumTorch

/// Every operator against what PyTorch 2.11.0 gives for the same input: values, shapes, dtypes, and gradients for a
/// random upstream gradient. The fixture is written by scripts/fixtures/torch_ops.py, case by case under these names.
@Suite struct OperatorFixtureTests {
    typealias Case = @Sendable ([Tensor]) throws -> [Tensor]

    static let cases: [String: Case] = unaryCases.merging(severalInputCases) { first, _ in first }

    static let unaryCases: [String: Case] = [
        "neg": { [try -$0[0]] }, "exp": { [try $0[0].exp()] }, "abs": { [try $0[0].abs()] },
        "square": { [try $0[0].square()] }, "sin": { [try $0[0].sin()] }, "cos": { [try $0[0].cos()] },
        "erf": { [try $0[0].erf()] }, "floor": { [try $0[0].floor()] }, "log": { [try $0[0].log()] },
        "sqrt": { [try $0[0].sqrt()] }, "rsqrt": { [try $0[0].rsqrt()] },
        "reciprocal": { [try $0[0].reciprocal()] }, "relu": { [try $0[0].relu()] },
        "tanh": { [try $0[0].tanh()] }, "sigmoid": { [try $0[0].sigmoid()] }, "silu": { [try $0[0].silu()] },
        "gelu": { [try $0[0].gelu()] }, "gelu_tanh": { [try $0[0].gelu(approximate: .tanh)] },
        "softmax": { [try $0[0].softmax(dim: -1)] }, "log_softmax": { [try $0[0].logSoftmax(dim: 0)] },
        "softmax_float64": { [try $0[0].softmax(dim: 1, dtype: .float64)] },
        "pow_scalar": { [try $0[0].pow(3)] }, "clamp": { [try $0[0].clamp(min: -0.5, max: 0.75)] },
        "clamp_min": { [try $0[0].clamp(min: 0.1)] },
        "add_scalar": { [try $0[0] + 2] }, "radd_scalar": { [try 2.5 + $0[0]] },
        "sub_scalar": { [try $0[0] - 1.5] }, "rsub_scalar": { [try 1 - $0[0]] },
        "mul_scalar": { [try $0[0] * 3] }, "rmul_scalar": { [try 0.5 * $0[0]] },
        "div_scalar": { [try $0[0] / 4] }, "rdiv_scalar": { [try 2 / $0[0]] },
        "mean": { [try $0[0].mean()] }, "mean_dims": { [try $0[0].mean(dims: [0], keepdim: true)] },
        "sum": { [try $0[0].sum()] }, "sum_dim": { [try $0[0].sum(dim: -1)] },
        "amax": { [try $0[0].amax(dims: [1])] }, "amin": { [try $0[0].amin(dims: [1])] },
        "max": { [try $0[0].max()] }, "min": { [try $0[0].min()] },
        "max_dim": {
            let (values, indices) = try $0[0].max(dim: 1)
            return [values, indices]
        },
        "min_dim": {
            let (values, indices) = try $0[0].min(dim: 0)
            return [values, indices]
        },
        "topk": {
            let (values, indices) = try $0[0].topk(k: 2, dim: 1)
            return [values, indices]
        },
        "sort": {
            let (values, indices) = try $0[0].sort(dim: 1, descending: true)
            return [values, indices]
        },
        "cumsum": { [try $0[0].cumsum(dim: 1)] }, "norm": { [try $0[0].norm()] },
        "norm_1": { [try $0[0].norm(p: 1, dims: [1])] }, "logsumexp": { [try $0[0].logsumexp(dims: [1])] },
        "variance": { [try $0[0].variance(dims: [1])] },
        "transpose": { [try $0[0].transpose(0, 1)] }, "permute": { [try $0[0].permute(1, 0)] },
        "view": { [try $0[0].view(4, 3)] }, "reshape": { [try $0[0].transpose(0, 1).reshape(2, -1)] },
        "flatten": { [try $0[0].flatten()] }, "unsqueeze": { [try $0[0].unsqueeze(1)] },
        "squeeze": { [try $0[0].view(3, 1, 4).squeeze(1)] },
        "squeeze_all": { [try $0[0].view(1, 3, 1, 4).squeeze()] },
        "expand": { [try $0[0].unsqueeze(0).expand(2, -1, -1)] }, "repeat": { [try $0[0].repeat([2, 1])] },
        "repeat_interleave": { [try $0[0].repeatInterleave(2, dim: 0)] },
        "contiguous": { [try $0[0].transpose(0, 1).contiguous()] }, "flip": { [try $0[0].flip([0, 1])] },
        "split": { try $0[0].split(3, dim: 1) }, "split_sizes": { try $0[0].split([1, 3], dim: 1) },
        "chunk": { try $0[0].chunk(2, dim: 0) },
        "narrow": { [try $0[0].narrow(dim: 1, start: 1, length: 2)] },
        "select": { [try $0[0].select(dim: 1, index: -1)] }, "subscript": { [try $0[0][2]] },
        "triu": { [try $0[0].triu(diagonal: 1)] }, "tril": { [try $0[0].tril(diagonal: -1)] },
        "layer_norm_plain": { [try $0[0].layerNorm([4])] }, "rms_norm_plain": { [try $0[0].rmsNorm([4])] },
        "to_float64": { [try $0[0].to(.float64)] }, "to_bfloat16": { [try $0[0].to(.bfloat16)] },
        "to_float16": { [try $0[0].to(.float16)] }, "to_int64": { [try ($0[0] * 10).to(.int64)] },
        "clone": { [try $0[0].clone()] }, "argmax": { [try $0[0].argmax()] },
        "argmax_dim": { [try $0[0].argmax(dim: 1, keepdim: true)] },
        "eq_scalar": { [try rounded($0[0]).eq(0)] }, "ne_scalar": { [try rounded($0[0]).ne(0)] },
        "lt_scalar": { [try $0[0].lt(0.1)] }, "le_scalar": { [try $0[0].le(0.1)] },
        "gt_scalar": { [try $0[0].gt(0.1)] }, "ge_scalar": { [try $0[0].ge(0.1)] },
        "isfinite": { [try $0[0].log().isfinite()] }, "isnan": { [try $0[0].log().isnan()] },
        "all_any": {
            [
                try $0[0].gt(-9).all(), try $0[0].gt(9).any(), try $0[0].gt(0).all(dim: 1),
                try $0[0].gt(1).any(dim: 0),
            ]
        },
        "zeros_ones_like": { [try $0[0].zerosLike(), try $0[0].onesLike()] },
    ]

    static let severalInputCases: [String: Case] = [
        "integer_division": { [try $0[0] / 2, try $0[0] * 2, try $0[0] * 2.5, try $0[0] + 1] },
        "add": { [try $0[0] + $0[1]] }, "sub": { [try $0[0] - $0[1]] }, "mul": { [try $0[0] * $0[1]] },
        "div": { [try $0[0] / $0[1]] }, "add_alpha": { [try $0[0].add($0[1], alpha: 0.25)] },
        "pow": { [try $0[0].pow($0[1])] }, "minimum": { [try $0[0].minimum($0[1])] },
        "maximum": { [try $0[0].maximum($0[1])] }, "matmul": { [try $0[0].matmul($0[1])] },
        "matmul_batched": { [try $0[0].matmul($0[1])] },
        "baddbmm": { [try $0[0].baddbmm($0[1], $0[2], beta: 0.5, alpha: 2)] },
        "linear": { [try $0[0].linear($0[1], $0[2])] }, "linear_without_bias": { [try $0[0].linear($0[1])] },
        "embedding": { [try Tensor.embedding($0[0], $0[1])] },
        "embedding_padding": { [try Tensor.embedding($0[0], $0[1], paddingIndex: 0)] },
        "cat": { [try Tensor.cat($0)] }, "stack": { [try Tensor.stack($0, dim: 1)] },
        "index_select": { [try $0[0].indexSelect(dim: 0, indices: $0[1])] },
        "gather": { [try $0[0].gather(dim: 1, indices: $0[1])] },
        "scatter": { [try $0[0].scatter(dim: 1, indices: $0[1], source: $0[2])] },
        "scatter_value": { [try $0[0].scatter(dim: 1, indices: $0[1], value: 7)] },
        "scatter_add": { [try $0[0].scatterAdd(dim: 1, indices: $0[1], source: $0[2])] },
        "masked_fill": { [try $0[0].maskedFill($0[1], -Double.infinity).exp()] },
        "masked_select": { [try $0[0].maskedSelect($0[1])] }, "nonzero": { [try $0[0].nonzero()] },
        "where": { [try Tensor.where($0[0], $0[1], $0[2])] },
        "bucketize": { [try $0[0].bucketize($0[1]), try $0[1].bucketize($0[1], right: true)] },
        "comparisons": {
            [
                try $0[0].eq($0[1]), try $0[0].ne($0[1]), try $0[0].lt($0[1]), try $0[0].le($0[1]),
                try $0[0].gt($0[1]), try $0[0].ge($0[1]),
            ]
        },
        "logic": { [try $0[0].logicalNot(), try $0[0].logicalAnd($0[1]), try $0[0].logicalOr($0[1])] },
        "layer_norm": { [try $0[0].layerNorm([4], weight: $0[1], bias: $0[2], eps: 1e-6)] },
        "rms_norm": { [try $0[0].rmsNorm([4], weight: $0[1], eps: 1e-6)] },
        "cross_entropy": { [try $0[0].crossEntropy(target: $0[1])] },
        "cross_entropy_smooth": {
            [try $0[0].crossEntropy(target: $0[1], ignoreIndex: -1, labelSmoothing: 0.1, reduction: .sum)]
        },
        "cross_entropy_weighted": {
            [try $0[0].crossEntropy(target: $0[1], weight: $0[2].detach(), reduction: .none)]
        },
        "nll_loss": { [try $0[0].nllLoss(target: $0[1])] },
        "attention": { [try Tensor.scaledDotProductAttention($0[0], $0[1], $0[2])] },
        "attention_bias": {
            [try Tensor.scaledDotProductAttention($0[0], $0[1], $0[2], mask: $0[3], scale: 1)]
        },
        "attention_causal": { [try Tensor.scaledDotProductAttention($0[0], $0[1], $0[2], isCausal: true)] },
        "in_place": {
            let (a, b, c) = ($0[0], $0[1], $0[2])
            return [
                try a.clone().add_(b, alpha: 2), try a.clone().sub_(b), try a.clone().mul_(b),
                try a.clone().div_(c),
                try a.clone().addcmul_(b, c, value: 0.5), try a.clone().addcdiv_(b, c, value: -0.5),
                try a.clone().lerp_(b, weight: 0.25), try a.clone().mul_(2).add_(1).div_(3),
                try a.clone().clamp_(min: -1, max: 1), try a.clone().maskedFill_(b.gt(0), 5),
                try a.clone().copy_(b[0]),
            ]
        },
        "fills": {
            [
                try $0[0].clone().zero_(), try $0[0].clone().fill_(3), try .full([2, 2], 1.5),
                try .zeros([2], dtype: .bfloat16), try .ones([1, 2]), try .scalar(4), try .arange(4),
                try .arange(0.5, 2, step: 0.5, dtype: .float32),
            ]
        },
    ]

    static func rounded(_ tensor: Tensor) throws -> Tensor {
        guard case .tensor(let result)? = try tensor.op("aten::round").first else {
            throw TorchError.invalid("round")
        }
        return result
    }

    @Test func fixtureAndTableNameTheSameCases() throws {
        let file = try Safetensors.read(fixture("operators.safetensors"))
        let named = Set(file.names.compactMap { $0.split(separator: "/").first.map(String.init) })
        #expect(named == Set(Self.cases.keys))
        #expect(named.count > 100)
    }

    @Test(arguments: Self.cases.keys.sorted())
    func givesWhatPyTorchGives(name: String) throws {
        let file = try Safetensors.read(fixture("operators.safetensors"))
        func tensors(_ kind: String) throws -> [Tensor] {
            try (0...).lazy.map { "\(name)/\(kind)\($0)" }.prefix { file.names.contains($0) }
                .map { try file.tensor($0) }
        }
        let inputs = try tensors("input").map { try $0.requiresGrad($0.dtype.isFloatingPoint) }
        let operation = try #require(Self.cases[name])
        let outputs = try operation(inputs)
        let expected = try tensors("output")
        try #require(outputs.count == expected.count)
        for (output, expected) in zip(outputs, expected) { try expectClose(output, expected, name) }

        guard file.names.contains("\(name)/upstream") else { return }
        try outputs[0].backward(gradient: file.tensor("\(name)/upstream"))
        for (index, input) in inputs.enumerated() {
            let key = "\(name)/grad\(index)"
            let grad = try input.grad
            #expect((grad != nil) == file.names.contains(key), "\(key)")
            if let grad { try expectClose(grad, file.tensor(key), key) }
        }
    }
}
