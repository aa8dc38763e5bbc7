import LyceumKit
import LyceumTorch
import Testing

@Suite struct GradientCheckTests {
    private static let operators: [(name: String, function: @Sendable (Tensor) throws -> Tensor)] = [
        ("matmul", { try $0.matmul($0.transpose(0, 1)) }), ("softmax", { try $0.softmax(dim: -1) }),
        ("layerNorm", { try $0.layerNorm([4]) }), ("rmsNorm", { try $0.rmsNorm([4], eps: 1e-6) }),
        ("gelu", { try $0.gelu() }), ("gelu by tanh", { try $0.gelu(approximate: .tanh) }),
        ("silu", { try $0.silu() }), ("logsumexp", { try $0.logsumexp(dims: [0]) }),
        ("cumsum", { try $0.cumsum(dim: 1) }), ("triu", { try $0.triu(diagonal: 1) }),
        ("variance", { try $0.variance(dims: [1]) }), ("square root", { try ($0 * $0 + 1).sqrt() }),
        ("gather", { try $0.gather(dim: 1, indices: Tensor([0, 3, 1], shape: [3, 1])) }),
        ("cross-entropy", { try $0.crossEntropy(target: Tensor([1, 0, 3])) }),
        (
            "attention",
            { x in
                let q = try x.view(1, 1, 3, 4)
                return try Tensor.scaledDotProductAttention(q, q * 2, q + 1)
            }
        ),
        (
            "aten::roll, looked up",
            { try Operator("aten::roll")(.tensor($0), .integers([1]), .integers([0])) }
        ),
        (
            "aten::logit, by name",
            { x in
                guard case .tensor(let y)? = try x.sigmoid().op("aten::logit").first else { return x }
                return try y * y
            }
        ),
    ]

    @Test("gradients agree with differences", arguments: operators.indices)
    func agree(index: Int) throws {
        let x = try Tensor(
            [0.3, -1.2, 0.7, 2.1, -0.4, 0.9, 1.6, -0.8, 0.1, 0.5, -1.9, 1.1] as [Double], shape: [3, 4])
        let error = try GradientCheck.largestError(at: x, of: Self.operators[index].function)
        #expect(error < 1e-6, "\(Self.operators[index].name): \(error)")
    }

    @Test func aWrongGradientIsFound() throws {
        // The value depends on x twice, the gradient only on one of them.
        let error = try GradientCheck.largestError(at: Tensor([1, 2] as [Double])) { try $0 * $0.detach() }
        #expect(error > 0.1)
        #expect(throws: TorchError.self) {
            try GradientCheck.largestError(at: Tensor([1] as [Double])) { try $0.detach() }
        }
    }
}

/// Every name in the right column of "From PyTorch to LyceumTorch" is declared.
@Suite struct FromPyTorchTests {
    @Test func everyNameExists() throws {
        let root = Files.parent(of: #filePath) + "/../../Sources/LyceumTorch"
        let page = String(
            decoding: try Files.read(root + "/LyceumTorch.docc/FromPyTorch.md"), as: UTF8.self)
        var source = ""
        for folder in ["Tensor", "Modules", "Runtime", "Decoding"] {
            for name in Files.list("\(root)/\(folder)") where name.hasSuffix(".swift") {
                source += String(decoding: try Files.read("\(root)/\(folder)/\(name)"), as: UTF8.self)
            }
        }
        let pattern = /`[^`|]*?([A-Za-z_][A-Za-z_0-9]+)(?:\(|`| \{)[^`]*`?/
        var checked = 0
        for line in page.split(separator: "\n") where line.hasPrefix("| `") {
            let right = line.split(separator: " | ").last ?? ""
            for match in right.matches(of: pattern) {
                let name = String(match.output.1)
                let declared = [
                    "func \(name)(", "func \(name)<", "func `\(name)`(", "var \(name):", "let \(name):",
                    "class \(name)", "enum \(name)", "super.\(name)(",
                ].contains(where: source.contains)
                #expect(declared, "\(name), in \(line)")
                checked += 1
            }
        }
        #expect(checked > 60)
    }
}
