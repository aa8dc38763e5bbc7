/// Which runs to list, and in which order.
public struct RunQuery: Sendable, Equatable {
    /// What to sort by.
    public enum Order: Sendable, Equatable {
        /// The number, which is the order of their beginnings.
        case number
        /// The title, without regard to case.
        case title
        /// How long they took.
        case seconds
        /// The newest score of that name or, for a run without it, the last point of that figure.
        case figure(String)
    }

    /// Only runs of these kinds; empty for all.
    public var kinds: Set<RunKind>
    /// Only runs in these states; empty for all.
    public var states: Set<RunState>
    /// Only runs that have all these tags.
    public var tags: Set<String>
    /// Only runs whose title or note contains this, without regard to the case of ASCII letters.
    public var text: String
    /// What to sort by; runs without that figure come last.
    public var order: Order
    /// Whether the greatest comes first.
    public var descending: Bool
    /// At most so many; nil for all.
    public var limit: Int?

    /// Describes a list; every parameter has the value of `runs.list()`: all, the oldest first.
    public init(
        kinds: Set<RunKind> = [], states: Set<RunState> = [], tags: Set<String> = [], text: String = "",
        order: Order = .number, descending: Bool = false, limit: Int? = nil
    ) {
        self.kinds = kinds
        self.states = states
        self.tags = tags
        self.text = text
        self.order = order
        self.descending = descending
        self.limit = limit
    }
}
