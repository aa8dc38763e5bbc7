import LyceumKit

/// Lays out cells in columns and writes numbers, × 100, for the tables of reports.
public enum TextTable {
    /// Lines of aligned cells: the first column to the left, the others to the right.
    public static func lines(_ rows: [[String]]) -> [String] {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { column < $0.count ? DisplayWidth.of($0[column]) : 0 }.max() ?? 0
        }
        return rows.map { row in
            zip(row, widths).enumerated().map { i, cell in
                DisplayWidth.fit(cell.0, to: cell.1, toRight: i > 0)
            }.joined(separator: "  ")
        }
    }

    /// A fraction × 100 with two decimals.
    public static func percent(_ fraction: Double) -> String { (fraction * 100).fixed(2) }

    /// An interval of fractions × 100: "41.20 – 43.05".
    public static func percent(_ interval: ClosedRange<Double>) -> String {
        "\(percent(interval.lowerBound)) – \(percent(interval.upperBound))"
    }
}

extension ClosedRange<Double> {
    /// { low, high }
    var value: Value { [.number(lowerBound), .number(upperBound)] }
}
