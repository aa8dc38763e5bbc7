import Glibc
import Synchronization

// The student under trial: how the clauses make, train and ask one.
extension StudentContract {
    /// Pairs that every student can learn something of: the target is the first words, or their kind.
    static func pairs(for task: StudentTask) -> [Example] {
        let nouns = ["library", "editor", "server", "font", "game", "driver", "kernel", "shell"]
        let kinds = ["small", "fast", "graphical", "free"]
        return kinds.flatMap { kind in
            nouns.map { noun in
                Example(
                    input:
                        "A \(noun) for the \(kind) machine. It comes with documentation for \(kind) users.",
                    target: task == .classify ? kind : "\(kind) \(noun)")
            }
        }
    }

    /// The pairs of this task.
    var pairs: [Example] { Self.pairs(for: task) }
    /// Texts that nobody thinks of.
    static let oddTexts = [
        "", " ", "\n\n\t", "\u{0}", "☃ 👩‍👩‍👧 e\u{301}", "مرحبا بالعالم", "漢字かな", "<pad></s><extra_id_0>",
        String(repeating: "long ", count: 3000), String(repeating: "x", count: 5000),
    ]
    /// Some of their inputs.
    var inputs: [String] { pairs.prefix(5).map(\.input) }

    /// A new student of the trial options.
    func make(_ more: [String: Value] = [:]) throws -> any Student {
        try architecture.make(
            options(more, declared: architecture.configuration, function: "student.new"))
    }

    /// Options of the trial, with some more.
    func options(
        _ more: [String: Value] = [:], among names: [String: Value] = [:], declared: [OptionDeclaration],
        function: String
    ) throws -> Options {
        let known = Set(declared.map(\.name))
        let ours = names.merging(trial) { _, own in own }.filter { known.contains($0.key) }
        return try Options(
            ours.merging(more) { _, new in new }, declared: declared, function: function)
    }

    /// Trains for a few steps.
    @discardableResult func train(
        _ student: any Student, _ more: [String: Value] = [:], on examples: ExampleSource? = nil,
        job: Job = .silent()
    ) throws -> TrainingReport {
        // Few steps, by whichever names the architecture counts them; fp32, because rounding is not the matter.
        let few: [String: Value] = [
            "max_steps": 6, "n_estimators": 6, "batch_size": 8, "seed": 1, "precision": "fp32", "nthread": 1,
        ]
        return try student.train(
            on: examples ?? ExampleSource(pairs), validation: nil,
            options: options(
                more, among: few, declared: architecture.trainingOptions, function: "student:train"),
            job: job)
    }

    /// What a student makes of texts, in a form that compares.
    func answers(
        _ student: any Student, _ texts: [String], _ more: [String: Value] = [:], job: Job = .silent()
    ) throws -> [Answer] {
        switch task {
        case .generate:
            return try student.generate(texts, options: generationOptions(more), job: job).map(Answer.text)
        case .classify:
            return try student.classify(
                texts,
                options: options(
                    more, among: Self.fewTokens, declared: architecture.classificationOptions,
                    function: "student:classify"),
                job: job
            ).map(Answer.label)
        }
    }

    private static let fewTokens: [String: Value] = [
        "max_new_tokens": 12, "precision": "fp32", "nthread": 1,
    ]

    /// Options of `student:generate`.
    func generationOptions(_ more: [String: Value]) throws -> Options {
        try options(
            more, among: Self.fewTokens, declared: architecture.generationOptions,
            function: "student:generate")
    }

    /// One answer.
    enum Answer: Equatable {
        case text(GeneratedText)
        case label(Classification)

        /// Whether another answer is this one but for rounding: that depends on a text's place in its batch, because
        /// a matrix product adds up its rows in blocks.
        func agrees(with other: Answer) -> Bool {
            guard case .label(let own) = self, case .label(let other) = other else { return self == other }
            // The label follows from them: of labels that are equally probable either may be named.
            return own.probabilities.elementsEqual(other.probabilities) {
                $0.label == $1.label && abs($0.probability - $1.probability) < 1e-5
            }
        }
    }

    /// A student after a few steps.
    func trained() throws -> any Student {
        let student = try make()
        try train(student)
        return student
    }

    /// Runs `body` with the path of a folder that does not exist yet, removed afterwards.
    func withFolder<R>(_ body: (String) throws -> R) throws -> R {
        let base = Environment.temporaryFolder
        let path = Files.join(base, "lyceum-contract-\(getpid())-\(UInt64.random(in: 0...UInt64.max))")
        defer { Files.removeTree(path) }
        return try body(path)
    }
}

/// A job that counts its reports and can be cancelled at one.
final class WatchedJob: Sendable {
    private let reports = Mutex(0)
    private let inner = Mutex<Job?>(nil)

    /// How many reports have come.
    var count: Int { reports.withLock { $0 } }

    /// - Parameter report: the number of the report, from 1, at which it is cancelled; 0 is before it begins; nil
    ///   is never.
    func job(cancelledAt report: Int? = nil) -> Job {
        let job = Job(
            "trial", obeysInterrupt: false,
            listener: Job.Listener(
                progress: { [self] progress in
                    let count = reports.withLock { count in
                        count += 1
                        return count
                    }
                    if count == report { inner.withLock { $0 }?.cancel() }
                }, note: { _ in }))
        inner.withLock { $0 = job }
        if report == 0 { job.cancel() }
        return job
    }
}
