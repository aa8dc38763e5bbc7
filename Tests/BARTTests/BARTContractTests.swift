import LyceumKit
import Testing

@testable import BART

@Test(
    "BART keeps the contract of students", .timeLimit(.minutes(5)), arguments: StudentContract.Clause.allCases
)
func bartKeepsTheContract(clause: StudentContract.Clause) {
    for outcome in StudentContract(BART.registration, task: .generate).run([clause]) {
        #expect(outcome.isKept, "\(outcome)")
    }
}
