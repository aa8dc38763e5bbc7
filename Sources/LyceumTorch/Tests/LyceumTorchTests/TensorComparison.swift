import Foundation
import Testing

@testable import LyceumTorch

/// The path of a file of the test's fixtures.
func fixture(_ name: String) throws -> String {
    try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil)).appendingPathComponent(name)
        .path
}

/// Expects the same dtype and shape, and elements equal within |a - b| ≤ absolute + relative · |b|; NaN equals NaN.
func expectClose(
    _ tensor: Tensor, _ expected: Tensor, _ comment: String = "", absolute: Double = 1e-6,
    relative: Double = 1e-5,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    #expect(tensor.dtype == expected.dtype, "\(comment)", sourceLocation: sourceLocation)
    #expect(tensor.shape == expected.shape, "\(comment)", sourceLocation: sourceLocation)
    let (found, wanted) = (try tensor.doubles(), try expected.doubles())
    try #require(found.count == wanted.count, sourceLocation: sourceLocation)
    for index in found.indices {
        let (a, b) = (found[index], wanted[index])
        let isClose = a == b || (a.isNaN && b.isNaN) || (a - b).magnitude <= absolute + relative * b.magnitude
        #expect(
            isClose, "\(comment): element \(index) is \(a), PyTorch has \(b)", sourceLocation: sourceLocation)
    }
}
