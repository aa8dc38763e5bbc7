import LyceumKit
import LyceumTorch
import NetworkTesting
import TestSupport
import Testing

@testable import BERT

/// The tiny checkpoints of scripts/fixtures/bert.py, and what transformers computed with them.
struct BERTFixture {
    let student: SequenceClassificationStudent<BERT>
    let model: BERT
    let tensors: [String: Tensor]

    static let folder = Files.parent(of: #filePath) + "/Fixtures"

    init(_ name: String) throws {
        let folder = Self.folder + "/" + name
        student = try SequenceClassificationStudent<BERT>(folder: folder)
        model = try #require(student.model)
        tensors = try Safetensors.read(folder + "/expected.safetensors").tensors()
    }

    static func expected() throws -> [String: Value] {
        try #require(
            JSON.decode(Files.read(folder + "/classifier/expected.json"), name: "expected.json").object)
    }

    func tensor(_ name: String) throws -> Tensor { try #require(tensors[name]) }

    /// The rows of `input_ids`; the fixtures have no padding inside.
    func rows() throws -> [[Int]] {
        let ids = try tensor("input_ids")
        let width = try ids.size(1)
        let flat = try ids.integers()
        return stride(from: 0, to: flat.count, by: width).map { start in
            let row = flat[start..<start + width]
            return Array(row.prefix((row.firstIndex(of: 3) ?? row.endIndex) - row.startIndex + 1))
        }
    }

    static var trial: StudentTrial {
        StudentTrial(BERT.registration, classify: ["precision": "fp32"])
    }

    static func classify(
        _ student: SequenceClassificationStudent<BERT>, _ texts: [String], _ more: [String: Value] = [:]
    ) throws -> [Classification] { try trial.classify(student, texts, more) }
}
