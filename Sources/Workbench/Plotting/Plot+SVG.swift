import LyceumKit

extension Plot {
    /// The colours and strokes of curves and axes, for light and for dark.
    static let style = """
        .plot { --ink: #1c2430; --faint: #5b6675; --grid: #d9dee5;
          --c0: #1f5fbf; --c1: #c2500a; --c2: #17804f; --c3: #a0348f; --c4: #0e7f92; --c5: #8a6a00;
          font: 13px system-ui, "Segoe UI", sans-serif; }
        @media (prefers-color-scheme: dark) {
          .plot { --ink: #e4e9f0; --faint: #a3aebd; --grid: #39424f;
            --c0: #7fb2ff; --c1: #ffa05c; --c2: #5fd39b; --c3: #ec8fdb; --c4: #5fd0e3; --c5: #e2c14d; } }
        @media print { .plot { --ink: #000; --faint: #444; --grid: #ccc;
          --c0: #1f5fbf; --c1: #c2500a; --c2: #17804f; --c3: #a0348f; --c4: #0e7f92; --c5: #8a6a00; } }
        .plot text { fill: var(--faint); } .plot .title { fill: var(--ink); font-weight: 600; }
        .plot .legend text { fill: var(--ink); }
        .plot .grid { stroke: var(--grid); stroke-width: 1; } .plot .axis { stroke: var(--faint); fill: none; }
        .plot .curve { fill: none; stroke-width: 1.8; stroke-linejoin: round; stroke-linecap: round; }
        """

    /// The ground of a picture that stands alone, whatever page shows it.
    private static let paper = """
        .plot { background: #ffffff; }
        @media (prefers-color-scheme: dark) { .plot { background: #14181e; } }
        """

    /// Beyond so many points a curve is drawn by the least and the greatest of each piece.
    private static let mostPoints = 1200

