import LyceumKit
import Testing

@testable import PluginTemplates

@Test(arguments: StudentContract.Clause.allCases)
func recurrentContract(clause: StudentContract.Clause) {
    for contract in StudentContract.all(of: Recurrent.registration) {
        for outcome in contract.run([clause]) { #expect(outcome.isKept, "\(outcome)") }
    }
}
