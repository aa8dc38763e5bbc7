import NetworkTesting
import Testing

@testable import BART

@Suite("BART computes where it is put")
struct BARTDeviceTests {
    @Test func everyTensorFollowsTheNetwork() throws { try BARTFixture.load().expectTensorsFollow() }

    @Test func everySearchFollowsTheNetwork() throws {
        try DecodingParity<BART>(folder: BARTFixture.folder).expectSearchesFollow()
    }
}
