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
    /// - Throws: `LyceumError.invalid` if the parts are more than there is, or one of them would be empty;
    ///   `LyceumError.missingColumn`.
    public func split(
        _ parts: [String: SplitSize], seed: Int, group: String? = nil
    ) throws -> [String: Dataset] {
        let sorted = parts.sorted { $0.key < $1.key }
        let deal = try group.map { try groupedDeal(by: $0, seed: seed) } ?? rowDeal(seed: seed)
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
            let part = choosing(Array(deal.rows[start..<stop]))
            // Groups are dealt whole: within a part their rows would stand side by side.
            result[name] = group == nil ? part : part.shuffle(seed: seed)
            start = stop
        }
        return result
    }

    /// The rows in the order in which they are dealt out, and of each the number of its group.
    private typealias Deal = (rows: [Int], groups: [Int])

    private func rowDeal(seed: Int) -> Deal {
        var generator = SeededGenerator(seed: seed)
        return (generator.permutation(count), Array(0..<count))
    }

    private func groupedDeal(by column: String, seed: Int) throws -> Deal {
        let values = try values(column)
        var numbers: [Value: Int] = [:]
        var members: [[Int]] = []
        for (row, value) in values.enumerated() {
            if let number = numbers[value] {
                members[number].append(row)
            } else {
                numbers[value] = members.count
                members.append([row])
            }
        }
        var generator = SeededGenerator(seed: seed)
        let order = generator.permutation(members.count)
        return (
            order.flatMap { members[$0] }, order.flatMap { Array(repeating: $0, count: members[$0].count) }
        )
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
