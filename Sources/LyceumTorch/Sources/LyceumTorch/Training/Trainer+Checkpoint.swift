import LyceumKit

// Checkpoints: <output_dir>/checkpoint-<step>/, each a student's own folder plus optimizer.safetensors (moments
// and the generator's state) and trainer_state.json; and <output_dir>/best/, the student of the best
// validation.
extension Trainer {
    private static var optimizerFile: String { "optimizer.safetensors" }
    private static var stateFile: String { "trainer_state.json" }

    /// The newest checkpoint of this run.
    func newestCheckpoint() -> String? { folder?.newest }

    /// Writes a checkpoint of this moment, as a whole or not at all, and removes the oldest of this run beyond the
    /// limit.
    ///
    /// - Throws: `LyceumError.failed` if a weight is not a number any more: the last good checkpoint stays the newest.
    func saveCheckpoint() throws {
        for (name, parameter) in parameters where try !parameter.tensor.detach().isAllFinite() {
            let kept = newestCheckpoint().map { "; the last good checkpoint is \($0)" } ?? ""
            throw LyceumError.failed(
                "training stopped after step \(state.step): the weight '\(name)' has elements that are no "
                    + "finite numbers" + kept,
                remedy: "lower learning_rate, or give warmup_steps")
        }
        // Rank 0 writes; the others wait until the checkpoint is whole.
        try Ranks.onMain { try writeCheckpoint() }
    }

    private func writeCheckpoint() throws {
        guard let folder else { return }
        let path = try folder.writeCheckpoint(state.step, keeping: options.saveTotalLimit) { folder in
            try learner.write(into: folder)
            try Safetensors.write(
                optimizer.state(), to: Files.join(folder, Self.optimizerFile))
            var document = state.json
            document["run"] = .object(identity)
            document["planned"] = .object(options.plan)
            try Files.write(
                JSON.encode(.object(document), pretty: true), to: Files.join(folder, Self.stateFile))
        }
        job.keptCheckpoint(path, step: state.step)
    }

    /// Writes the student as it is now to <output_dir>/best.
    func saveBest() throws {
        guard let folder else { return }
        try Ranks.onMain { try folder.writeBest { try learner.write(into: $0) } }
    }

    /// Goes back to a checkpoint: weights, optimizer, generator, position.
    ///
    /// - Throws: `LyceumError.file` if the checkpoint is damaged, or belongs to other data or other options.
    public func restore(_ checkpoint: String) throws {
        let path = Files.join(checkpoint, Self.stateFile)
        guard let document = try JSON.decode(Files.read(path), name: path).object else {
            throw LyceumError.file(
                path: path, line: nil, problem: "no JSON object", remedy: "resume from another checkpoint")
        }
        try RunFolder.compare(identity, with: document["run"]?.object ?? [:], in: checkpoint)
        if let then = document["planned"]?.object, then != options.plan {
            job.note(
                "this run was planned for \(JSON.encode(.object(then))) and now goes on to "
                    + "\(JSON.encode(.object(options.plan))): from here on the learning rate follows the new plan"
            )
        }
        let restored = try TrainingState(json: document, path: path)
        try learner.network.load(Checkpoint.open(checkpoint))
        let optimizerPath = Files.join(checkpoint, Self.optimizerFile)
        let tensors = try Safetensors.read(optimizerPath).tensors()
        try optimizer.load(tensors, source: optimizerPath)
        state = restored
        folder?.resume(from: checkpoint)
        isRestored = true
        if state.bestMetric != nil, options.loadBestModelAtEnd, let folder {
            let path = Files.join(folder.best, CheckpointFiles.weights)
            let saved = try Safetensors.read(path).tensors()
            best = try learner.network.state().map { name, tensor in
                guard let kept = saved[name], kept.shape == tensor.shape else {
                    throw LyceumError.file(
                        path: path, line: nil, problem: "the weight '\(name)' is missing or of another shape",
                        remedy: "train again without resume, into another output_dir")
                }
                return (name, try kept.clone())
            }
        }
    }

    /// What shapes the weights: it must be the same when a run is resumed.
    private var identity: [String: Value] {
        var identity = options.identity.merging(subject) { own, _ in own }
        identity["train_examples"] = .integer(training.lengths.count)
        identity["train_fingerprint"] = .string(training.fingerprint)
        identity["valid_fingerprint"] = validation.map { .string($0.fingerprint) } ?? .null
        return identity
    }
}

extension TrainingOptions {
    /// What shapes the weights, by the options' names: all that do not only say how long the run is, what is looked
    /// at on the way and what is kept.
    fileprivate var identity: [String: Value] {
        let free: Set<String> = [
            "num_train_epochs", "max_steps", "eval_steps", "save_steps", "save_total_limit", "output_dir",
            "resume", "load_best_model_at_end", "early_stopping_patience",
        ]
        return settings.filter { !free.contains($0.key) }
    }

    /// How long the run is: it may be made longer, which a schedule of the learning rate notices.
    fileprivate var plan: [String: Value] {
        maxSteps.map { ["max_steps": .integer($0)] } ?? ["num_train_epochs": .number(epochs)]
    }

    /// The checkpoint to go on from, if that is what the options ask for.
    ///
    /// - Throws: `LyceumError.file` if there is none, or if a new run would start among the checkpoints of another.
    func checkpointToResume() throws -> String? {
        guard let outputFolder else { return nil }
        // Ranks that a launcher has started again go on where they were, if they had come that far.
        let isStartedAgain = (Ranks.group?.place.restart ?? 0) > 0
        if isStartedAgain, let newest = RunFolder.newest(in: outputFolder) { return newest }
        if resume, !isStartedAgain { return try RunFolder.checkpointToResume(in: outputFolder) }
        // Rank 0 alone: it may have begun to write when another one looks.
        try Ranks.onMain { try RunFolder.checkUnused(outputFolder) }
        return nil
    }
}

extension Options {
    /// What an architecture's own options add to the identity of a run: all that `TrainingOptions` does not read,
    /// save those that say where and how it is done.
    func identityOfRun() -> [String: Value] {
        let read = Set(TrainingOptions.declarations().map(\.name))
        return values.filter { !read.contains($0.key) && $0.key != "device" && $0.key != "new_labels" }
    }
}
