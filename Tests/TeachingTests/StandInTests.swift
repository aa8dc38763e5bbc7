import LyceumKit
import Testing

@testable import Teaching

/// A student that writes its input backwards.
private final class Backwards: Student {
    let architecture = "backwards"
    let tasks: [StudentTask] = [.generate]
    let card: [(name: String, value: String)] = []
    private(set) var groups: [Int] = []

    func train(
        on examples: ExampleSource, validation: ExampleSource?, options: Options, job: Job
    ) throws -> TrainingReport { TrainingReport(steps: 0, epochs: 0, seconds: 0, tokens: 0, history: [:]) }

    func generate(_ inputs: [String], options: Options, job: Job) throws -> [GeneratedText] {
        groups.append(inputs.count)
        return inputs.map { GeneratedText(text: String($0.reversed()), tokenCount: $0.count) }
    }

    func save(to path: String) throws {}
}

@Suite("teachers that are not servers")
struct StandInTests {
    @Test("a student teaches, in groups, from the message or from a field")
    func student() throws {
        let options = try Options(declared: [], function: "test")
        let student = Backwards()
        let requests = (0..<100).map {
            TeacherRequest(messages: [ChatMessage(.user, "q\($0)")], fields: ["text": "f\($0)"])
        }
        let result = TeacherRun.run(
            requests, teacher: StudentTeacher(student, options: options), job: .silent())
        #expect(result.replies.map { $0?.text } == (0..<100).map { String("q\($0)".reversed()) })
        #expect(student.groups == [64, 36])
        let byField = StudentTeacher(student, options: options, input: "text")
        #expect(TeacherRun.run(requests, teacher: byField, job: .silent()).replies.last??.text == "99f")
        let missing = StudentTeacher(student, options: options, input: "txt")
        #expect(
            TeacherRun.run(requests, teacher: missing, job: .silent()).stopText
                == "no column 'txt'; did you mean 'text'?")
    }

    private let records: [[String: Value]] = [
        ["summary": "a", "n": 1, "article": "A one", "asked": "Write a."],
        ["summary": "b", "n": 2, "article": "B two", "asked": "Write b."],
        ["summary": "a", "n": 1, "article": "A again", "asked": "Write a."],
    ]

    private func ask(
        _ teacher: ReplayTeacher, _ text: String, _ fields: [String: String], sample: Int = 0
    ) -> String {
        let request = TeacherRequest(messages: [ChatMessage(.user, text)], fields: fields, sample: sample)
        let result = TeacherRun.run([request], teacher: teacher, job: .silent())
        return result.replies.first??.text ?? result.failures.first?.reason ?? "nothing"
    }

    @Test("recorded replies are found by the record's fields, one after the other for samples")
    func replayByFields() throws {
        let teacher = try ReplayTeacher(records, name: "r.jsonl", reply: "article", question: nil)
        #expect(ask(teacher, "?", ["summary": "b", "n": "2"]) == "B two")
        #expect(ask(teacher, "?", ["summary": "a"]) == "A one")
        #expect(ask(teacher, "?", ["summary": "a"], sample: 1) == "A again")
        #expect(
            ask(teacher, "?", ["summary": "a"], sample: 2) == "r.jsonl has 2 replies to this question, not 3")
        #expect(
            ask(teacher, "?", ["summary": "c"]).hasPrefix("r.jsonl has no reply to this question; it holds 3")
        )
        #expect(ask(teacher, "?", ["sumary": "a"]).contains("no column 'sumary'; did you mean 'summary'?"))
        #expect(ask(teacher, "?", [:]).contains("there are none; give `question`"))
    }

    @Test("or by the question as it was sent")
    func replayByQuestion() throws {
        let teacher = try ReplayTeacher(records, name: "r.jsonl", reply: "article", question: "asked")
        #expect(ask(teacher, "Write b.", [:]) == "B two")
        let chat: Value = [["role": "system", "content": "S"], ["role": "user", "content": "q"]]
        let chats = try ReplayTeacher(
            [["messages": chat, "reply": "r"]], name: "c", reply: "reply", question: "messages")
        let request = TeacherRequest(messages: [ChatMessage(.system, "S"), ChatMessage(.user, "q")])
        #expect(TeacherRun.run([request], teacher: chats, job: .silent()).replies.first??.text == "r")
        #expect(throws: LyceumError.self) {
            try ReplayTeacher(records, name: "r", reply: "articel", question: nil)
        }
    }
}
