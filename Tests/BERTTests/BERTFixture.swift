import LyceumKit
import LyceumTorch
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

    static func classify(
        _ student: SequenceClassificationStudent<BERT>, _ texts: [String], _ more: [String: Value] = [:]
    ) throws -> [Classification] {
        let given: [String: Value] = ["precision": "fp32"]
        return try student.classify(
            texts,
            options: Options(
                given.merging(more) { _, new in new }, declared: BERT.registration.classificationOptions,
                function: "student:classify"),
            job: .silent())
    }
}

/// Fails unless both agree within `relative` of the largest element, plus 1e-6.
func expectClose(_ actual: Tensor, _ expected: Tensor, relative: Double, _ what: String) throws {
    #expect(actual.shape == expected.shape, "\(what)")
    guard actual.shape == expected.shape else { return }
    let difference = try (actual - expected).abs().max().item()
    let scale = try expected.abs().max().item()
    #expect(
        difference <= relative * scale + 1e-6, "\(what): differs by \(difference), largest element \(scale)")
}

/// Fails unless both curves agree at each step.
func expectCurve(_ actual: [Double], _ expected: [Double], relative: Double, _ what: String) {
    #expect(actual.count == expected.count && !expected.isEmpty, "\(what)")
    for (index, (a, b)) in zip(actual, expected).enumerated() {
        #expect(abs(a - b) <= relative * abs(b) + 1e-6, "\(what), step \(index + 1): \(a) instead of \(b)")
    }
}
