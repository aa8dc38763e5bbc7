import LyceumKit
import Testing

@testable import GBDT

@Test(
    "GBDT keeps the contract of students", .timeLimit(.minutes(5)), arguments: StudentTask.allCases,
    StudentContract.Clause.allCases)
func gbdtKeepsTheContract(task: StudentTask, clause: StudentContract.Clause) {
    for outcome in StudentContract(GBDTStudent.registration, task: task).run([clause]) {
        #expect(outcome.isKept, "\(outcome)")
    }
}
