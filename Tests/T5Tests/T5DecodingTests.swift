import LyceumKit
import NetworkTesting
import Testing

@testable import T5

@Suite("T5 decodes what transformers decodes")
struct T5DecodingTests {
    @Test(arguments: ["relu", "flan"])
    func tokens(_ name: String) throws { try parity(name).expectSameTokens() }

    @Test(arguments: ["relu", "flan"])
    func distributions(_ name: String) throws { try parity(name).expectSameDistributions() }

    @Test func draws() throws { try parity("relu").expectRepeatableDraws() }

    private func parity(_ name: String) throws -> DecodingParity<T5> {
        try DecodingParity(folder: T5Fixture.folder + "/" + name)
    }
}
