import LyceumKit
import Testing

@testable import Workbench

/// Pictures and marks that do not need a lab.
@Suite struct PlotTests {
    private func series(_ name: String, _ values: [Double]) -> Plot.Series {
        Plot.Series(name: name, points: values.enumerated().map { (Double($0.offset + 1), $0.element) })
    }

    @Test func aPictureInCharacters() throws {
        let plot = try Plot(
            title: "loss", series: [series("loss", [4, 2, 1, 1]), series("eval_loss", [3, 3, 2, 2])])
        #expect(
            plot.text(width: 30, height: 6, isColoured: false) == """
                  loss by step
                4 ┤⠑⢄
                  │⠀⠀⠑⢄
                  │⠉⠉⠉⠉⠉⠫⡉⠉⠉⠒⠤⢄⡀
                2 ┤⠀⠀⠀⠀⠀⠀⠈⠢⣀⠀⠀⠀⠈⠑⠒⠤⣀⣀⣀⣀⣀⣀⣀⣀⣀ b
                  │⠀⠀⠀⠀⠀⠀⠀⠀⠀⠉⠒⠤⣀
                  │⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠉⠒⠤⣀⣀⣀⣀⣀⣀⣀⣀⣀ a
                  └────────┬───────────────┬
                           2               4
                a loss   b eval_loss
                """)
        #expect(plot.text(width: 30, height: 6, isColoured: true).contains("\u{1B}[34m"))
        #expect(plot.text(width: 5, height: 1, isColoured: false).split(separator: "\n").count == 7)
    }

    @Test func numbersThatCannotBeDrawnAreSaid() throws {
        let plot = try Plot(title: "x", series: [series("x", [1, .nan, 0, 10])], isLogarithmic: true)
        #expect(plot.series[0].points.count == 2)
        #expect(plot.remark == "2 points are not shown (no number, or not above 0)")
        #expect(throws: LyceumError.self) {
            try Plot(title: "x", series: [self.series("x", [.nan, .infinity])])
        }
        #expect(throws: LyceumError.self) {
            try Plot(title: "x", series: [self.series("x", [0, -1])], isLogarithmic: true)
        }
        // One point, and a line that is level, get room around them.
        let least = Double.leastNonzeroMagnitude
        let most = Double.greatestFiniteMagnitude
        for values in [
            [2.0], [0, 0, 0], [1e300, 1e-300], [-most, most], [least, 2 * least], [least], [most],
        ] {
            for isLogarithmic in [false, true] where !isLogarithmic || (values.max() ?? 0) > 0 {
                let plot = try Plot(
                    title: "x", series: [series("x", values)], isLogarithmic: isLogarithmic)
                #expect(!plot.text(width: 60, height: 5, isColoured: false).isEmpty)
                #expect(plot.svg(isAlone: true).contains("</svg>"))
            }
        }
    }

    @Test(
        arguments: [
            (0.13, 0.97, 5, ["0.2", "0.4", "0.6", "0.8"]), (0, 1000, 4, ["0", "500", "1000"]),
            (1, 40, 4, ["10", "20", "30", "40"]), (-1, 1, 4, ["-1.0", "-0.5", "0.0", "0.5", "1.0"]),
        ] as [(Double, Double, Int, [String])])
    func ticksAreRound(low: Double, high: Double, count: Int, expected: [String]) {
        let axis = Axis(low: low, high: high, isLogarithmic: false)
        #expect(axis.labels(axis.ticks(about: count)) == expected)
    }

    @Test func logarithmicTicksAreDecades() {
        let axis = Axis(low: 0.05, high: 200, isLogarithmic: true)
        #expect(axis.labels(axis.ticks(about: 6)) == ["0.1", "1", "10", "100"])
        #expect(abs(axis.position(10) - (axis.position(1) + axis.position(100)) / 2) < 1e-12)
    }

    @Test func smoothingStartsUnbiased() throws {
        let plot = try Plot(title: "x", series: [series("x", [4, 4, 2])], smoothing: 0.5)
        let values = plot.series[0].points.map(\.y)
        #expect(values[0] == 4 && values[1] == 4)
        #expect(abs(values[2] - (0.25 * 4 + 0.125 * 4 + 0.5 * 2) / 0.875) < 0.3 && values[2] < 4)
    }

    @Test func svgEscapesAndThinsOut() throws {
        let many = (0..<50_000).map { Double($0 % 100) }
        let svg = try Plot(title: "a<b>", series: [series("x & \"y\"", many), series("z", [1])])
            .svg(isAlone: true)
        #expect(svg.contains("a&lt;b&gt;") && svg.contains("x &amp; &quot;y&quot;"))
        #expect(!svg.contains("a<b>"))
        #expect(svg.contains("viewBox=\"0 0 640 ") && svg.contains("prefers-color-scheme: dark"))
        #expect(svg.utf8.count < 60_000)
    }

    @Test func overlapsAreMarked() {
        let pieces = Overlap.pieces(of: "The cat, it sat on a MAT!", in: ["A cat sat on the mat.", "it"])
        #expect(
            pieces == [
                .init(text: "The", length: 1), .init(text: " ", length: 0), .init(text: "cat", length: 1),
                .init(text: ", ", length: 0), .init(text: "it", length: 1), .init(text: " ", length: 0),
                .init(text: "sat on", length: 2), .init(text: " ", length: 0), .init(text: "a", length: 1),
                .init(text: " ", length: 0), .init(text: "MAT", length: 1), .init(text: "!", length: 0),
            ])
        for text in ["", "…", "a", "naïve 日本 <b>", "x  y\n z "] {
            let whole = Overlap.pieces(of: text, in: ["a naïve 日本 y z"]).map(\.text).joined()
            #expect(whole == text)
        }
        #expect(
            RunReport.marked("a <b> c", references: ["b c"])
                == "a &lt;<mark class=\"two\">b&gt; c</mark>")
    }
}
