import LyceumKit
import Testing

@testable import PluginTemplates

@Test func formatContract() {
    for outcome in FormatContract(ArrowPairs.registration).run() { #expect(outcome.isKept, "\(outcome)") }
}

@Test func readsPairs() throws {
    let records = try ArrowPairs.records(of: "a cat => cat\na dog => dog\n", path: "x")
    #expect(records.map { $0["target"] } == ["cat", "dog"])
    let error = #expect(throws: LyceumError.self) { try ArrowPairs.records(of: "a cat", path: "x") }
    #expect(error?.description.contains("x:1") == true)
}
