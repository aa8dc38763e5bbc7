import Glibc
import LyceumKit

extension GBDTStudent {
    func train(
        on examples: ExampleSource, validation: ExampleSource?, options: Options, job: Job
    ) throws -> TrainingReport {
        let start = Self.now()
        let options = try BoostingOptions(options)
        guard examples.count > 0 else {
            throw LyceumError.empty("the training set", remedy: "check the file and the filters before it")
        }
        let pairs = try Self.read(examples, job: job)
        let held = try validation.map { try Self.read($0, job: job) }.flatMap { $0.isEmpty ? nil : $0 }
        let checkpoints = options.outputFolder.map { Checkpoints(folder: $0) }
        var state = Checkpoints.State(firstRound: try model?.booster.rounds ?? 0, history: .init())
        if options.resume, let checkpoints {
            guard let newest = checkpoints.newest else {
                throw LyceumError.file(
                    path: checkpoints.folder, line: nil, problem: "holds no checkpoint to resume from",
                    remedy: "train without resume first")
            }
            let saved = try GBDTStudent(folder: newest)
            guard saved.configuration.task == configuration.task else {
                throw LyceumError.file(
                    path: newest, line: nil,
                    problem:
                        "is a checkpoint of the task \(saved.configuration.task.rawValue), this student's is "
                        + configuration.task.rawValue, remedy: "name another output_dir")
            }
            model = saved.model
            state = try checkpoints.state(of: newest)
            job.note("gbdt: going on from \(newest)")
        }

        let task = try prepare(pairs, held, options, job)
        let run = BoostingRun(
            options: options, objective: task.objective, training: task.training, validation: task.validation,
            firstRound: state.firstRound
        ) { booster, history in
            guard let checkpoints else { return }
            try checkpoints.write(
                GBDTStudent(self.configuration, model: task.model(booster)),
                Checkpoints.State(firstRound: state.firstRound, history: history))
            if let newest = checkpoints.newest {
                job.keptCheckpoint(newest, step: history.training.last?.step ?? 0)
            }
        }
        let outcome = try run.run(from: model?.booster, history: state.history, job: job)
        if let booster = outcome.booster { model = task.model(booster) }
        if let failure = outcome.failure { throw failure }

        var history = ["loss": outcome.history.training]
        if held != nil { history["eval_loss"] = outcome.history.validation }
        let rounds = outcome.history.training.last?.step ?? 0
        return TrainingReport(
            steps: rounds, epochs: Double(rounds - state.firstRound), seconds: Self.now() - start,
            tokens: 0, history: history, checkpoint: checkpoints?.newest)
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

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
