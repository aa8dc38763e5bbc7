import LyceumTorch
import Testing

private class Base: Module {
    @Part("base") var base: Linear

    override init() {
        super.init()
    }
}

/// Parts of every kind, in a module that inherits one.
private final class Parts: Base {
    @Part("layer.0.attention") var attention: Linear
    @Part("norms") var norms: [RMSNorm]
    @Part("layer.*.gate") var gates: [Linear]
    @Part("head") var head: Linear?
    @Part("scale") var scale: Parameter
    @Part("steps") var steps: Tensor
    @Part("dropout") var dropout = Dropout(0.5)

    init(head withHead: Bool = false) throws {
        super.init()
        base = try Linear(2, 2, bias: false)
        attention = try Linear(2, 2, bias: false)
        norms = try (0..<2).map { _ in try RMSNorm(2) }
        gates = try (0..<2).map { _ in try Linear(2, 2, bias: false) }
        head = withHead ? try Linear(2, 2, bias: false) : nil
        scale = try Parameter(.ones([1]))
        steps = try .zeros([1])
    }
}

/// Every way to forget a part.
private final class Forgetful: Module {
    struct Pair { let left: Linear }

    @Part("query") private var query: Linear
    @Part("bias") private var bias: Linear?
    private let head: Linear
    private let shift: Parameter
    private let layers: [RMSNorm]
    private let pair: Pair
    private let known: Linear
    private let dropout = Dropout(0.1)

    init(size: Int) throws {
        head = try Linear(size, size)
        shift = try Parameter(.ones([1]))
        layers = [try RMSNorm(size)]
        pair = Pair(left: try Linear(size, size))
        known = try Linear(size, size)
        super.init()
        register("known", known)
    }
}

@Suite struct PartTests {
    @Test func declaringRegisters() throws {
        let parts = try Parts()
        #expect(
            parts.namedParameters().map(\.name) == [
                "scale", "base.weight", "layer.0.attention.weight", "norms.0.weight", "norms.1.weight",
                "layer.0.gate.weight", "layer.1.gate.weight",
            ])
        #expect(parts.namedBuffers().map(\.name) == ["steps"] && parts.wiringFaults().isEmpty)
        #expect(try Parts(head: true).namedParameters().map(\.name).contains("head.weight"))
        parts.train()
        #expect(parts.dropout.isActive)
    }

    @Test func aPartThatIsSetAgainIsReplaced() throws {
        let parts = try Parts()
        parts.head = try Linear(weight: .full([1, 2], 3))
        parts.gates = []
        let names = parts.namedParameters().map(\.name)
        #expect(names.contains("head.weight") && !names.contains("layer.0.gate.weight"))
        parts.head = nil
        #expect(!parts.namedParameters().map(\.name).contains("head.weight"))
    }

    @Test func whatNobodyRegisteredIsNamed() throws {
        let faults = try Forgetful(size: 2).wiringFaults()
        #expect(
            faults == [
                "Forgetful never sets its part 'query': set it in init, after super.init()",
                "Forgetful.head is a Linear that is not registered: declare it as @Part(\"head\")",
                "Forgetful.shift is a Parameter that is not registered: declare it as @Part(\"shift\")",
                "Forgetful.layers is a RMSNorm that is not registered: declare it as @Part(\"layers\")",
                "Forgetful.pair is a Linear that is not registered: declare it as @Part(\"pair\")",
                "Forgetful.dropout is a Dropout that is not registered: declare it as @Part(\"dropout\")",
            ])
        let error = #expect(throws: TorchError.self) { try Forgetful(size: 2).checkWiring() }
        #expect(error.map { "\($0)" }?.contains("head is a Linear") == true)
    }
}
