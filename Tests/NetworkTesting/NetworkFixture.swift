import LyceumKit
import LyceumTorch
import Testing

/// A tiny checkpoint that a script of scripts/fixtures made, and what the reference implementation computed with it.
///
/// `expected.safetensors` has `input_ids` and `labels` (padded; -100 where there is no label) or `expected.json` has
/// `sources` and `targets`; then `logits` or `log_probabilities` at each position, the gradient of each weight as
/// `grad.NAME`, and the `loss`.
public struct NetworkFixture<Model: SequenceToSequenceModel> {
    /// The checkpoint.
    public let folder: String
    /// The student that was loaded from it.
    public let student: SequenceToSequenceStudent<Model>
    /// Its network.
    public let model: Model
    /// The tensors of expected.safetensors.
    public let tensors: [String: Tensor]
    /// expected.json.
    public let expected: [String: Value]

    /// Loads a checkpoint.
    ///
    /// - Parameter expectations: the folder with what was computed, if that is another.
    public init(_ folder: String, expectations: String? = nil) throws {
        self.folder = folder
        student = try SequenceToSequenceStudent<Model>(folder: folder)
        model = try #require(student.model)
        let computed = expectations ?? folder
        tensors = try Safetensors.read(computed + "/expected.safetensors").tensors()
        expected = try #require(
            JSON.decode(Files.read(computed + "/expected.json"), name: "expected.json").object)
    }

    /// A tensor by its name.
    public func tensor(_ name: String) throws -> Tensor { try #require(tensors[name]) }

    /// A number by its name.
    public func number(_ name: String) throws -> Double { try #require(expected[name]?.number) }

    /// Lists of token ids: `name` of expected.json.
    public func lists(_ name: String) throws -> [[Int]] {
        try #require(expected[name]?.list).map { try #require($0.list).compactMap(\.integer) }
    }

    /// What the encoder read.
    public func sources() throws -> [[Int]] {
        if expected["sources"] != nil { return try lists("sources") }
        return try tensor("input_ids").rows(without: model.padID)
    }

    /// What the decoder was to write.
    public func targets() throws -> [[Int]] {
        if expected["targets"] != nil { return try lists("targets") }
        return try tensor("labels").rows(without: -100)
    }

    /// The pairs, padded.
    ///
    /// - Parameter multiple: of which lengths are made multiples, as training does.
    public func batch(multiple: Int = 1) throws -> SequenceToSequenceBatch {
        try SequenceToSequenceBatch(
            sources: sources(), targets: targets(), padID: model.padID, startID: model.decoderStartID,
            multiple: multiple)
    }
}

extension Tensor {
    /// The rows of a matrix of integers, without one of them.
    public func rows(without padding: Int? = nil) throws -> [[Int]] {
        let width = try size(1)
        let flat = try integers()
        return stride(from: 0, to: flat.count, by: width).map { start in
            flat[start..<start + width].filter { $0 != padding }
        }
    }
}
