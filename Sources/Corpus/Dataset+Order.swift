import LyceumKit

extension Dataset {
    /// The first `n` rows, or all if there are fewer.
    ///
    /// - Throws: `LyceumError.invalid` if `n` is negative.
    public func take(_ n: Int) throws -> Dataset {
        try requireNotNegative(n, "rows to take")
        return choosing(Array(0..<min(n, count)), HistoryStep("take", String(n)))
    }

    /// All rows but the first `n`.
    ///
    /// - Throws: `LyceumError.invalid` if `n` is negative.
    public func skip(_ n: Int) throws -> Dataset {
        try requireNotNegative(n, "rows to skip")
        return choosing(Array(min(n, count)..<count), HistoryStep("skip", String(n)))
    }

    /// All rows in an order that depends on `seed` and the number of rows alone.
    public func shuffle(seed: Int) -> Dataset {
        var generator = SeededGenerator(seed: seed)
        return choosing(generator.permutation(count), HistoryStep("shuffle", "seed = \(seed)"))
    }

    /// `n` different rows drawn at random, in random order; all rows if there are fewer.
    ///
    /// - Throws: `LyceumError.invalid` if `n` is negative.
    public func sample(_ n: Int, seed: Int) throws -> Dataset {
        try requireNotNegative(n, "rows to sample")
        var generator = SeededGenerator(seed: seed)
        return choosing(
            Array(generator.permutation(count).prefix(n)), HistoryStep("sample", "\(n), seed = \(seed)"))
    }

    /// The rows in the order of a column's values: numbers, then texts by their Unicode scalars, then Booleans,
    /// then lists and tables as JSON; null is always last. Rows with equal values keep their order.
    ///
    /// - Parameters:
    ///   - column: what to sort by.
    ///   - descending: whether the largest value comes first.
    ///   - job: cancellation.
    /// - Throws: `LyceumError.missingColumn`, `LyceumError.cancelled`.
    public func sort(
        by column: String, descending: Bool = false, job: Job = .silent("sorting")
    ) throws -> Dataset {
        let keys = try values(column).enumerated().map { row, value in
            if row % 4096 == 0 { try job.checkCancelled() }
            return SortKey(value)
        }
        var comparisons = 0
        let order = try (0..<count).sorted { a, b in
            comparisons += 1
            if comparisons % 65536 == 0 { try job.checkCancelled() }
            if keys[a] == keys[b] { return a < b }
            if keys[a] == .last || keys[b] == .last { return keys[b] == .last }
            return descending ? keys[b] < keys[a] : keys[a] < keys[b]
        }
        return choosing(order, HistoryStep("sort", column + (descending ? ", descending" : "")))
    }

    private func requireNotNegative(_ n: Int, _ what: String) throws {
        if n < 0 {
            throw LyceumError.invalid(what, expected: "0 or more", got: String(n), remedy: nil)
        }
    }
}

/// What a value is sorted by; the cases stand in their order.
private enum SortKey: Equatable {
    case number(Double)
    case text(String)
    case bool(Bool)
    case json(String)
    case last

    init(_ value: Value) {
        switch value {
        case .integer(let number): self = .number(Double(number))
        case .number(let number): self = number.isNaN ? .last : .number(number)
        case .string(let text): self = .text(text)
        case .bool(let flag): self = .bool(flag)
        case .list, .object: self = .json(value.text)
        case .null: self = .last
        }
    }

    static func < (a: SortKey, b: SortKey) -> Bool {
        switch (a, b) {
        case (.number(let a), .number(let b)): return a < b
        case (.text(let a), .text(let b)), (.json(let a), .json(let b)): return a < b
        case (.bool(let a), .bool(let b)): return !a && b
        default: return a.rank < b.rank
        }
    }

    private var rank: Int {
        switch self {
        case .number: return 0
        case .text: return 1
        case .bool: return 2
        case .json: return 3
        case .last: return 4
        }
    }
}
