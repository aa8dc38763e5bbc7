import LyceumKit
import LyceumTorch
import Testing

/// A network that sums the vectors of what it has read, and is right, or wrong in one way.
private final class Summing: Module, SequenceToSequenceModel {
    enum Fault: String, SettingChoice { case none, future, forgets, layersFirst, repeatedSource }

    struct Configuration: SequenceToSequenceConfiguration {
        @Setting("vocab_size", in: 16...1000, unit: "pieces", "maximum vocabulary size") var vocabularySize =
            60
        @Setting("fault", "what is wrong") var fault = Fault.none
    }

    static let architecture = "summing"
    let configuration: Configuration
    @Part("tokens") private var tokens: Embedding
    @Part("head") private var head: Linear
    private static let size = 8

    init(_ configuration: Configuration) throws {
        self.configuration = configuration
        super.init()
        tokens = try Embedding(configuration.vocabularySize, Self.size, deviation: 0.5)
        head = try Linear(Self.size, configuration.vocabularySize)
    }

    var decoderLayerCount: Int { configuration.fault == .repeatedSource ? 1 : 0 }

    func encode(_ batch: TokenBatch) throws -> EncodedSource {
        let states = try tokens(batch.ids)
        return EncodedSource(
            states: states, mask: try batch.paddingMask(dtype: states.dtype),
            start: [try states.narrow(dim: 1, start: 0, length: 1).squeeze(1)])
    }

    func decode(_ ids: Tensor, source: EncodedSource, cache: DecoderCache?) throws -> Tensor {
        let (fault, x) = (configuration.fault, try tokens(ids))
        let each = try ids.size(0) / source.states.size(0)
        let start = try source.start[0].repeatInterleave(each, dim: 0)
        let kept = try cache?.recurrent.first.map { try fault == .layersFirst ? $0.squeeze(0) : $0 }
        let sums = fault == .forgets ? start : kept ?? start
        let states = try sums.unsqueeze(1) + x.cumsum(dim: 1)
        let last = try states.narrow(dim: 1, start: ids.size(1) - 1, length: 1).squeeze(1)
        cache?.recurrent = [try fault == .layersFirst ? last.unsqueeze(0) : last]
        if fault == .repeatedSource {
            let memory = try source.states.unsqueeze(1).repeatInterleave(each, dim: 0)
            cache?.layers[0].crossAttention = (memory, memory)
        }
        // Without a cache each position sees the whole sum.
        return try fault == .future && cache == nil ? last.unsqueeze(1) + states.zerosLike() : states
    }

    func logits(_ states: Tensor) throws -> Tensor { try head(states) }

    static func registration(_ fault: Fault) -> StudentArchitecture {
        SequenceToSequenceStudent<Summing>.registration(
            modelTypes: ["summing"], summary: "sums", learningRate: 1e-2,
            trial: ["vocab_size": 60, "fault": .string(fault.rawValue)])
    }

    /// What the clause says of a network with a fault; nil if it is kept.
    static func verdict(_ fault: Fault) -> String? {
        for contract in StudentContract.all(of: registration(fault)) where contract.task == .generate {
            guard let verdict = contract.run([.stepping]).first?.verdict else { return "not tried" }
            if case .broken(let why) = verdict { return why }
        }
        return nil
    }
}

/// The clause that compares what is written token by token with whole texts names the mistake where it was made.
@Suite struct SteppingTests {
    @Test("a network that is right keeps it")
    func right() { #expect(Summing.verdict(.none) == nil) }

    @Test(
        "mistakes are named",
        arguments: [
            ("future", "it sees what comes after it"), ("forgets", "differ from those of the whole text"),
            ("layersFirst", "cache.recurrent[0] has 1 row, there are 9 hypotheses: keep rows first"),
            ("repeatedSource", "cache.layers[0].crossAttention has 9 rows, there are 3 sources"),
        ])
    func mistakes(fault: String, expected: String) throws {
        let said = Summing.verdict(try #require(Summing.Fault(rawValue: fault))) ?? "kept"
        #expect(said.contains(expected), "\(said)")
    }
}
