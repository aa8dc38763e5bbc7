import LyceumKit

/// What a generation is started with: a teacher that goes over a dataset.
public struct GenerationStart: Sendable, Equatable {
    /// What it is called in lists ("openai gpt-4o-mini, 37000 rows").
    public var title: String
    /// The kind of teacher.
    public var teacher: String
    /// The model that is asked.
    public var model: String
    /// The template as the user wrote it.
    public var prompt: String
    /// The fingerprint of the dataset.
    public var inputData: String
    /// How many rows it has.
    public var rows: Int
    /// The options in force.
    public var options: [String: Value]
    /// The seed, if there is one.
    public var seed: Int?
    /// What it was made with ("lyceum": "0.1.0").
    public var versions: [String: String]
    /// The numbers of the runs that made columns of the dataset.
    public var parents: [Int]

    /// Describes a generation.
    public init(
        title: String, teacher: String, model: String, prompt: String, inputData: String, rows: Int,
        options: [String: Value] = [:], seed: Int? = nil, versions: [String: String] = [:],
        parents: [Int] = []
    ) {
        self.title = title
        self.teacher = teacher
        self.model = model
        self.prompt = prompt
        self.inputData = inputData
        self.rows = rows
        self.options = options
        self.seed = seed
        self.versions = versions
        self.parents = parents
    }

    /// The SHA-256 of the template, as 64 hexadecimal digits.
    public var promptHash: String { Self.hash(ofPrompt: prompt) }

    /// The SHA-256 of a template, as 64 hexadecimal digits.
    public static func hash(ofPrompt prompt: String) -> String {
        SHA256.hash(prompt).hexadecimal
    }
}

/// What came of one row of a generation.
public struct GenerationRow: Sendable, Equatable {
    /// What came of it.
    public enum Outcome: Sendable, Equatable {
        /// The teacher answered this question.
        case reply(SentRequest, StoredReply)
        /// The teacher answered, and the lab has stored the reply already: the number of that reply.
        case stored(Int)
        /// The lab had the answer already: the number of that reply.
        case reused(Int)
        /// There is no answer, and why.
        case failed(String)
    }

    /// The dataset's row, counted from 0.
    public let row: Int
    /// Which of several samples, counted from 0.
    public let sample: Int
    /// What came of it.
    public let outcome: Outcome
    /// Why the reply cannot be used (it was cut short, say) although it was paid for; nil for a good one.
    public let defect: String?

    /// Names the row and what came of it.
    public init(row: Int, sample: Int = 0, outcome: Outcome, defect: String? = nil) {
        self.row = row
        self.sample = sample
        self.outcome = outcome
        self.defect = defect
    }
}

/// A generation as the lab remembers it. Its options, state and times are those of the run of the same number.
public struct GenerationRecord: Sendable, Equatable, Identifiable {
    /// The number of its run.
    public let id: Int
    /// The kind of teacher.
    public let teacher: String
    /// The model that was asked.
    public let model: String
    /// The template.
    public let prompt: String
    /// The SHA-256 of the template, as 64 hexadecimal digits.
    public let promptHash: String
    /// The fingerprint of the dataset it read.
    public let inputData: String
    /// The fingerprint of the dataset it made; nil as long as it has not.
    public let outputData: String?
    /// How many rows the dataset has.
    public let rows: Int
    /// Rows that the teacher answered in this generation.
    public let answered: Int
    /// Rows that an earlier reply answered.
    public let reused: Int
    /// Rows without an answer that can be used, tried and failed.
    public let failed: Int
    /// What all its replies have cost, reused ones included.
    public let spending: Spending
}
