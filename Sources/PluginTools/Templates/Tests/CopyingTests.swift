import LyceumKit
import Testing

@testable import PluginTemplates

@Test(arguments: StudentContract.Clause.allCases)
func copyingContract(clause: StudentContract.Clause) {
    for contract in StudentContract.all(of: PointerTransformer.registration) {
        for outcome in contract.run([clause]) { #expect(outcome.isKept, "\(outcome)") }
    }
}
