import Corpus
import Lab
import LyceumKit
import Workbench

extension StudentObject {
    /// What a run of this student is started with.
    ///
    /// - Parameters:
    ///   - data: what it reads.
    ///   - options: those in force, those that name columns included.
    ///   - fingerprints: of the datasets by role; those that are nil are left out.
    func start(
        _ kind: RunKind, over data: Dataset, options: Options, data fingerprints: [String: String?],
        in environment: ScriptEnvironment
    ) -> RunStart {
        var all = origin.merging(options.values) { _, own in own }
        all["architecture"] = .string(student.architecture)
        let parents = data.runs + (run.map { [$0] } ?? [])
        return RunStart(
            kind: kind, title: "\(student.architecture) \(kind == .train ? "on" : "over") \(data.name)",
            options: all, seed: options.optionalInt("seed"), data: fingerprints.compactMapValues { $0 },
            versions: versions(in: environment), parents: parents)
    }

    /// The version and the build of the plugin that brought the student.
    private func versions(in environment: ScriptEnvironment) -> [String: String] {
        environment.plugins.versions(ofStudent: architecture.id)
    }

    /// Lets the student work through a dataset and records what it wrote: with the run that trained it or, if
    /// the lab knows of none, as a run of its own.
    ///
    /// - Parameters:
    ///   - title: of the job.
    ///   - work: gives the answers.
    ///   - predictions: the texts of the answers.
    /// - Returns: the answers, and the run they were recorded with; nil if they were not.
    func recorded<Answer>(
        _ task: StudentTask, _ title: String, over data: Dataset, options: Options,
        in environment: ScriptEnvironment, work: (Job) throws -> [Answer],
        predictions: ([Answer]) -> [String]
    ) throws -> (answers: [Answer], run: Int?) {
        guard environment.lab.isOn else { return (try work(environment.job(title)), nil) }
        let fingerprint = Dataset.fingerprint(ofTexts: try data.strings(try options.string("input")))
        let start = start(
            .generate, over: data, options: options, data: ["input": fingerprint], in: environment)
        let recording = run == nil ? Recording(start, in: environment.session) : nil
        func answer() throws -> ([Answer], Int?) {
            let began = ContinuousClock.now
            let answers = try work(environment.job(title))
            let output = RunOutput(
                task: task.rawValue, data: fingerprint, options: options.values,
                seconds: (ContinuousClock.now - began).seconds, predictions: predictions(answers))
            guard let run = recording?.run ?? run else { return (answers, nil) }
            let isKept = environment.lab.attempt { try $0.addOutput(output, to: run) } != nil
            return (answers, isKept ? run : nil)
        }
        return try recording?.during(answer) ?? answer()
    }
}
