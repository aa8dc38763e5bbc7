import Synchronization

/// One step on the way to a dataset.
public struct HistoryStep: Sendable {
    /// What was done: "load", "filter".
    public let operation: String
    /// With what: a path, the options; may be empty.
    public let detail: String
    /// How many rows there were afterwards.
    public internal(set) var rows = 0
    /// That of the dataset which the step made.
    var cache = FingerprintCache()

    init(_ operation: String, _ detail: String = "") {
        self.operation = operation
        self.detail = detail
    }

    /// The fingerprint of the dataset after this step; nil if nobody has asked for it, since it costs a pass
    /// over all values.
    public var fingerprint: String? { cache.known }
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
