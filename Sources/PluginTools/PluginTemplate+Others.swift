extension PluginTemplate {
    static let teacherKind = Kind(
        source: #"""
            // A teacher that answers with the first sentences of what it is asked: a baseline, not a language model.

            import LyceumKit

            /// Answers requests; see `Teacher`.
            final class __MODULE__: Teacher {
                let kind = "__ID__"
                let name: String
                private let sentences: Int

                init(_ options: Options) throws {
                    sentences = try options.int("sentences")
                    name = "__ID__ (\(sentences))"
                }

                var card: [(name: String, value: String)] { [("sentences", String(sentences))] }

                func answer(
                    _ requests: [TeacherRequest], job: Job,
                    receive: (_ index: Int, _ result: Result<TeacherReply, any Error>) throws -> Void
                ) throws {
                    for (index, request) in requests.enumerated() {
                        try job.checkCancelled(kept: "\(index) of \(requests.count) answers")
                        let question = request.messages.last?.content ?? ""
                        let text = Sentences.split(question).prefix(sentences).joined(separator: " ")
                        try receive(index, .success(TeacherReply(text: text, model: name)))
                    }
                }

                static var registration: TeacherKind {
                    TeacherKind(
                        id: "__ID__", summary: "answers with the first sentences of the question",
                        options: [
                            .integer("sentences", default: 1, in: 1...100, unit: "sentences", "of an answer")
                        ],
                        open: { try __MODULE__($0) })
                }
            }

            """#,
        registration: "",
        manifest: #"""
              "teachers": [
                { "id": "__ID__", "summary": "answers with the first sentences of the question" }
              ]
            """#,
        test: #"""
            import LyceumKit
            import Testing

            @testable import __MODULE__

            @Test func answersWithTheFirstSentences() throws {
                let kind = __MODULE__.registration
                let teacher = try kind.open(
                    Options(["sentences": 2], declared: kind.options, function: "teacher.open"))
                var answers: [String] = []
                let request = TeacherRequest(messages: [ChatMessage(.user, "One cat. Two dogs. Three birds.")])
                try teacher.answer([request], job: .silent()) { _, result in answers.append(try result.get().text) }
                #expect(answers == ["One cat. Two dogs."])
            }

            """#,
        usage: #"""
            t = teacher.open { "__ID__", sentences = 2 }
            t "One cat. Two dogs. Three birds."
            """#)

    static let metricKind = Kind(
        source: #"""
            // The share of words that a text does not have from its reference: how much of it is new.

            import LyceumKit

            enum __MODULE__ {
                /// The share of the words of `text` that stand in none of `references`, 0…1.
                static func novelty(_ text: String, _ references: [String]) -> Double {
                    let known = Set(references.flatMap { $0.lowercased().split(separator: " ") })
                    let words = text.lowercased().split(separator: " ")
                    return words.isEmpty ? 0 : Double(words.count { !known.contains($0) }) / Double(words.count)
                }

                static var registration: Metric {
                    Metric(id: "__ID__", summary: "the share of words that no reference has") {
                        predictions, references, _, job in
                        try job.checkCancelled()
                        return [("novelty", zip(predictions, references).map(novelty))]
                    }
                }
            }

            """#,
        registration: "",
        manifest: #"""
              "metrics": [
                { "id": "__ID__", "summary": "the share of words that no reference has" }
              ]
            """#,
        test: #"""
            import LyceumKit
            import Testing

            @testable import __MODULE__

            @Test func countsNewWords() {
                #expect(__MODULE__.novelty("a cat ran", ["A cat sat.", "it ran"]) == 0)
                #expect(__MODULE__.novelty("a red cat slept", ["a cat"]) == 0.5)
                #expect(__MODULE__.novelty("", ["a cat"]) == 0)
            }

            """#,
        usage: #"""
            metrics.score("__ID__", { "a red cat" }, { "a cat" })
            """#)

    static let formatKind = Kind(
        source: #"""
            // Files of pairs: an input and a target a line, with " => " between them.

            import LyceumKit

            enum __MODULE__ {
                /// The records of a file's lines.
                static func records(of text: String, path: String) throws -> [Record] {
                    try text.split(separator: "\n").enumerated().map { index, line in
                        let parts = line.split(separator: " => ", omittingEmptySubsequences: false).map(String.init)
                        guard parts.count == 2 else {
                            throw LyceumError.file(
                                path: path, line: index + 1, problem: "has not one ' => '", remedy: "mend the line")
                        }
                        return Record(columns: ["input", "target"], values: [.string(parts[0]), .string(parts[1])])
                    }
                }

                static var registration: DataFormat {
                    DataFormat(id: "__ID__", suffixes: [".__ID__"], summary: "pairs, one a line, with => between") {
                        path, job in
                        try job.checkCancelled()
                        return try records(of: String(decoding: Files.read(path), as: UTF8.self), path: path)
                    }
                }
            }

            """#,
        registration: "",
        manifest: #"""
              "formats": [
                { "id": "__ID__", "suffixes": [".__ID__"], "summary": "pairs, one a line, with => between" }
              ]
            """#,
        test: #"""
            import LyceumKit
            import Testing

            @testable import __MODULE__

            @Test func readsPairs() throws {
                let records = try __MODULE__.records(of: "a cat => cat\na dog => dog\n", path: "x")
                #expect(records.map { $0["target"] } == ["cat", "dog"])
                let error = #expect(throws: LyceumError.self) { try __MODULE__.records(of: "a cat", path: "x") }
                #expect(error?.description.contains("x:1") == true)
            }

            """#,
        usage: #"""
            d = data.load("pairs.__ID__")
            """#)
}
