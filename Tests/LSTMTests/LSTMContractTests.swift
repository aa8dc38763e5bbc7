import LyceumKit
import Testing

@testable import LSTM

@Test(
    "LSTM keeps the contract of students", .timeLimit(.minutes(5)), arguments: StudentTask.allCases,
    StudentContract.Clause.allCases)
func lstmKeepsTheContract(task: StudentTask, clause: StudentContract.Clause) {
    for outcome in StudentContract(LSTMStudents.registration, task: task).run([clause]) {
        #expect(outcome.isKept, "\(outcome)")
    }
}
