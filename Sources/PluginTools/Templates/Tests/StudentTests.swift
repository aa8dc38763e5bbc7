import LyceumKit
import Testing

@testable import PluginTemplates

@Test(arguments: StudentContract.Clause.allCases)
func studentContract(clause: StudentContract.Clause) {
    for contract in StudentContract.all(of: Transformer.registration) {
        for outcome in contract.run([clause]) { #expect(outcome.isKept, "\(outcome)") }
    }
}
