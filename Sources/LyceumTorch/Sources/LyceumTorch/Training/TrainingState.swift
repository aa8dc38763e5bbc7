import LyceumKit

/// Where a run stands between two steps; with the weights and the optimizer, all that a resumed
/// run needs to go on as if nothing had happened.
struct TrainingState {
    /// Optimizer steps done.
    var step = 0
    /// The epoch under way, from 0.
    var epoch = 0
    /// Batches of that epoch already used.
    var batchesDone = 0
    /// The best validation so far: its `metric_for_best_model`.
    var bestMetric: Double?
    /// Validations in a row since then.
    var validationsSinceBest = 0
    /// Whether the run was cancelled before the validation that was due at this step was done.
    var owesValidation = false
    /// Curves by name.
    var history: [String: [TrainingReport.Point]] = [:]

    mutating func record(_ curve: String, _ value: Double) {
        history[curve, default: []].append(.init(step: step, value: value))
    }

    /// The state as `trainer_state.json` holds it.
    var json: [String: Value] {
        [
            "global_step": .integer(step), "epoch": .integer(epoch), "batches_done": .integer(batchesDone),
            "best_metric": bestMetric.map(Value.number) ?? .null,
            "early_stopping_patience_counter": .integer(validationsSinceBest),
            "owes_validation": .bool(owesValidation),
            "history": .object(
                history.mapValues { points in
                    .object([
                        "step": .list(points.map { .integer($0.step) }),
                        "value": .list(points.map { .number($0.value) }),
                    ])
                }),
        ]
    }

    init() {}

    /// Reads a `trainer_state.json`.
    init(json: [String: Value], path: String) throws {
        func whole(_ name: String) throws -> Int {
            guard let number = json[name]?.integer, number >= 0 else {
                throw LyceumError.file(
                    path: path, line: nil, problem: "the field '\(name)' is missing or no whole number",
                    remedy: "resume from another checkpoint")
            }
            return number
        }
        step = try whole("global_step")
        epoch = try whole("epoch")
        batchesDone = try whole("batches_done")
        bestMetric = json["best_metric"]?.number
        validationsSinceBest = json["early_stopping_patience_counter"]?.integer ?? 0
        owesValidation = json["owes_validation"] == .bool(true)
        for (curve, points) in json["history"]?.object ?? [:] {
            let steps = points.object?["step"]?.list?.compactMap(\.integer) ?? []
            let values = points.object?["value"]?.list?.compactMap(\.number) ?? []
            history[curve] = zip(steps, values).map { TrainingReport.Point(step: $0, value: $1) }
        }
    }
}
