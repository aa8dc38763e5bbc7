import LyceumKit

/// What a run does.
public enum RunKind: String, Sendable, Hashable, CaseIterable {
    /// A student learns.
    case train
    /// Answers are scored.
    case evaluate
    /// A teacher or a student goes over a dataset.
    case generate
}

/// Where a run stands.
public enum RunState: String, Sendable, Hashable, CaseIterable {
    /// It goes on.
    case running
    /// It came to its end.
    case finished
    /// The user stopped it.
    case cancelled
    /// An error ended it.
    case failed
    /// Its process ended without a word.
    case abandoned
}

/// What a run is started with.
public struct RunStart: Sendable, Equatable {
    /// What it does.
    public var kind: RunKind
    /// What it is called in lists ("t5 on pseudo.jsonl").
    public var title: String
    /// The options in force, defaults included.
    public var options: [String: Value]
    /// The seed, if there is one.
    public var seed: Int?
    /// The fingerprints of the datasets by role ("train", "valid").
    public var data: [String: String]
    /// What it is made with ("lyceum": "0.1.0", "libtorch": "2.11.0").
    public var versions: [String: String]
    /// The numbers of the runs whose work it reads: the generation that made its data.
    public var parents: [Int]

    /// Describes a run.
    public init(
        kind: RunKind, title: String, options: [String: Value] = [:], seed: Int? = nil,
        data: [String: String] = [:], versions: [String: String] = [:], parents: [Int] = []
    ) {
        self.kind = kind
        self.title = title
        self.options = options
        self.seed = seed
        self.data = data
        self.versions = versions
        self.parents = parents
    }
}

/// A run as the lab remembers it.
public struct RunRecord: Sendable, Equatable, Identifiable {
    /// Its number in the lab, counted from 1, never used again.
    public let id: Int
    /// What it does.
    public let kind: RunKind
    /// What it is called.
    public let title: String
    /// Where it stands.
    public let state: RunState
    /// The options in force.
    public let options: [String: Value]
    /// The seed, if there is one.
    public let seed: Int?
    /// The fingerprints of the datasets by role.
    public let data: [String: String]
    /// What it was made with.
    public let versions: [String: String]
    /// The numbers of the runs whose work it read, sorted.
    public let parents: [Int]
    /// The commit of the working folder; nil outside a git repository.
    public let commit: String?
    /// The machine.
    public let host: String
    /// When it began.
    public let started: Timestamp
    /// When it ended; nil as long as it runs, or if nobody knows.
    public let finished: Timestamp?
    /// Why it failed, in one line.
    public let problem: String?
    /// What the user noted.
    public let note: String
    /// The user's tags, sorted.
    public let tags: [String]
    /// Every figure's last point.
    public let metrics: [String: TrainingReport.Point]
    /// What was scored, oldest first.
    public let evaluations: [RunEvaluation]

    /// How long it took, in seconds; nil if it has not ended.
    public var seconds: Double? { finished?.seconds(since: started) }
}

/// A score with its interval.
public struct RunScore: Sendable, Hashable {
    /// Its name ("rouge1.fmeasure").
    public let name: String
    /// The score; NaN where there is none.
    public let value: Double
    /// The lower end of its confidence interval, if there is one.
    public let low: Double?
    /// The upper end.
    public let high: Double?

    /// Names a score.
    public init(_ name: String, _ value: Double, low: Double? = nil, high: Double? = nil) {
        self.name = name
        self.value = value
        self.low = low
        self.high = high
    }
}

/// The scores of one run on one dataset.
public struct RunEvaluation: Sendable, Hashable {
    /// What was scored ("test").
    public let name: String
    /// The fingerprint of the dataset; empty if unknown. Scores on different data do not compare.
    public let data: String
    /// How it was scored ("ROUGE|stem:porter|…").
    public let signature: String
    /// The scores, in the order in which they are shown.
    public let scores: [RunScore]

    /// Describes an evaluation.
    public init(name: String, data: String = "", signature: String = "", scores: [RunScore]) {
        self.name = name
        self.data = data
        self.signature = signature
        self.scores = scores
    }
}

/// A file or folder that a run left behind.
public struct RunArtifact: Sendable, Equatable {
    /// What it is ("checkpoint", "model", "dataset", "report").
    public let kind: String
    /// Where it is, as an absolute path.
    public let path: String
    /// 64 hexadecimal digits: of a file what `sha256sum` prints, of a folder the hash of the lines that
    /// `sha256sum` prints for its files, sorted by path. Nil for what does not last, such as a checkpoint.
    public let sha256: String?
    /// Bytes in all its files; nil for what does not last.
    public let byteCount: Int?
    /// The step it was made at, if there is one.
    public let step: Int?
    /// When it was recorded.
    public let created: Timestamp
}
