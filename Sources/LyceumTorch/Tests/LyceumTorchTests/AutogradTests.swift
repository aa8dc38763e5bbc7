import Testing

@testable import LyceumTorch

@Suite struct AutogradTests {
    let weight: Tensor

    init() throws { weight = try Tensor([1, 2, 3] as [Float]).requiresGrad(true) }

    @Test func gradientsAddUpUntilRemoved() throws {
        #expect(try weight.grad == nil)
        try (weight * weight).sum().backward()
        try (weight * 2).sum().backward()
        #expect(try weight.grad?.floats() == [4, 6, 8])
        try weight.zeroGrad()
        #expect(try weight.grad == nil)
    }

    @Test func takesAnUpstreamGradient() throws {
        try (weight * weight).backward(gradient: Tensor([1, 0, 10] as [Float]))
        #expect(try weight.grad?.floats() == [2, 0, 60])
    }

    @Test func gradientsCanBeReplaced() throws {
        try weight.setGrad(Tensor([9, 9, 9] as [Float]))
        #expect(try weight.grad?.floats() == [9, 9, 9])
        let error = #expect(throws: TorchError.self) { try weight.setGrad(Tensor.zeros([2])) }
        #expect(error?.description.contains("[3]") == true && error?.description.contains("[2]") == true)
    }

    @Test func recordsOnlyWhenAsked() throws {
        #expect(try (weight * 2).requiresGrad)
        #expect(try !noGrad { try weight * 2 }.requiresGrad)
        #expect(try !inferenceMode { try weight * 2 }.requiresGrad)
        #expect(try !weight.detach().requiresGrad)
        #expect(try (weight * 2).gradFunction == "MulBackward0" && weight.gradFunction == nil)
    }

    @Test func modesEndWithTheirBlockAlsoByError() throws {
        struct Stop: Error {}
        #expect(throws: Stop.self) { try noGrad { throw Stop() } }
        #expect(throws: Stop.self) { try inferenceMode { try noGrad { throw Stop() } } }
        #expect(try (weight * 2).requiresGrad)
    }

    @Test func misuseIsAnError() throws {
        #expect(throws: TorchError.self) { try (weight * 2).backward() }  // not a single element
        #expect(throws: TorchError.self) { try Tensor.ones([]).backward() }  // nothing recorded
        #expect(throws: TorchError.self) { try Tensor([1]).requiresGrad(true) }  // integers
        #expect(throws: TorchError.self) { try weight.add_(1) }  // a leaf in place
        let loss = try weight.square().sum()
        try loss.backward()
        #expect(throws: TorchError.self) { try loss.backward() }  // the record is gone
        let kept = try weight.square().sum()
        try kept.backward(retainGraph: true)
        try kept.backward()
        let inference = try inferenceMode { try Tensor.ones([3]) }
        #expect(throws: TorchError.self) { try (weight * inference).sum().backward() }
    }

    @Test func changesInPlaceWithoutRecord() throws {
        try noGrad { _ = try weight.add_(1) }
        #expect(try weight.floats() == [2, 3, 4])
        #expect(weight.requiresGrad)
    }
}
