import LyceumKit

extension Plot {
    /// The picture in characters: curves in Braille dots, labelled axes, a legend.
    ///
    /// - Parameters:
    ///   - width: of the screen, in columns; what is below 30 counts as 30.
    ///   - height: of the area of the curves, in lines.
    ///   - isColoured: whether curves are told apart by colour; letters at their ends tell in any case.
    public func text(width: Int, height: Int, isColoured: Bool) -> String {
        let height = min(max(height, 3), 200)
        let ticks = y.ticks(about: max(2, height / 3))
        let labels = y.labels(ticks)
        let margin = labels.map(\.count).max() ?? 0
        let marks = series.count > 1 ? 2 : 0
        let columns = max(max(width, 30) - margin - 2 - marks, 10)
        var canvas = BrailleCanvas(columns: columns, rows: height)
        for (number, series) in series.enumerated() {
            canvas.draw(series.points.map { (x.position($0.x), y.position($0.y)) }, number: number)
        }
        var lines = [String(repeating: " ", count: margin + 1) + "\(title) by \(xTitle)"]
        var labelOfRow: [Int: String] = [:]
        for (tick, label) in zip(ticks, labels) { labelOfRow[canvas.row(of: y.position(tick))] = label }
        let ends = series.count > 1 ? endMarks(canvas) : [:]
        for row in 0..<height {
            let label = labelOfRow[row]
            let lead = DisplayWidth.fit(label ?? "", to: margin, toRight: true) + (label == nil ? " │" : " ┤")
            let end = ends[row].map { " " + Self.paint($0.letters, $0.number, isColoured) } ?? ""
            lines.append(lead + canvas.line(row) { Self.paint($0, $1, isColoured) } + end)
        }
        lines += xAxis(margin: margin, columns: columns)
        lines += legend(width: max(width, 30), isColoured: isColoured)
        if !remark.isEmpty { lines.append(remark) }
        return lines.map(Self.trimmed).joined(separator: "\n")
    }

    /// The letter of each curve in the row in which it ends; "+" behind it where several end.
    private func endMarks(_ canvas: BrailleCanvas) -> [Int: (letters: String, number: Int)] {
        var marks: [Int: (letters: String, number: Int)] = [:]
        for (number, series) in series.enumerated() {
            guard let last = series.points.last else { continue }
            let row = canvas.row(of: y.position(last.y))
            marks[row] =
                marks[row].map { (String($0.letters.prefix(1)) + "+", $0.number) }
                ?? (Self.letter(number), number)
        }
        return marks
    }

    private func xAxis(margin: Int, columns: Int) -> [String] {
        let ticks = x.ticks(about: max(2, columns / 12))
        var rule = [Character](repeating: "─", count: columns)
        var labels = [Character](repeating: " ", count: columns)
        var free = 0
        for (tick, label) in zip(ticks, x.labels(ticks)) {
            let place = min(Int(x.position(tick) * Double(columns - 1) + 0.5), columns - 1)
            rule[place] = "┬"
            let start = min(max(place - label.count / 2, 0), columns - label.count)
            guard start >= free, start >= 0 else { continue }
            for (i, character) in label.enumerated() { labels[start + i] = character }
            free = start + label.count + 1
        }
        let indent = String(repeating: " ", count: margin + 1)
        return [indent + "└" + String(rule), indent + " " + String(labels)]
    }

    private func legend(width: Int, isColoured: Bool) -> [String] {
        if series.count < 2 { return [] }
        var lines: [String] = []
        var line = ""
        var columns = 0
        for (number, series) in series.enumerated() {
            let name = DisplayWidth.cut(DisplayWidth.oneLine(series.name), to: width - 4)
            let needed = DisplayWidth.of(name) + 2
            if columns > 0, columns + 3 + needed > width {
                lines.append(line)
                (line, columns) = ("", 0)
            }
            if columns > 0 { (line, columns) = (line + "   ", columns + 3) }
            line += Self.paint(Self.letter(number), number, isColoured) + " " + name
            columns += needed
        }
        return lines + [line]
    }

    /// a, b, … z, then "·".
    private static func letter(_ number: Int) -> String {
        number < 26 ? String(UnicodeScalar(UInt8(97 + number))) : "·"
    }

    private static func paint(_ text: String, _ number: Int, _ isColoured: Bool) -> String {
        // Blue, yellow, green, magenta, cyan, red: of middling brightness on dark and on light.
        let codes = [34, 33, 32, 35, 36, 31]
        return isColoured ? "\u{1B}[\(codes[number % codes.count])m\(text)\u{1B}[0m" : text
    }

    private static func trimmed(_ line: String) -> String {
        var line = line
        while line.hasSuffix(" ") || line.hasSuffix("\u{2800}") { line.removeLast() }
        return line
    }
}

/// A picture of dots, 2 × 4 in a character.
private struct BrailleCanvas {
    private let columns: Int
    private let rows: Int
    /// The dots of each character, in the bits of Unicode's Braille block.
    private var dots: [UInt8]
    /// The curve that was drawn last in each character.
    private var owners: [Int]

    init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
        dots = [UInt8](repeating: 0, count: columns * rows)
        owners = [Int](repeating: 0, count: columns * rows)
    }

    /// The line of characters that holds a height between 0 (bottom) and 1.
    func row(of height: Double) -> Int { dot(height) / 4 }

    /// Draws lines between points, given as shares of the width and the height.
    mutating func draw(_ points: [(x: Double, y: Double)], number: Int) {
        var last: (x: Int, y: Int)?
        for point in points {
            let x = min(max(Int(point.x * Double(2 * columns - 1) + 0.5), 0), 2 * columns - 1)
            let here = (x: x, y: dot(point.y))
            line(from: last ?? here, to: here, number: number)
            last = here
        }
    }

    /// A line of characters; runs of one curve are painted together.
    func line(_ row: Int, paint: (String, Int) -> String) -> String {
        var text = ""
        var run = ""
        var owner = 0
        for place in row * columns..<(row + 1) * columns {
            if dots[place] != 0, owners[place] != owner {
                text += run.isEmpty ? "" : paint(run, owner)
                (run, owner) = ("", owners[place])
            }
            run += String(UnicodeScalar(0x2800 + UInt16(dots[place])).map(Character.init) ?? " ")
        }
        return text + paint(run, owner)
    }

    /// The dot of a height, counted from the top.
    private func dot(_ height: Double) -> Int {
        min(max(Int((1 - height) * Double(4 * rows - 1) + 0.5), 0), 4 * rows - 1)
    }

    /// Bresenham's line.
    private mutating func line(from a: (x: Int, y: Int), to b: (x: Int, y: Int), number: Int) {
        var (x, y) = a
        let (dx, dy) = (abs(b.x - a.x), -abs(b.y - a.y))
        let (stepX, stepY) = (a.x < b.x ? 1 : -1, a.y < b.y ? 1 : -1)
        var error = dx + dy
        while true {
            set(x, y, number)
            if x == b.x, y == b.y { return }
            let doubled = 2 * error
            if doubled >= dy { (error, x) = (error + dy, x + stepX) }
            if doubled <= dx { (error, y) = (error + dx, y + stepY) }
        }
    }

    private mutating func set(_ x: Int, _ y: Int, _ number: Int) {
        let bits: [[UInt8]] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]]
        let place = y / 4 * columns + x / 2
        dots[place] |= bits[x % 2][y % 4]
        owners[place] = number
    }
}
