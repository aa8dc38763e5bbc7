import Corpus
import LyceumKit
import Teaching

/// The teachers that Lyceum brings; they register as a plugin's do.
enum BuiltInTeachers {
    static var all: [TeacherKind] { ServerDialect.all.map(server) + [student, replay, retrieval] }

    private static func server(_ dialect: ServerDialect) -> TeacherKind {
        TeacherKind(
            id: dialect.kind, summary: dialect.summary, options: OpenAITeacher.options(of: dialect),
            lacking: OpenAITeacher.optionsLacking(in: dialect)
        ) { try OpenAITeacher($0.options, dialect: dialect) }
    }

    private static var student: TeacherKind {
        TeacherKind(
            id: "student", summary: "a student of this session, which teaches another",
            options: StudentTeacher.options
        ) { setUp in
            let given = try setUp.student("student")
            let writes = given.student.tasks.contains(.generate)
            let own = try Options(
                setUp.options.values["options"]?.object ?? [:],
                declared: writes
                    ? given.architecture.generationOptions : given.architecture.classificationOptions,
                function: "teacher.open: options")
            return StudentTeacher(
                given.student, options: own, input: setUp.options.optionalString("input"))
        }
    }

    private static var replay: TeacherKind {
        TeacherKind(
            id: "replay", summary: "no language model: repeats recorded replies",
            options: ReplayTeacher.options
        ) { setUp in
            let path = try setUp.options.string("file")
            let data = try Dataset.load(path, job: setUp.job("loading \(path)"))
            let records = try (0..<data.count).map { row in
                let record = try data.record(at: row)
                return Dictionary(
                    zip(record.columns, record.values), uniquingKeysWith: { first, _ in first })
            }
            return try ReplayTeacher(
                records, name: path, reply: try setUp.options.string("reply"),
                question: setUp.options.optionalString("question"))
        }
    }

    private static var retrieval: TeacherKind {
        TeacherKind(
            id: "retrieval",
            summary: "no language model: answers with text of a background corpus (help \"retrieval\")",
            options: RetrievalTeacher.options, page: RetrievalTeacher.page
        ) { setUp in
            let input = try setUp.options.string("input")
            let target = try setUp.options.string("target")
            let corpus = try setUp.table("corpus")
            let pairs = zip(try corpus.strings(input), try corpus.strings(target))
            return try RetrievalTeacher(
                pairs: pairs.map { (input: $0, target: $1) }, inputName: input, targetName: target,
                task: setUp.options.optionalString("task").flatMap(RetrievalTeacher.Task.init),
                job: setUp.job("indexing the background"))
        }
    }
}
