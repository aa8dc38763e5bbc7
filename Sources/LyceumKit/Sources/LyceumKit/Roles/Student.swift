/// What a student can be asked to do.
public enum StudentTask: String, Sendable, CaseIterable, Codable, SettingChoice {
    /// Text to text.
    case generate
    /// Text to a label.
    case classify
}

/// A small model that learns from examples: what every student plugin provides.
///
/// A student is used from one thread. Long work reports to its `Job` and stops at a step boundary when it is
/// cancelled, keeping what it has learned so far.
public protocol Student: AnyObject {
    /// The id under which its architecture is registered ("t5").
    var architecture: String { get }
    /// What it can do.
    var tasks: [StudentTask] { get }
    /// What the prompt shows of it, in order: ("parameters", "7.4 M"), ("vocabulary", "8000").
    var card: [(name: String, value: String)] { get }

    /// Learns from examples, continuing from what it knows.
    ///
    /// - Parameters:
    ///   - examples: the training pairs.
    ///   - validation: held-out pairs on which the loss is measured, if any.
    ///   - options: checked against the architecture's `trainingOptions`.
    ///   - job: progress and cancellation.
    /// - Throws: `LyceumError.cancelled` if it was stopped (the weights of the last whole step are kept).
    func train(
        on examples: ExampleSource, validation: ExampleSource?, options: Options, job: Job
    ) throws -> TrainingReport

    /// Writes one text for each input, in order.
    ///
    /// - Parameters:
    ///   - inputs: the texts.
    ///   - options: checked against the architecture's `generationOptions`.
    ///   - job: progress and cancellation.
    func generate(_ inputs: [String], options: Options, job: Job) throws -> [GeneratedText]

    /// Names the class of each input, in order.
    ///
    /// - Parameters:
    ///   - inputs: the texts.
    ///   - options: checked against the architecture's `classificationOptions`.
    ///   - job: progress and cancellation.
    func classify(_ inputs: [String], options: Options, job: Job) throws -> [Classification]

    /// Writes the student to a folder, which is replaced as a whole or not at all.
    func save(to path: String) throws
}

extension Student {
    /// Refuses: this student does not generate.
    public func generate(_ inputs: [String], options: Options, job: Job) throws -> [GeneratedText] {
        throw cannot(.generate)
    }

    /// Refuses: this student does not classify.
    public func classify(_ inputs: [String], options: Options, job: Job) throws -> [Classification] {
        throw cannot(.classify)
    }

    private func cannot(_ task: StudentTask) -> LyceumError {
        .unsupported(
            "this \(architecture) student does \(tasks.map(\.rawValue).joined(separator: " and ")), not \(task.rawValue)",
            remedy: "student.list() names those that can")
    }
}

/// A student that computes on a device of the user's choice.
public protocol MovableStudent: Student {
    /// Where it shall compute from now on.
    ///
    /// - Parameter device: "auto", "cpu" or "cuda".
    /// - Throws: `LyceumError.unsupported` if this machine has no such device.
    func compute(on device: String) throws
}

/// A student whose weights may lie in the files that it was loaded from.
public protocol FileBackedStudent: Student {
    /// Copies into memory what still lies in files, so that they can be replaced or removed while the student works.
    ///
    /// - Throws: `LyceumError.file` if they have been written to since the student was loaded.
    func leaveFiles() throws
}

/// The class of one text.
public struct Classification: Sendable, Equatable {
    /// The most probable label.
    public let label: String
    /// Its probability, 0…1.
    public let probability: Double
    /// The probability of every label, in the order of the student's labels.
    public let probabilities: [(label: String, probability: Double)]

    /// Makes a classification of the probabilities of all labels; the first of equal ones wins.
    public init(probabilities: [(label: String, probability: Double)]) {
        let best = probabilities.max { $0.probability < $1.probability }
        let first = probabilities.first { $0.probability == best?.probability } ?? best
        label = first?.label ?? ""
        probability = first?.probability ?? 0
        self.probabilities = probabilities
    }

