import LyceumKit

/// The checkpoints of a run: folders `checkpoint-<rounds>` that load as students, with the state of the run.
struct Checkpoints {
    /// What a resumption needs next to the student.
    struct State: Equatable {
        /// Rounds that were there before the run.
        var firstRound: Int
        /// The losses of the run.
        var history: BoostingRun.History
    }

    /// The run's `output_dir`.
    let folder: RunFolder
    /// What shapes the trees besides the student itself: its data and its options.
    let identity: [String: Value]

    private static let stateFile = "training_state.json"
    /// How many checkpoints to keep.
    private static let limit = 2

    /// Writes a checkpoint, then removes all but the two newest of this run.
    ///
    /// - Returns: its folder.
    func write(_ student: GBDTStudent, _ state: State) throws -> String {
        let rounds = try student.trained(to: "be saved").booster.rounds
        return try folder.writeCheckpoint(rounds, keeping: Self.limit) { path in
            try student.write(into: path)
            var document = state.json
            document["run"] = .object(identity)
            try Files.write(JSON.encode(.object(document)), to: Files.join(path, Self.stateFile))
        }
    }

    /// The state next to a checkpoint, from which this run goes on.
    ///
    /// - Throws: `LyceumError.file`, also if it is of a run with other data or options.
    func resume(from checkpoint: String) throws -> State {
        let path = Files.join(checkpoint, Self.stateFile)
        let document = try JSON.decode(Files.read(path), name: path)
        guard let state = State(json: document) else {
            throw LyceumError.file(
                path: path, line: nil, problem: "does not hold the state of a run",
                remedy: "start without resume, with another output_dir")
        }
        try RunFolder.compare(identity, with: document.object?["run"]?.object ?? [:], in: checkpoint)
        folder.resume(from: checkpoint)
        return state
    }
}

extension Checkpoints.State {
    /// The state as JSON.
    fileprivate var json: [String: Value] {
        func list(_ points: [TrainingReport.Point]) -> Value {
            .list(points.map { [.integer($0.step), .number($0.value)] })
        }
        return [
            "first_round": .integer(firstRound), "loss": list(history.training),
            "eval_loss": list(history.validation),
        ]
    }

    fileprivate init?(json: Value) {
        func points(_ name: String) -> [TrainingReport.Point]? {
            json.object?[name]?.list?.compactMap { point in
                guard let pair = point.list, pair.count == 2, let step = pair[0].integer,
                    let value = pair[1].number
                else { return nil }
                return TrainingReport.Point(step: step, value: value)
            }
        }
        guard let firstRound = json.object?["first_round"]?.integer, let training = points("loss"),
            let validation = points("eval_loss")
        else { return nil }
        self.init(firstRound: firstRound, history: .init(training: training, validation: validation))
    }
}
