import LyceumKit

/// How large a part of a split is.
public enum SplitSize: Sendable, Hashable {
    /// A share of all rows, above 0 and at most 1.
    case fraction(Double)
    /// A number of rows, at least 1.
    case count(Int)

    /// The size that a number stands for: a whole number is a count, any other a fraction. The floating-point
    /// 1.0 is a fraction.
    ///
    /// - Throws: `LyceumError.invalid` naming the part if it is neither.
    public init(_ value: Value, part: String) throws {
        switch value {
        case .integer(let count) where count >= 1: self = .count(count)
        case .number(let share) where share > 0 && share <= 1: self = .fraction(share)
        case .number(let number) where number > 1:
            guard let count = Int(exactly: number) else { fallthrough }
            self = .count(count)
        default:
            throw LyceumError.invalid(
                "split part '\(part)'", expected: "a fraction above 0 and at most 1, or a number of rows",
                got: value.number == nil ? value.typeName : value.text, remedy: nil)
        }
    }
}

extension Dataset {
    /// Shuffles the rows and deals them out to parts that share no row. Fractions are of all rows; what they
    /// leave over is in no part.
    ///
    /// - Parameters:
    ///   - parts: sizes by name. The names, sorted, decide which part is dealt first.
    ///   - seed: decides the order.
    ///   - group: a column whose equal values stay in one part, so that near-copies (siblings of one source)
    ///     do not leak from one part into another; a part may then be larger than asked, by less than a group.
    ///   - stratify: a column each of whose values has in every part the share that it has in all rows, give or
    ///     take a row.
    /// - Throws: `LyceumError.invalid` if the parts are more than there is, if one of them would be empty, or
    ///   with both `group` and `stratify`; `LyceumError.missingColumn`.
    public func split(
        _ parts: [String: SplitSize], seed: Int, group: String? = nil, stratify: String? = nil
    ) throws -> [String: Dataset] {
        let sorted = parts.sorted { $0.key < $1.key }
        let deal: Deal
        switch (group, stratify) {
        case (nil, nil): deal = rowDeal(seed: seed)
        case (let group?, nil): deal = try groupedDeal(by: group, seed: seed)
        case (nil, let column?): deal = try stratifiedDeal(by: column, seed: seed)
        case (_?, _?):
            throw LyceumError.invalid(
                "split", expected: "either group or stratify", got: "both",
                remedy: "groups that stay together cannot be dealt out by share")
        }
        var options = ["seed = \(seed)"]
        if let group { options.append("group = \(group)") }
        if let stratify { options.append("stratify = \(stratify)") }
        var result: [String: Dataset] = [:]
        // Rounding the running sum, not each size, leaves no row over when the fractions sum to 1.
        var end = 0.0
        var start = 0
        for (name, size) in sorted {
            switch size {
            case .fraction(let share): end += share * Double(count)
            case .count(let rows): end += Double(rows)
            }
            guard end <= Double(count) + 1e-6 * Double(max(count, 1)) else {
                throw LyceumError.invalid(
                    "split", expected: "parts of at most \(count) rows in all",
                    got: sorted.map { "\($0.key) = \($0.value)" }.joined(separator: ", "),
                    remedy: "make the parts smaller")
            }
            var stop = min(Int(end.rounded()), count)
            while stop > start, stop < count, deal.groups[stop] == deal.groups[stop - 1] { stop += 1 }
            guard start < stop else {
                throw LyceumError.invalid(
                    "split part '\(name)'", expected: "at least one row",
                    got: "\(size) of \(count) rows, which is none", remedy: "make it larger")
            }
            var rows = Array(deal.rows[start..<stop])
            // Groups are dealt whole, values at even distances: within a part the order would tell.
            if deal.isOrdered {
                var generator = SeededGenerator(seed: seed)
                rows = generator.permutation(rows.count).map { rows[$0] }
            }
            let detail = (["\(name) = \(size)"] + options).joined(separator: ", ")
            result[name] = choosing(rows, HistoryStep("split", detail))
            start = stop
        }
        return result
    }

    /// How rows are dealt out.
    private struct Deal {
        /// The rows in the order of the deal.
        let rows: [Int]
        /// Of each the number of its group.
        let groups: [Int]
        /// Whether neighbours in the deal have something in common.
        let isOrdered: Bool
    }

    private func rowDeal(seed: Int) -> Deal {
        var generator = SeededGenerator(seed: seed)
        return Deal(rows: generator.permutation(count), groups: Array(0..<count), isOrdered: false)
    }

    private func groupedDeal(by column: String, seed: Int) throws -> Deal {
        let members = try rowsByValue(column)
        var generator = SeededGenerator(seed: seed)
        let order = generator.permutation(members.count)
        return Deal(
            rows: order.flatMap { members[$0] },
            groups: order.flatMap { Array(repeating: $0, count: members[$0].count) }, isOrdered: true)
    }

    /// Spreads the rows of each value evenly over the deal, so that any stretch of it holds them by share.
    private func stratifiedDeal(by column: String, seed: Int) throws -> Deal {
        var generator = SeededGenerator(seed: seed)
        var placed: [(place: Double, row: Int)] = []
        for members in try rowsByValue(column) {
            let offset = generator.unit()
            for (rank, member) in generator.permutation(members.count).enumerated() {
                placed.append(((Double(rank) + offset) / Double(members.count), members[member]))
            }
        }
        placed.sort { ($0.place, $0.row) < ($1.place, $1.row) }
        return Deal(rows: placed.map(\.row), groups: Array(0..<count), isOrdered: true)
    }

    /// The rows of each value of a column, the values in order of first appearance.
    private func rowsByValue(_ column: String) throws -> [[Int]] {
        var numbers: [Value: Int] = [:]
        var members: [[Int]] = []
        for (row, value) in try values(column).enumerated() {
            if let number = numbers[value] {
                members[number].append(row)
            } else {
                numbers[value] = members.count
                members.append([row])
            }
        }
        return members
    }
}

extension SplitSize: CustomStringConvertible {
    /// The number as the user wrote it.
    public var description: String {
        switch self {
        case .fraction(let share): return String(share)
        case .count(let rows): return String(rows)
        }
    }
}
