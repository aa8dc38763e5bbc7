import LyceumTorch
import Testing

/// Fails unless both agree within `relative` of the largest element, plus `absolute`.
public func expectClose(
    _ actual: Tensor, _ expected: Tensor, relative: Double = 1e-4, absolute: Double = 1e-5, _ what: String,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    #expect(actual.shape == expected.shape, "\(what)", sourceLocation: sourceLocation)
    guard actual.shape == expected.shape else { return }
    let difference = try (actual - expected).abs().max().item()
    let scale = try expected.abs().max().item()
    #expect(
        difference <= relative * scale + absolute,
        "\(what): differs by \(difference), largest element \(scale)",
        sourceLocation: sourceLocation)
}

/// Fails unless both curves agree at each step, relative to the second and absolutely near zero.
public func expectCurve(
    _ actual: [Double], _ expected: [Double], relative: Double, _ what: String,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(
        actual.count == expected.count && !expected.isEmpty, "\(what)", sourceLocation: sourceLocation)
    for (index, (a, b)) in zip(actual, expected).enumerated() {
        #expect(
            abs(a - b) <= relative * abs(b) + 1e-6, "\(what), step \(index + 1): \(a) instead of \(b)",
            sourceLocation: sourceLocation)
    }
}
