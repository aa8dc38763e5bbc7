import LyceumKit
import LyceumText

extension Dataset {
    /// How long the values of columns are: a dataset with a row for each column and unit, of the columns
    /// `column`, `unit` ("chars", "words", "tokens"), `rows` (those that hold a text), `min`, `median`, `mean`,
    /// `p95` and `max`. Quantiles interpolate between neighbours, as NumPy's do.
    ///
    /// - Parameters:
    ///   - columns: which; nil takes every column that holds texts.
    ///   - countTokens: counts the tokens of a text, called row after row; nil leaves tokens out.
    ///   - job: cancellation.
    /// - Throws: `LyceumError.missingColumn`, `RowError` around what `countTokens` throws,
    ///   `LyceumError.cancelled`.
    public func statistics(
        columns: [String]? = nil, job: Job = .silent("stats"), countTokens: ((String) throws -> Int)? = nil
    ) throws -> Dataset {
        let views =
            try columns?.map(view) ?? views.filter { view in (0..<count).contains(where: view.isText) }
        var records: [[JSON.Field]] = []
        for view in views {
            let lengths = try Parallel.map(pieces(of: 2048), job: job) { rows in
                rows.compactMap { row in
                    view.withText(row) { (TextLength.characters($0), Words.count($0)) }
                }
            }.flatMap(\.self)
            records.append(Self.summary(view.name, "chars", lengths.map(\.0)))
            records.append(Self.summary(view.name, "words", lengths.map(\.1)))
            guard let countTokens else { continue }
            let tokens = try (0..<count).filter(view.isText).map { row in
                if row % 1024 == 0 { try job.checkCancelled() }
                return try RowError.naming("stats", row: row) { try countTokens(try view.text(at: row)) }
            }
            records.append(Self.summary(view.name, "tokens", tokens))
        }
        var builder = DatasetBuilder(
            columns: ["column", "unit", "rows", "min", "median", "mean", "p95", "max"])
        for record in records { builder.append(record) }
        return builder.dataset(HistoryStep("stats", origin))
    }

    private static func summary(_ column: String, _ unit: String, _ lengths: [Int]) -> [JSON.Field] {
        let sorted = lengths.sorted()
        func quantile(_ share: Double) -> Value {
            guard let last = sorted.last else { return .null }
            let place = share * Double(sorted.count - 1)
            let below = Int(place)
            let low = Double(sorted[below])
            let high = Double(below + 1 < sorted.count ? sorted[below + 1] : last)
            return .number(low + (high - low) * (place - Double(below)))
        }
        let sum = sorted.reduce(0.0) { $0 + Double($1) }
        let mean: Value = sorted.isEmpty ? .null : .number(sum / Double(sorted.count))
        return [
            JSON.Field(name: "column", value: .string(column)),
            JSON.Field(name: "unit", value: .string(unit)),
            JSON.Field(name: "rows", value: .integer(sorted.count)),
            JSON.Field(name: "min", value: sorted.first.map(Value.integer) ?? .null),
            JSON.Field(name: "median", value: quantile(0.5)), JSON.Field(name: "mean", value: mean),
            JSON.Field(name: "p95", value: quantile(0.95)),
            JSON.Field(name: "max", value: sorted.last.map(Value.integer) ?? .null),
        ]
    }
}
