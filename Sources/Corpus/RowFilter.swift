import LyceumKit
import LyceumText

/// Conditions on the columns of a row, all of which must hold; declared, not programmed, so that they can be
/// tested on all cores and written into the history.
///
/// Characters are Unicode scalars, as Python counts them; words are those of `Words`. A value that is not text has the length of its text; null has none and meets no condition on its length.
public struct RowFilter: Sendable {
    /// Characters that each column must have at least.
    public var minCharacters: [String: Int] = [:]
    /// Characters that each column may have at most.
    public var maxCharacters: [String: Int] = [:]
    /// Words that each column must have at least.
    public var minWords: [String: Int] = [:]
    /// Words that each column may have at most.
    public var maxWords: [String: Int] = [:]
    /// Values of which each column must hold one.
    public var equals: [String: [Value]] = [:]
    /// A text that each column must contain.
    public var contains: [String: String] = [:]
    /// Columns that must hold something other than null, an empty text or white space.
    public var notEmpty: [String] = []

    /// A filter that keeps everything, until a condition is set.
    public init() {}

    /// The conditions in a line, sorted by name.
    var description: String {
        func list<T>(_ name: String, _ conditions: [String: T], _ show: (T) -> String) -> [String] {
            conditions.sorted { $0.key < $1.key }.map { "\(name) \($0.key) = \(show($0.value))" }
        }
        let parts = [
            list("min_chars", minCharacters, String.init), list("max_chars", maxCharacters, String.init),
            list("min_words", minWords, String.init), list("max_words", maxWords, String.init),
            list("equals", equals) { $0.map(\.text).joined(separator: " or ") },
            list("contains", contains) { "'\($0)'" }, notEmpty.map { "not_empty \($0)" },
        ]
        return parts.flatMap(\.self).joined(separator: ", ")
    }
}

extension Dataset {
    /// The rows that meet all conditions, tested on all cores.
    ///
    /// - Throws: `LyceumError.missingColumn`, `LyceumError.cancelled`.
    public func filter(_ filter: RowFilter, job: Job = .silent("filter")) throws -> Dataset {
        var conditions: [RowCondition] = []
        func add<T>(_ columns: [String: T], _ make: (ColumnView, T) -> RowCondition) throws {
            for (column, parameter) in columns.sorted(by: { $0.key < $1.key }) {
                conditions.append(make(try view(column), parameter))
            }
        }
        try add(filter.minCharacters) { RowCondition(view: $0, kind: .characters($1...Int.max)) }
        try add(filter.maxCharacters) { RowCondition(view: $0, kind: .characters(Int.min...$1)) }
        try add(filter.minWords) { RowCondition(view: $0, kind: .words($1...Int.max)) }
        try add(filter.maxWords) { RowCondition(view: $0, kind: .words(Int.min...$1)) }
        try add(filter.equals) { RowCondition(view: $0, kind: .oneOf(Set($1))) }
        try add(filter.contains) { RowCondition(view: $0, kind: .contains(Array($1.utf8))) }
        for column in filter.notEmpty {
            conditions.append(RowCondition(view: try view(column), kind: .notEmpty))
        }
        let tested = conditions
        let kept = try Parallel.map(pieces(of: 2048), job: job) { rows in
            rows.filter { row in tested.allSatisfy { $0.holds(row) } }
        }
        return choosing(kept.flatMap(\.self), HistoryStep("filter", filter.description))
    }
}
