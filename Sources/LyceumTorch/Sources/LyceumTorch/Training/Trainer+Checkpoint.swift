import LyceumKit

// Checkpoints: <output_dir>/checkpoint-<step>/, each a student's own folder plus optimizer.safetensors (moments
// and the generator's state) and trainer_state.json; and <output_dir>/best/, the student of the best
// validation.
extension Trainer {
    private static var optimizerFile: String { "optimizer.safetensors" }
    private static var stateFile: String { "trainer_state.json" }

    /// The newest checkpoint of this run's output folder.
    func newestCheckpoint() -> String? { options.outputFolder.flatMap { CheckpointFolder.newest(in: $0) } }

    /// Writes a checkpoint of this moment, as a whole or not at all, and removes the oldest beyond the limit.
    ///
    /// - Throws: `LyceumError.failed` if a weight is no number any more: the last good checkpoint stays the newest.
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
        guard let folder = options.outputFolder else { return }
        let path = Files.join(folder, CheckpointFolder.prefix + String(state.step))
        try Files.writeFolderAtomically(path) { folder in
            try learner.write(into: folder)
            try Safetensors.write(
                optimizer.state(), to: Files.join(folder, Self.optimizerFile))
            let document = state.json.merging(identity) { _, own in own }
            try Files.write(
                JSON.encode(.object(document), pretty: true), to: Files.join(folder, Self.stateFile))
        }
        job.keptCheckpoint(path, step: state.step)
        for step in CheckpointFolder.steps(in: folder).dropLast(options.saveTotalLimit) {
            Files.removeTree(Files.join(folder, CheckpointFolder.prefix + String(step)))
        }
    }

    /// Writes the student as it is now to <output_dir>/best.
    func saveBest() throws {
        guard let folder = options.outputFolder else { return }
        try Ranks.onMain {
            try Files.writeFolderAtomically(Files.join(folder, "best")) { try learner.write(into: $0) }
        }
    }

    /// Goes back to a checkpoint: weights, optimizer, generator, position.
    ///
    /// - Throws: `LyceumError.file` if the checkpoint is damaged, `LyceumError.invalid` if it belongs to other
    ///   data or to options that would draw other batches.
    public func restore(_ checkpoint: String) throws {
        let path = Files.join(checkpoint, Self.stateFile)
        guard let document = try JSON.decode(Files.read(path), name: path).object else {
            throw LyceumError.file(
                path: path, line: nil, problem: "no JSON object", remedy: "resume from another checkpoint")
        }
        for (name, value) in identity.sorted(by: { $0.key < $1.key }) where document[name] != value {
            throw LyceumError.invalid(
                "cannot resume \(checkpoint): \(name)", expected: document[name]?.text ?? "nothing",
                got: value.text, remedy: "resume with the data and the options of that run")
        }
        let restored = try TrainingState(json: document, path: path)
        try learner.network.load(Checkpoint.open(checkpoint))
        let optimizerPath = Files.join(checkpoint, Self.optimizerFile)
        let tensors = try Safetensors.read(optimizerPath).tensors()
        try optimizer.load(tensors, source: optimizerPath)
        state = restored
        if state.bestMetric != nil, options.loadBestModelAtEnd, let folder = options.outputFolder {
            let path = Files.join(Files.join(folder, "best"), CheckpointFiles.weights)
            let saved = try Safetensors.read(path).tensors()
            best = try learner.network.state().map { name, tensor in
                guard let kept = saved[name], kept.shape == tensor.shape else {
                    throw LyceumError.file(
                        path: path, line: nil, problem: "the weight '\(name)' is missing or of another shape",
                        remedy: "train anew without resume")
                }
                return (name, try kept.clone())
            }
        }
    }

    /// What decides which batches are drawn and which weights are best: it must be the same when a run is resumed.
    private var identity: [String: Value] {
        [
            "train_batch_size": .integer(options.batchSize),
            "gradient_accumulation_steps": .integer(options.accumulationSteps),
            "seed": .integer(options.seed), "shuffle": .bool(options.shuffle),
            "group_by_length": .bool(options.groupByLength),
            "train_examples": .integer(training.lengths.count),
            "train_fingerprint": .string(training.fingerprint),
            "metric_for_best_model": .string(options.metricForBestModel),
        ]
    }
}

/// The checkpoints in an output folder.
enum CheckpointFolder {
    /// Their names, before the step.
    static let prefix = "checkpoint-"

    /// The newest checkpoint in a folder, if there is one.
    static func newest(in folder: String) -> String? {
        steps(in: folder).last.map { Files.join(folder, prefix + String($0)) }
    }

    /// The steps of all of them, in order.
    static func steps(in folder: String) -> [Int] {
        Files.list(folder).compactMap { $0.hasPrefix(prefix) ? Int($0.dropFirst(prefix.count)) : nil }
            .sorted()
    }
}

extension TrainingOptions {
    /// The checkpoint to go on from, if that is what the options ask for.
    ///
    /// - Throws: `LyceumError.file` if there is none.
    func checkpointToResume() throws -> String? {
        guard resume, let folder = outputFolder else { return nil }
        guard let checkpoint = CheckpointFolder.newest(in: folder) else {
            throw LyceumError.file(
                path: folder, line: nil, problem: "holds no checkpoint to resume from",
                remedy: "train without resume first")
        }
        return checkpoint
    }
}
