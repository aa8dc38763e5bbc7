import LyceumKit

extension Dataset {
    /// Rows with their whole texts: side by side where the columns fit the screen, else one below the other.
    ///
    /// - Parameters:
    ///   - rows: which rows, counted from 0; the first ones if nil.
    ///   - columns: which columns, in this order; all if nil.
    ///   - width: columns of the terminal, at least 20.
    /// - Throws: `LyceumError.missingColumn`, or `LyceumError.failed` if there is no such row.
    public func shown(rows: [Int]? = nil, columns: [String]? = nil, width: Int = 80) throws -> String {
        let width = max(width, 20)
        let views = try (columns ?? self.columns).map(view)
        let rows = rows ?? Array(0..<min(count, Self.shownRows))
        if let wrong = rows.first(where: { $0 < 0 || $0 >= count }) {
            throw LyceumError.failed(
                "no row \(wrong + 1)", remedy: count == 0 ? "there are no rows" : "the rows are 1 to \(count)"
            )
        }
        var lines = [sizeLine]
        if views.isEmpty { return lines[0] }
        let cells = rows.map { row in
            views.map { view in DisplayNumber.text(view[row], named: view.name) }
        }
        let numberWidth = max((rows.max() ?? 0) + 1, 1).description.count
        lines +=
            Self.sideBySide(views.map(\.name), cells, rows, width: width, numberWidth: numberWidth)
            ?? Self.below(views.map(\.name), cells, rows, width: width)
        if rows.count < count, rows == Array(0..<rows.count) {
            lines.append("… \(Self.grouped(count - rows.count)) more: show(x, { rows = \(count) })")
        }
        return lines.joined(separator: "\n")
    }

    /// Texts need so many columns to be read next to each other.
    private static let readableWidth = 24

    /// A table whose cells have several lines; nil if the columns would be too narrow to read.
    private static func sideBySide(
        _ names: [String], _ cells: [[String]], _ rows: [Int], width: Int, numberWidth: Int
    ) -> [String]? {
        let natural = names.indices.map { column in
            let longest =
                cells.map { row in
                    row[column].split(whereSeparator: \.isNewline).map { DisplayWidth.of($0) }.max() ?? 0
                }.max() ?? 0
            return max(longest, DisplayWidth.of(DisplayWidth.oneLine(names[column])))
        }
        let widths = columnWidths(natural, available: width - numberWidth)
        guard widths.count == names.count,
            zip(widths, natural).allSatisfy({ $0 >= min($1, readableWidth) })
        else { return nil }
        func line(_ number: String, _ parts: [String]) -> String {
            var line = DisplayWidth.fit(number, to: numberWidth, toRight: true)
            for (part, width) in zip(parts, widths) { line += "  " + DisplayWidth.fit(part, to: width) }
            while line.hasSuffix(" ") { line.removeLast() }
            return line
        }
        var lines = [
            line("", names.map { DisplayWidth.oneLine($0) }),
            line("", widths.map { String(repeating: "─", count: $0) }),
        ]
        for (place, row) in rows.enumerated() {
            let wrapped = zip(cells[place], widths).map { DisplayWidth.wrapped($0, to: $1) }
            let height = wrapped.map(\.count).max() ?? 1
            for part in 0..<max(height, 1) {
                lines.append(
                    line(
                        part == 0 ? "\(row + 1)" : "",
                        wrapped.map { part < $0.count ? $0[part] : "" }))
            }
            if height > 1, place + 1 < rows.count { lines.append("") }
        }
        return lines
    }

    /// One row below the other, each with a line for every column and more where its text needs them.
    private static func below(_ names: [String], _ cells: [[String]], _ rows: [Int], width: Int) -> [String] {
        let labels = names.map { DisplayWidth.oneLine($0) }
        let widest = min(labels.map { DisplayWidth.of($0) }.max() ?? 0, width / 3)
        let margin = String(repeating: " ", count: widest + 2)
        return zip(rows, cells).flatMap { row, texts in
            let title = "── row \(row + 1) "
            let lines = zip(labels, texts).flatMap { label, text in
                DisplayWidth.wrapped(text, to: width - widest - 2).enumerated().map { place, line in
                    (place == 0 ? DisplayWidth.fit(label, to: widest) + "  " : margin) + line
                }
            }
            return [title + String(repeating: "─", count: max(width - DisplayWidth.of(title), 0))] + lines
        }
    }
}
