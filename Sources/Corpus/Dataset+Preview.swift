import LyceumKit

extension Dataset {
    /// The dataset as a person sees it: size, column names, the first rows, cut to the width of the terminal.
    ///
    /// - Parameters:
    ///   - width: columns of the terminal, at least 20.
    ///   - rows: how many rows to show.
    public func preview(width: Int = 80, rows: Int = Dataset.shownRows) -> String {
        let width = max(width, 20)
        let shown = min(max(rows, 0), count)
        var lines = [sizeLine]
        if columns.isEmpty { return lines[0] }
        let numberWidth = max(String(shown).count, 1)
        let cells = views.map { view in
            [DisplayWidth.oneLine(view.name)]
                + (0..<shown).map { row in
                    DisplayWidth.oneLine(DisplayNumber.text(view[row], named: view.name), limit: width)
                }
        }
        let natural = cells.map { $0.map { DisplayWidth.of($0) }.max() ?? 0 }
        let widths = Self.columnWidths(natural, available: width - numberWidth)
        for row in 0...shown {
            let number = DisplayWidth.fit(row == 0 ? "" : String(row), to: numberWidth, toRight: true)
            var line = number
            for (cell, width) in zip(cells, widths) { line += "  " + DisplayWidth.fit(cell[row], to: width) }
            while line.hasSuffix(" ") { line.removeLast() }
            lines.append(line)
            if row == 0 {
                lines.append(
                    String(repeating: " ", count: numberWidth)
                        + widths.map { "  " + String(repeating: "─", count: $0) }.joined())
            }
        }
        if shown < count { lines.append("… \(Self.grouped(count - shown)) more") }
        if widths.count < columns.count {
            let hidden = columns[widths.count...].map { DisplayWidth.oneLine($0) }.joined(separator: ", ")
            lines.append(DisplayWidth.cut("columns that did not fit: \(hidden)", to: width))
        }
        return lines.joined(separator: "\n")
    }

    /// How many rows a preview shows: what fits a screen.
    public static let shownRows = 20

    /// "1,234 rows × 2 columns".
    var sizeLine: String {
        "\(Self.grouped(count)) \(count == 1 ? "row" : "rows") × \(summary(of: columns.count, "column"))"
    }

    /// How wide to show each column: those that need little get it, the others share the rest equally. Columns
    /// at the end that would get less than 6 are left out.
    static func columnWidths(_ natural: [Int], available: Int) -> [Int] {
        var natural = natural
        let gap = 2
        while natural.count > 1, natural.reduce(0, { $0 + min($1, 6) + gap }) > available {
            natural.removeLast()
        }
        var rest = available - gap * natural.count
        var widths = natural
        // From the narrowest on: what a column does not need is left to the wider ones.
        let order = natural.indices.sorted { (natural[$0], $0) < (natural[$1], $1) }
        for (place, column) in order.enumerated() {
            widths[column] = min(natural[column], max(rest / (order.count - place), 1))
            rest -= widths[column]
        }
        return widths
    }

    private func summary(of number: Int, _ noun: String) -> String {
        "\(Self.grouped(number)) \(noun)\(number == 1 ? "" : "s")"
    }

    /// A number with a comma before every three digits.
    static func grouped(_ number: Int) -> String {
        let digits = Array(String(number))
        var result = ""
        for (i, digit) in digits.enumerated() {
            if i > 0, (digits.count - i) % 3 == 0 { result.append(",") }
            result.append(digit)
        }
        return result
    }
}
