import Glibc
import LyceumKit

extension GBDTStudent {
    func train(
        on examples: ExampleSource, validation: ExampleSource?, options: Options, job: Job
    ) throws -> TrainingReport {
        let start = Uptime.now
        let options = try BoostingOptions(options)
        guard examples.count > 0 else {
            throw LyceumError.empty("the training set", remedy: "check the file and the filters before it")
        }
        let pairs = try Self.read(examples, job: job)
        let held = try validation.map { try Self.read($0, job: job) }.flatMap { $0.isEmpty ? nil : $0 }
        let checkpoints = options.outputFolder.map {
            Checkpoints(
                folder: RunFolder($0), identity: options.identity(examples, validation, configuration))
        }
        var state = Checkpoints.State(firstRound: try model?.booster.rounds ?? 0, history: .init())
        if let checkpoints, let folder = options.outputFolder {
            if options.resume {
                let newest = try RunFolder.checkpointToResume(in: folder)
                state = try checkpoints.resume(from: newest)
                model = try GBDTStudent(folder: newest).model
                job.note("gbdt: going on from \(newest)")
            } else {
                try RunFolder.checkUnused(folder)
            }
        }

        let task = try prepare(pairs, held, options, job)
        let run = BoostingRun(
            options: options, objective: task.objective, training: task.training, validation: task.validation,
            firstRound: state.firstRound
        ) { booster, history in
            guard let checkpoints else { return }
            let path = try checkpoints.write(
                GBDTStudent(self.configuration, model: task.model(booster)),
                Checkpoints.State(firstRound: state.firstRound, history: history))
            job.keptCheckpoint(path, step: history.training.last?.step ?? 0)
        }
        let outcome = try run.run(from: model?.booster, history: state.history, job: job)
        if let booster = outcome.booster { model = task.model(booster) }
        if let failure = outcome.failure { throw failure }

        var history = ["loss": outcome.history.training]
        if held != nil { history["eval_loss"] = outcome.history.validation }
        let rounds = outcome.history.training.last?.step ?? 0
        return TrainingReport(
            steps: rounds, epochs: Double(rounds - state.firstRound), seconds: Uptime.now - start,
            tokens: 0, history: history, checkpoint: checkpoints?.folder.newest)
    }

    /// What there is to train on, and how trees become a model.
    struct TrainingTask {
        let objective: Objective
        let training: DMatrix
        let validation: DMatrix?
        let model: (Booster) -> Model
    }

    private func prepare(
        _ pairs: [Example], _ held: [Example]?, _ options: BoostingOptions, _ job: Job
    ) throws -> TrainingTask {
        switch configuration.task {
        case .classify:
            var known: Classifier?
            if case .classifier(let classifier) = model { known = classifier }
            return try Classifier.task(pairs, held, configuration, options, known: known, job: job)
        case .generate:
            var known: Summarizer?
            if case .summarizer(let summarizer) = model { known = summarizer }
            return try Summarizer.task(pairs, held, configuration, options, known: known, job: job)
        }
    }

    private static func read(_ source: ExampleSource, job: Job) throws -> [Example] {
        try (0..<source.count).map { i in
            if i & 0xFFF == 0 { try job.checkCancelled() }
            return try source.example(at: i)
        }
    }
}

extension BoostingOptions {
    /// What shapes the trees: it must be the same when a run is resumed.
    fileprivate func identity(
        _ examples: ExampleSource, _ validation: ExampleSource?, _ configuration: GBDTConfiguration
    ) -> [String: Value] {
        var identity = Dictionary(
            parameters.filter { $0.name != "nthread" && $0.name != "verbosity" }
                .map { ($0.name, Value.string($0.value)) }, uniquingKeysWith: { first, _ in first })
        identity["architecture"] = "gbdt"
        identity["configuration"] = .object(configuration.settings)
        identity["class_weight"] = balancesClasses ? "balanced" : "none"
        identity["train_examples"] = .integer(examples.count)
        identity["train_fingerprint"] = .string(examples.fingerprint)
        identity["valid_fingerprint"] = validation.map { .string($0.fingerprint) } ?? .null
        return identity
    }
}
