import LyceumKit
import Testing

@testable import PluginTemplates

@Test func teacherContract() {
    for outcome in TeacherContract(FirstSentences.registration).run() {
        #expect(outcome.isKept, "\(outcome)")
    }
}

@Test func answersWithTheFirstSentences() throws {
    let kind = FirstSentences.registration
    let teacher = try kind.open(Options(["sentences": 2], declared: kind.options, function: "teacher.open"))
    var answers: [String] = []
    let request = TeacherRequest(messages: [ChatMessage(.user, "One cat. Two dogs. Three birds.")])
    try teacher.answer([request], job: .silent()) { _, result in answers.append(try result.get().text) }
    #expect(answers == ["One cat. Two dogs."])
}
