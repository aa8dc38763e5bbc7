import Corpus
import Lab
import LyceumKit
import Prompting

/// What a teacher is to be asked about a dataset, and what becomes of the answers.
public struct GenerationPlan: Sendable {
    /// Which replies that were paid for before may answer a question.
    public enum Reuse: Sendable {
        /// All of them; one that could not be used (it was cut short, say) fails its row again, unpaid.
        case all
        /// Those that can be used: the others are asked again.
        case good
        /// None: everything is asked again.
        case none
    }

    /// The rows that are asked about; their columns are the prompt's variables.
    public let data: Dataset
    /// What is asked about each row.
    public let prompt: PromptTemplate
    /// The column that takes the answers.
    public var output: String
    /// How many answers each row gets.
    public var samples: Int
    /// Which earlier replies may answer.
    public var reuse: Reuse
    /// Whether columns of the result say where each answer comes from.
    public var showsProvenance: Bool
    /// Whether a teacher sees the fields of the row, and not only the messages they were put into; false for texts that
    /// are sent as they are.
    public var showsFields = true
    /// What the run is called in lists; nil names it by teacher, model and rows.
    public var name: String?

    /// Plans a generation.
    ///
    /// - Parameter samples: at least 1.
    /// - Throws: `LyceumError.empty` without rows, `LyceumError.missingColumn` for a variable of the prompt that the
    ///   data does not have, `LyceumError.invalid` for a number of samples below 1.
    public init(
        _ data: Dataset, prompt: PromptTemplate, output: String = "reply", samples: Int = 1,
        reuse: Reuse = .all, showsProvenance: Bool = false, name: String? = nil
    ) throws {
        try data.requireRows("ask about")
        if let missing = prompt.requiredVariables.first(where: { name in
            !data.columns.contains(String(name.prefix { $0 != "." }))
        }) {
            throw LyceumError.missingColumn(missing, available: data.columns)
        }
        guard samples >= 1, data.count.multipliedReportingOverflow(by: samples).overflow == false else {
            throw LyceumError.invalid(
                "the number of samples", expected: "at least 1 a row", got: String(samples), remedy: nil)
        }
        self.data = data
        self.prompt = prompt
        self.output = output
        self.samples = samples
        self.reuse = reuse
        self.showsProvenance = showsProvenance
        self.name = name
    }

    /// What is asked about a row.
    func request(row: Int, sample: Int) throws -> TeacherRequest {
        let request = try prompt.request(for: data.record(at: row), sample: sample)
        return showsFields ? request : TeacherRequest(messages: request.messages, sample: sample)
    }

    /// The prompt as it was written, which the lab keeps.
    var promptSource: String { prompt.recordedSource }

    /// What the lab is told when the generation starts.
    ///
    /// - Parameter sent: the first question.
    func start(by teacher: OpenTeacher, _ sent: SentRequest?, versions: [String: String]) -> GenerationStart {
        var options = teacher.options(of: sent)
        options["n"] = .integer(samples)
        options["output"] = .string(output)
        options["rows"] = .integer(data.count)
        options["model"] = .string(sent?.model ?? teacher.teacher.name)
        options["prompt"] = .string(promptSource)
        return GenerationStart(
            title: name
                ?? "\(teacher.teacher.kind) \(teacher.teacher.name), \(data.count) \(data.count == 1 ? "row" : "rows")",
            teacher: teacher.teacher.kind, model: sent?.model ?? teacher.teacher.name, prompt: promptSource,
            inputData: data.fingerprint, rows: data.count, options: options,
            seed: sent?.parameters["seed"]?.integer, versions: versions, parents: data.runs)
    }
}

extension PromptTemplate {
    /// The prompt as it was written, which the lab keeps: its messages under their roles, and its examples.
    public var recordedSource: String {
        var parts = messages.map { "[\($0.role.rawValue)]\n\($0.template.source)" }
        if let examples {
            let written: Value = [
                "question": examples.question.map(Value.string) ?? .null,
                "answer": examples.answer.map(Value.string) ?? .null, "records": .list(examples.records),
            ]
            parts.append("[examples]\n\(JSON.encode(written))")
        }
        return parts.joined(separator: "\n\n")
    }

    /// The SHA-256 of `recordedSource`, under which the lab finds the runs that asked this prompt.
    public var recordedHash: String { GenerationStart.hash(ofPrompt: recordedSource) }
}

/// A question of a generation, and what came of it.
public struct AnswerState: Sendable {
    /// The row it is about, counted from 0.
    public let row: Int
    /// Which of the row's samples it is, counted from 0.
    public let sample: Int
    /// What is sent; nil if it was not prepared yet.
    public internal(set) var sent: SentRequest?
    /// The reply; nil if none came.
    public internal(set) var reply: StoredReply?
    /// Why there is no reply that can be used; nil for a good one, and for a question that was not asked yet.
    public internal(set) var problem: String?
    /// What the teacher is asked, as long as a run needs it.
    var request: TeacherRequest?
    /// Under what the reply is kept.
    var name: ReplyCache.Name?

    init(row: Int, sample: Int) {
        self.row = row
        self.sample = sample
    }

    /// Whether there is a reply that can be used.
    public var isGood: Bool { reply != nil && problem == nil }
}
