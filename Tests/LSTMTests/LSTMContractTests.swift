import LyceumKit
import Testing

@testable import LSTM

@Test(
    "LSTM keeps the contract of students", .timeLimit(.minutes(5)), arguments: StudentContract.Clause.allCases
)
func lstmKeepsTheContract(clause: StudentContract.Clause) {
    for outcome in StudentContract(PointerGenerator.registration, task: .generate).run([clause]) {
        #expect(outcome.isKept, "\(outcome)")
    }
}
