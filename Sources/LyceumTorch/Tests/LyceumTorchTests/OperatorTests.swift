import Testing

@testable import LyceumTorch

/// The boxed call: what it says when it fails, how arguments are converted and defaults filled.
@Suite struct OperatorTests {
    let matrix: Tensor

    init() throws { matrix = try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3]) }

    func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "no error"
        } catch { return "\(error)" }
    }

    @Test func shapeErrorsNameOperatorAndBothShapes() throws {
        let other = try Tensor.zeros([4, 5])
        #expect(
            throws: TorchError.operation(
                name: "aten::matmul",
                operands: [.init(dtype: .float32, shape: [2, 3]), .init(dtype: .float32, shape: [4, 5])],
                reason: "mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)")
        ) { try matrix.matmul(other) }
        #expect(
            message { _ = try matrix + other }
                == "aten::add: The size of tensor a (3) must match the size of tensor b (5) at non-singleton "
                + "dimension 1 (given float32[2, 3], float32[4, 5])")
    }

    @Test func libtorchErrorsAreOneLine() throws {
        let indices = try Tensor([7])
        for text in [
            message { _ = try Tensor.embedding(matrix, indices) },
            message { _ = try Tensor.embedding(matrix, matrix) },
            message { _ = try matrix.select(dim: 0, index: 2) },
            message { _ = try matrix.gather(dim: 1, indices: Tensor([3], shape: [1, 1])) },
            message { _ = try matrix.view(4, 4) },
            message { _ = try matrix.softmax(dim: 2) },
            message { _ = try Tensor.cat([]) },
            message { _ = try Tensor.zeros([1 << 62, 1 << 62]) },
            message { _ = try Tensor.zeros([1 << 50]) },
            message { _ = try Tensor.zeros([-1]) },
            message { _ = try Tensor.arange(0, 5, step: 0) },
            message { _ = try matrix.crossEntropy(target: Tensor([0, 9])) },
            message { _ = try matrix.dropout(p: 2, training: true) },
            message { _ = try Tensor([-1, 0] as [Float]).multinomial(samples: 1) },
        ] {
            #expect(text.hasPrefix("aten::") && !text.contains("\n") && text.count > 20, "\(text)")
        }
    }

    @Test func unknownOperatorsAreErrorsThatHelp() throws {
        #expect(
            message { _ = try matrix.op("aten::nonsense") }
                == "aten::nonsense: libtorch has no operator of this name")
        #expect(
            message { _ = try matrix.op("aten::add") }
                == "aten::add: libtorch has no such overload; there are: Scalar, Scalar_out, Tensor, out")
    }

    @Test func tensorsWithoutASwiftFormAreRefused() throws {
        #expect(message { _ = try matrix.op("aten::to_sparse") }.contains("sparse or nested"))
        #expect(message { _ = try matrix.op("aten::complex", .tensor(matrix)) }.contains("has no place here"))
    }

    @Test func wrongArgumentsAreNamed() throws {
        #expect(
            message { _ = try matrix.op("aten::softmax", overload: "int", .real(1)) }
                .contains("argument 'dim' must be int, not a float"))
        #expect(
            message { _ = try matrix.op("aten::softmax", overload: "int") }.contains(
                "argument 'dim' (int) is missing"))
        #expect(
            message { _ = try matrix.op("aten::relu", .bool(true)) }.contains(
                "takes 1 arguments, 2 were given"))
        #expect(
            message { _ = try Tensor.op("aten::stack", .optionalTensors([matrix, nil])) }
                .contains("argument 'tensors' must be Tensor[], not none"))
    }

    @Test func fillsDefaultsAndConverts() throws {
        // default in the middle, a number for a one-element list, an optional list of tensors
        guard
            case .tensor(let sum)? = try matrix.op(
                "aten::sum", overload: "dim_IntList", .integer(0), .default
            ).first,
            case .tensor(let row)? = try matrix.op(
                "aten::index", overload: "Tensor", .optionalTensors([nil, Tensor([2, 0])])
            ).first,
            case .tensors(let scaled)? = try Tensor.op(
                "aten::_foreach_mul", overload: "ScalarList", .tensors([matrix, matrix]), .reals([2, 3])
            ).first
        else {
            Issue.record("an operator gave something else")
            return
        }
        #expect(try sum.floats() == [5, 7, 9])
        #expect(try row.floats() == [3, 1, 6, 4])
        #expect(try scaled[1].floats() == [3, 6, 9, 12, 15, 18])
    }

    @Test func giveMoreThanTensors() throws {
        guard case .bool(let same)? = try matrix.op("aten::equal", .tensor(matrix)).first,
            case .integer(let size)? = try matrix.op("aten::size", overload: "int", .integer(1)).first
        else {
            Issue.record("an operator gave something else")
            return
        }
        #expect(same && size == 3)
    }

    @Test func schemasCanBeRead() {
        #expect(Operator("aten::relu").schema == "aten::relu(Tensor self) -> Tensor")
        #expect(Operator("aten::nonsense").schema == nil)
    }

    @Test func listOperatorsChangeEveryTensor() throws {
        let list = [try Tensor.ones([2]), try Tensor.full([1], 4)]
        try Foreach.mul_(list, 3)
        try Foreach.add_(list, list, alpha: 2)
        #expect(try list.map { try $0.floats() } == [[9, 9], [36]])
        #expect(try Foreach.norm(list)[1].item() == 36)
        #expect(try Foreach.sqrt(list)[1].floats() == [6])
        try Foreach.zero_(list)
        try Foreach.copy_(list, [Tensor([1.5, 2]), Tensor([7])])
        #expect(try list.map { try $0.floats() } == [[1.5, 2], [7]])
    }

    /// One step from zero state: the update is lr · sign(gradient) after decay of the weight by lr · weight_decay.
    @Test func fusedAdamWSteps() throws {
        let weight = try Tensor([1, -2] as [Float])
        let zeros = { try weight.zerosLike() }
        try Foreach.fusedAdamW_(
            parameters: [weight], gradients: [Tensor([0.5, -3] as [Float])], averages: [zeros()],
            squareAverages: [zeros()], steps: [.scalar(1)], learningRate: 0.1, beta1: 0.9, beta2: 0.999,
            weightDecay: 0.5, epsilon: 1e-8)
        try expectClose(weight, Tensor([1 * 0.95 - 0.1, -2 * 0.95 + 0.1] as [Float]))
    }
}
