import Synchronization

/// One step on the way to a dataset.
public struct HistoryStep: Sendable {
    /// What was done: "load", "filter".
    public let operation: String
    /// With what: a path, the options; may be empty.
    public let detail: String
    /// The number of the lab's run that made a column here; nil if none did.
    public let run: Int?
    /// Earlier runs that answered some of the column's rows, the oldest first: those that `run` went on with.
    let earlierRuns: [Int]
    /// The new names of columns by the old ones, if the step gave new names.
    let renamed: [String: String]
    /// How many rows there were afterwards.
    public internal(set) var rows = 0
    /// That of the dataset which the step made.
    var cache = FingerprintCache()

    static let concat = "concat"
    static let addColumn = "add column"
    static let replaceColumn = "replace column"

    init(
        _ operation: String, _ detail: String = "", run: Int? = nil, earlierRuns: [Int] = [],
        renamed: [String: String] = [:]
    ) {
        self.operation = operation
        self.detail = detail
        self.run = run
        self.earlierRuns = earlierRuns
        self.renamed = renamed
    }

    /// The fingerprint of the dataset after this step; nil if nobody has asked for it, since it costs a pass
    /// over all values.
    public var fingerprint: String? { cache.known }
}

extension Dataset {
    /// The same rows, whose history says that they were loaded.
    ///
    /// - Parameter origin: from where, and by what.
    public func loaded(from origin: String) -> Dataset {
        Dataset(views: views, count: count, history: [HistoryStep("load", origin)], origins: origins)
    }

    /// The runs of the lab that made columns of this dataset, the newest first.
    public var runs: [Int] {
        var seen: Set<Int> = []
        return history.reversed().flatMap { step in
            (step.run.map { [$0] } ?? []) + step.earlierRuns.reversed()
        }
        .filter { seen.insert($0).inserted }
    }

    /// The run of the lab that made a column.
    ///
    /// - Returns: nil if none did, or if rows of another dataset were joined since.
    public func run(ofColumn column: String) -> Int? {
        var column = column
        for step in history.reversed() {
            switch step.operation {
            case HistoryStep.concat: return nil
            case "rename": column = step.renamed.first { $0.value == column }?.key ?? column
            case HistoryStep.addColumn, HistoryStep.replaceColumn:
                if step.detail == column { return step.run }
            default: break
            }
        }
        return nil
    }
}

/// A fingerprint that is computed at most once.
final class FingerprintCache: Sendable {
    private let stored = Mutex<String?>(nil)

    /// The fingerprint, if it was computed.
    var known: String? { stored.withLock { $0 } }

    func value(_ compute: () -> String) -> String {
        stored.withLock { stored in
            if let stored { return stored }
            let computed = compute()
            stored = computed
            return computed
        }
    }
}