    /// The picture as SVG.
    ///
    /// - Parameters:
    ///   - width: of the view box.
    ///   - height: of the area of the curves.
    ///   - isAlone: whether it is a file of its own, with `style` in it; otherwise the page has the style.
    public func svg(width: Double = 640, height: Double = 300, isAlone: Bool) -> String {
        let yTicks = y.ticks(about: 6)
        let yLabels = y.labels(yTicks)
        let left = Double(yLabels.map(\.count).max() ?? 0) * 7.5 + 16
        let (top, right) = (30.0, 16.0)
        let (inner, bottom) = (max(width - left - right, 50), top + height)
        let legend = legendRows(width: width - 16)
        let total = bottom + 40 + Double(legend.count) * 20 + (remark.isEmpty ? 0 : 20)
        func across(_ value: Double) -> Double { left + x.position(value) * inner }
        func down(_ value: Double) -> Double { bottom - y.position(value) * height }

        let size = isAlone ? " width=\"\(Self.short(width))\" height=\"\(Self.short(total))\"" : ""
        let label = PageText.escape("\(title) by \(xTitle): \(series.map(\.name).joined(separator: ", "))")
        var lines = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\"\(size) "
                + "viewBox=\"0 0 \(Self.short(width)) \(Self.short(total))\" role=\"img\" aria-label=\"\(label)\">"
        ]
        if isAlone { lines.append("<style>\n\(Self.style)\n\(Self.paper)\n</style>") }
        lines.append(text(8, 18, title, "class=\"title\""))
        for (tick, label) in zip(yTicks, yLabels) {
            lines.append(line(left, down(tick), left + inner, down(tick), "grid"))
            lines.append(text(left - 6, down(tick) + 4.5, label, "text-anchor=\"end\""))
        }
        let xTicks = x.ticks(about: Int(inner / 90))
        for (tick, label) in zip(xTicks, x.labels(xTicks)) {
            lines.append(line(across(tick), bottom, across(tick), bottom + 4, "axis"))
            // The name of the axis has the end of the line.
            if across(tick) < left + inner - Double(xTitle.count) * 7 - 12 || xTicks.count < 2 {
                lines.append(text(across(tick), bottom + 18, label, "text-anchor=\"middle\""))
            }
        }
        lines.append(text(left + inner, bottom + 18, xTitle, "text-anchor=\"end\""))
        lines.append(
            "<path class=\"axis\" d=\"M\(Self.short(left)),\(Self.short(top))V\(Self.short(bottom))"
                + "H\(Self.short(left + inner))\"/>")
        for (number, series) in series.enumerated() where !series.points.isEmpty {
            let points = Self.thinned(series.points).map { (across($0.x), down($0.y)) }
            lines.append(curve(points, number))
        }
        for (row, entries) in legend.enumerated() {
            lines.append("<g class=\"legend\">")
            let middle = bottom + 40 + Double(row) * 20
            for entry in entries {
                lines.append(
                    "<path class=\"curve\" \(Self.stroke(entry.number)) "
                        + "d=\"M\(Self.short(entry.x)),\(Self.short(middle - 4))h22\"/>")
                lines.append(text(entry.x + 28, middle, entry.name, ""))
            }
            lines.append("</g>")
        }
        if !remark.isEmpty { lines.append(text(8, total - 8, remark, "")) }
        return lines.joined(separator: "\n") + "\n</svg>\n"
    }

    private func curve(_ points: [(x: Double, y: Double)], _ number: Int) -> String {
        if let only = points.first, points.count == 1 {
            return "<circle cx=\"\(Self.short(only.x))\" cy=\"\(Self.short(only.y))\" r=\"3.5\" "
                + "style=\"fill:var(--c\(number % 6))\"/>"
        }
        let path = points.map { "\(Self.short($0.x)),\(Self.short($0.y))" }.joined(separator: "L")
        return "<path class=\"curve\" \(Self.stroke(number)) d=\"M\(path)\"/>"
    }

    /// After six colours the strokes are broken.
    private static func stroke(_ number: Int) -> String {
        let dashes = ["", ";stroke-dasharray:7 4", ";stroke-dasharray:2 4", ";stroke-dasharray:9 3 2 3"]
        return "style=\"stroke:var(--c\(number % 6))\(dashes[number / 6 % dashes.count])\""
    }

    /// The legend's entries in rows; empty for a single curve.
    private func legendRows(width: Double) -> [[(x: Double, number: Int, name: String)]] {
        if series.count < 2 { return [] }
        var rows: [[(x: Double, number: Int, name: String)]] = [[]]
        var x = 8.0
        for (number, series) in series.enumerated() {
            let name = DisplayWidth.cut(DisplayWidth.oneLine(series.name), to: Int(width / 8) - 6)
            let needed = Double(DisplayWidth.of(name)) * 7.5 + 46
            if x > 8, x + needed > width {
                rows.append([])
                x = 8
            }
            rows[rows.count - 1].append((x, number, name))
            x += needed
        }
        return rows
    }

    private func text(_ x: Double, _ y: Double, _ text: String, _ attributes: String) -> String {
        "<text x=\"\(Self.short(x))\" y=\"\(Self.short(y))\""
            + (attributes.isEmpty ? "" : " " + attributes) + ">\(PageText.escape(text))</text>"
    }

    private func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ name: String) -> String {
        "<line class=\"\(name)\" x1=\"\(Self.short(x1))\" y1=\"\(Self.short(y1))\" "
            + "x2=\"\(Self.short(x2))\" y2=\"\(Self.short(y2))\"/>"
    }

    /// One decimal, none if it is 0.
    private static func short(_ number: Double) -> String {
        let text = number.fixed(1)
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    private static func thinned(_ points: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
        if points.count <= mostPoints { return points }
        let length = (2 * points.count + mostPoints - 1) / mostPoints
        return stride(from: 0, to: points.count, by: length).flatMap { start in
            let piece = points[start..<min(start + length, points.count)]
            let ends = [piece.min { $0.y < $1.y }, piece.max { $0.y < $1.y }].compactMap { $0 }
            return ends.sorted { $0.x < $1.x }
        }
    }
}
