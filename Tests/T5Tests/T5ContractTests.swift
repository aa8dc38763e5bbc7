import LyceumKit
import Testing

@testable import T5

@Test(
    "T5 keeps the contract of students", .timeLimit(.minutes(5)), arguments: StudentContract.Clause.allCases)
func t5KeepsTheContract(clause: StudentContract.Clause) {
    for outcome in StudentContract(T5.registration, task: .generate).run([clause]) {
        #expect(outcome.isKept, "\(outcome)")
    }
}