    /// Whether two classifications are equal.
    public static func == (a: Classification, b: Classification) -> Bool {
        a.label == b.label && a.probabilities.elementsEqual(b.probabilities, by: ==)
    }
}

/// One generated text.
public struct GeneratedText: Sendable, Equatable {
    /// The text, special tokens removed.
    public let text: String
    /// How many tokens the student wrote, end token excluded.
    public let tokenCount: Int
    /// The next best texts, if several were asked for.
    public let alternatives: [String]

    /// Makes a generation.
    public init(text: String, tokenCount: Int, alternatives: [String] = []) {
        self.text = text
        self.tokenCount = tokenCount
        self.alternatives = alternatives
    }
}

/// What a training run did.
public struct TrainingReport: Sendable {
    /// A figure at a step.
    public struct Point: Sendable, Equatable {
        /// Optimizer steps done, counted from 1.
        public let step: Int
        /// The figure at that step.
        public let value: Double

        /// Makes a point.
        public init(step: Int, value: Double) {
            self.step = step
            self.value = value
        }
    }

    /// Optimizer steps done, those of an earlier, resumed run included.
    public var steps: Int
    /// Passes over the data, fractions included.
    public var epochs: Double
    /// Wall-clock time of this call, in seconds.
    public var seconds: Double
    /// Tokens that were trained on in this call, padding excluded: inputs and targets.
    public var tokens: Int
    /// Curves by name: "loss", "eval_loss", "learning_rate".
    public var history: [String: [Point]]
    /// The folder of the last checkpoint, if one was kept.
    public var checkpoint: String?

    /// Makes a report.
    public init(
        steps: Int, epochs: Double, seconds: Double, tokens: Int, history: [String: [Point]],
        checkpoint: String? = nil
    ) {
        self.steps = steps
        self.epochs = epochs
        self.seconds = seconds
        self.tokens = tokens
        self.history = history
        self.checkpoint = checkpoint
    }
}

/// One kind of student: what a plugin registers.
public struct StudentArchitecture {
    /// The id users type ("t5"); lower case.
    public let id: String
    /// Other names for it.
    public let aliases: [String]
    /// The values of `model_type` in a config.json that this architecture reads.
    public let modelTypes: [String]
    /// One line for `student.list()`.
    public let summary: String
    /// What it can do.
    public let tasks: [StudentTask]
    /// The options of `student.new(id, …)`.
    public let configuration: [OptionDeclaration]
    /// The options of `student:train(data, …)`, besides those that name columns.
    public let trainingOptions: [OptionDeclaration]
    /// The options of `student:generate(data, …)`, besides those that name columns.
    public let generationOptions: [OptionDeclaration]
    /// The options of `student:classify(data, …)`, besides those that name columns.
    public let classificationOptions: [OptionDeclaration]
    /// Options of any of the functions above that make a student small enough to be tried in a second: those of
    /// `StudentContract`.
    public let trial: [String: Value]
    /// Makes an untrained student of checked options.
    public let make: (Options) throws -> any Student
    /// Reads a student from a folder.
    public let load: (_ path: String) throws -> any Student

    /// Describes an architecture.
    public init(
        id: String, aliases: [String] = [], modelTypes: [String] = [], summary: String, tasks: [StudentTask],
        configuration: [OptionDeclaration], trainingOptions: [OptionDeclaration],
        generationOptions: [OptionDeclaration] = [], classificationOptions: [OptionDeclaration] = [],
        trial: [String: Value] = [:],
        make: @escaping (Options) throws -> any Student,
        load: @escaping (_ path: String) throws -> any Student
    ) {
        self.id = id
        self.aliases = aliases
        self.modelTypes = modelTypes
        self.summary = summary
        self.tasks = tasks
        self.configuration = configuration
        self.trainingOptions = trainingOptions
        self.generationOptions = generationOptions
        self.classificationOptions = classificationOptions
        self.trial = trial
        self.make = make
        self.load = load
    }
}
