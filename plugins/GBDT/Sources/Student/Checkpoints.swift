import LyceumKit

/// The checkpoints of a run: folders `checkpoint-<rounds>` that load as students, with the state of the run.
struct Checkpoints {
    /// What a resumption needs beside the student.
    struct State: Equatable {
        /// Rounds that were there before the run.
        var firstRound: Int
        /// The losses of the run.
        var history: BoostingRun.History
    }

    /// The run's `output_dir`.
    let folder: String

    private static let prefix = "checkpoint-"
    private static let stateFile = "training_state.json"

    /// The checkpoint of the most rounds; nil if there is none.
    var newest: String? {
        Files.list(folder).compactMap { name in Int(name.dropFirst(Self.prefix.count)).map { ($0, name) } }
            .filter { $0.1.hasPrefix(Self.prefix) }.max { $0.0 < $1.0 }.map { Files.join(folder, $0.1) }
    }

    /// Writes a checkpoint, then removes all but the two newest.
    func write(_ student: GBDTStudent, _ state: State) throws {
        let rounds = try student.trained(to: "be saved").booster.rounds
        try Files.writeFolderAtomically(Files.join(folder, "\(Self.prefix)\(rounds)")) { path in
            try student.write(into: path)
            try Files.write(JSON.encode(state.json), to: Files.join(path, Self.stateFile))
        }
        let all = Files.list(folder).filter { $0.hasPrefix(Self.prefix) }
            .compactMap { Int($0.dropFirst(Self.prefix.count)) }.sorted(by: >)
        for rounds in all.dropFirst(2) {
            Files.removeTree(Files.join(folder, "\(Self.prefix)\(rounds)"))
        }
    }

    /// The state beside a checkpoint.
    ///
    /// - Throws: `LyceumError.file`.
    func state(of checkpoint: String) throws -> State {
        let path = Files.join(checkpoint, Self.stateFile)
        guard let state = State(json: try JSON.decode(Files.read(path), name: path)) else {
            throw LyceumError.file(
                path: path, line: nil, problem: "holds no state of a run", remedy: "start without resume")
        }
        return state
    }
}

extension Checkpoints.State {
    /// The state as JSON.
    fileprivate var json: Value {
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
