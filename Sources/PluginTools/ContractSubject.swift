import LyceumKit

/// Something that a plugin brings and that keeps a contract: a student at one task, a teacher, a metric, a kind of file.
public struct ContractSubject: Sendable {
    /// One clause of its contract.
    public struct Clause: Sendable {
        /// Its name.
        public let name: String
        /// What is promised, in one line.
        public let meaning: String
        /// The clauses without which it cannot be tried.
        public let needs: [String]
    }

    /// "student", "teacher", "metric", "format".
    public let kind: String
    /// The name users type.
    public let id: String
    /// What a student is asked to do.
    public let task: StudentTask?
    /// The promises.
    public let clauses: [Clause]

    /// For a title: "student 'gru', generate".
    public var title: String { "\(kind) '\(id)'" + (task.map { ", \($0.rawValue)" } ?? "") }

    /// Everything that a plugin brings, as its manifest says; nothing is opened.
    public static func all(of manifest: PluginManifest) -> [ContractSubject] {
        manifest.students.flatMap { student in
            student.tasks.map { ContractSubject("student", student.id, task: $0, StudentContract.self) }
        } + manifest.teachers.map { ContractSubject("teacher", $0.id, TeacherContract.self) }
            + manifest.metrics.map { ContractSubject("metric", $0.id, MetricContract.self) }
            + manifest.formats.map { ContractSubject("format", $0.id, FormatContract.self) }
    }

    private init<Kept: Contract>(
        _ kind: String, _ id: String, task: StudentTask? = nil, _ contract: Kept.Type
    ) {
        self.kind = kind
        self.id = id
        self.task = task
        clauses = Kept.Clause.allCases.map {
            Clause(name: $0.rawValue, meaning: $0.meaning, needs: $0.needs.map(\.rawValue))
        }
    }

    /// Tries one clause in this process.
    ///
    /// - Parameters:
    ///   - words: kind, id, task (or "-") and clause, as `ContractTrial` gives them.
    ///   - host: holds the plugin.
    /// - Throws: `LyceumError.unknownName` for other words.
    public static func attempt(_ words: [String], host: PluginHost) throws -> ContractOutcome.Verdict {
        guard words.count == 4 else { throw LyceumError.failed("a trial is four words", remedy: nil) }
        func verdict<Kept: Contract>(of contract: Kept) throws -> ContractOutcome.Verdict {
            guard let clause = Kept.Clause(rawValue: words[3]) else {
                throw LyceumError.unknownName(
                    kind: "clause", name: words[3], known: Kept.Clause.allCases.map(\.rawValue), remedy: nil)
            }
            return contract.run([clause]).first?.verdict ?? .broken("it was not tried")
        }
        switch words[0] {
        case "student":
            guard let task = StudentTask(rawValue: words[2]) else {
                throw LyceumError.unknownName(
                    kind: "task", name: words[2], known: StudentTask.allCases.map(\.rawValue), remedy: nil)
            }
            return try verdict(of: StudentContract(host.student(named: words[1]), task: task))
        case "teacher": return try verdict(of: TeacherContract(host.teacher(named: words[1])))
        case "metric": return try verdict(of: MetricContract(host.metric(named: words[1])))
        case "format":
            guard let format = host.registry.format(named: words[1]) else {
                throw LyceumError.unknownName(kind: "format", name: words[1], known: [], remedy: nil)
            }
            return try verdict(of: FormatContract(format))
        default:
            throw LyceumError.unknownName(
                kind: "kind", name: words[0], known: ["student", "teacher", "metric", "format"], remedy: nil)
        }
    }
}
