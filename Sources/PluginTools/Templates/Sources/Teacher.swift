// A teacher that answers with the first sentences of what it is asked: a baseline, not a language model.
import LyceumKit

/// Answers requests; see `Teacher`.
final class FirstSentences: Teacher {
    /// The options of `teacher.open { "template", … }`.
    struct Configuration: Settings {
        @Setting("sentences", in: 1...100, unit: "sentences", "of an answer") var sentences = 1
    }

    let kind = "template"
    let name: String
    private let sentences: Int

    init(_ configuration: Configuration) {
        sentences = configuration.sentences
        name = "\(kind) (\(sentences))"
    }

    var card: [(name: String, value: String)] { [("sentences", String(sentences))] }

    /// What decides an answer: under it replies are kept in the lab.
    func sent(_ request: TeacherRequest) -> SentRequest? {
        SentRequest(model: name, messages: request.messages)
    }

    func answer(
        _ requests: [TeacherRequest], job: Job,
        receive: (_ index: Int, _ result: Result<TeacherReply, any Error>) throws -> Void
    ) throws {
        for (index, request) in requests.enumerated() {
            try job.checkCancelled(kept: "\(index) of \(requests.count) answers")
            let question = request.messages.last?.content ?? ""
            let text = Sentences.split(question).prefix(sentences).joined(separator: " ")
            if text.allSatisfy(\.isWhitespace) {
                try receive(index, .failure(LyceumError.empty("the question", remedy: nil)))
            } else {
                try receive(index, .success(TeacherReply(text: text, model: name)))
            }
        }
    }

    /// How it is opened.
    static var registration: TeacherKind {
        TeacherKind(
            id: "template", summary: "answers with the first sentences of the question",
            options: Configuration.declarations, open: { FirstSentences(try Configuration($0)) })
    }
}
