import Glibc
import LyceumKit

/// Curves over steps, to be drawn in a terminal or as SVG.
public struct Plot {
    /// One curve.
    public struct Series {
        /// What the legend calls it.
        public let name: String
        /// Its points in the order of x; those that are not numbers are left out when it is drawn.
        public var points: [(x: Double, y: Double)]

        /// Names a curve.
        public init(name: String, points: [(x: Double, y: Double)]) {
            self.name = name
            self.points = points
        }
    }

    /// What the y axis shows.
    public let title: String
    /// What the x axis shows.
    public let xTitle: String
    /// The curves; what an axis cannot show was taken out.
    public let series: [Series]
    /// The horizontal axis.
    let x: Axis
    /// The vertical axis.
    let y: Axis
    /// What has to be said below the picture; empty if nothing.
    public let remark: String

    /// Prepares a picture.
    ///
    /// - Parameters:
    ///   - smoothing: 0 is off; otherwise the weight of the past in an exponential mean, below 1.
    ///   - isLogarithmic: whether y grows by factors.
    /// - Throws: `LyceumError.empty` if there is nothing to draw.
    public init(
        title: String, xTitle: String = "step", series: [Series], smoothing: Double = 0,
        isLogarithmic: Bool = false
    ) throws {
        let smooth = series.map { Series(name: $0.name, points: Self.smoothed($0.points, by: smoothing)) }
        let drawn = smooth.map { series in
            Series(
                name: series.name,
                points: series.points.filter {
                    $0.x.isFinite && $0.y.isFinite && (!isLogarithmic || $0.y > 0)
                })
        }
        let xs = drawn.flatMap { $0.points.map(\.x) }
        let ys = drawn.flatMap { $0.points.map(\.y) }
        guard let left = xs.min(), let right = xs.max(), let low = ys.min(), let high = ys.max() else {
            throw LyceumError.empty(
                "the plot of \(title)",
                remedy: isLogarithmic ? "a logarithmic axis shows numbers above 0 only" : "no numbers yet")
        }
        self.title = title
        self.xTitle = xTitle
        self.series = drawn
        x = Axis(low: left, high: right, isLogarithmic: false)
        y = Axis(low: low, high: high, isLogarithmic: isLogarithmic)
        let missing = zip(series, drawn).reduce(0) { $0 + $1.0.points.count - $1.1.points.count }
        remark =
            missing == 0
            ? ""
            : "\(missing) \(missing == 1 ? "point is" : "points are") not shown (no number"
                + "\(isLogarithmic ? ", or not above 0" : ""))"
    }

    /// The smoothing with which a curve can be read: 0.8 for one of many points that jumps from step to step, else 0.
    public static func readableSmoothing(of points: [(x: Double, y: Double)]) -> Double {
        let values = points.map(\.y).filter(\.isFinite)
        guard values.count > 50, let low = values.min(), let high = values.max(), high > low else { return 0 }
        let jumps = zip(values, values.dropFirst()).map { abs($0 - $1) }
        let mean = jumps.reduce(0, +) / Double(jumps.count)
        return mean > 0.03 * (high - low) ? 0.8 : 0
    }

    /// An exponential moving mean that starts unbiased, as TensorBoard draws it.
    public static func smoothed(_ points: [(x: Double, y: Double)], by weight: Double) -> [(
        x: Double, y: Double
    )] {
        guard weight > 0, weight < 1 else { return points }
        var mean = 0.0
        var share = 0.0
        return points.map { point in
            guard point.y.isFinite else { return point }
            mean = weight * mean + (1 - weight) * point.y
            share = weight * share + (1 - weight)
            return (point.x, mean / share)
        }
    }
}

/// A range of numbers along a line, with the numbers to write next to it.
struct Axis {
    /// The number at the beginning.
    let low: Double
    /// The number at the end, above `low`.
    let high: Double
    /// Whether equal lengths are equal factors.
    let isLogarithmic: Bool

    /// An axis that holds a range; a range of one number gets room around it.
    init(low: Double, high: Double, isLogarithmic: Bool) {
        self.isLogarithmic = isLogarithmic
        let most = Double.greatestFiniteMagnitude
        if low < high {
            (self.low, self.high) = (low, high)
        } else if isLogarithmic {
            (self.low, self.high) = (max(low / 2, .leastNonzeroMagnitude), min(high * 2, most))
        } else {
            let room = low == 0 ? 1 : abs(low) / 10
            (self.low, self.high) = (max(low - room, -most), min(high + room, most))
        }
    }

    /// Where a number is: 0 at the beginning, 1 at the end.
    func position(_ value: Double) -> Double {
        // Halves, because the distance between the greatest numbers is none.
        let share =
            isLogarithmic
            ? (log10(value) - log10(low)) / (log10(high) - log10(low))
            : (value / 2 - low / 2) / (high / 2 - low / 2)
        return share.isFinite ? share : 0.5
    }

    /// Round numbers within the axis, about as many as asked for, never none.
    func ticks(about count: Int) -> [Double] {
        let count = max(count, 2)
        if isLogarithmic, high / low >= 10 {
            let decades = Int(log10(low).rounded(.down))...Int(log10(high).rounded(.up))
            let every = max(1, decades.count / count)
            let factors = decades.count <= 2 && count >= 3 ? [1.0, 2, 5] : [1.0]
            return decades.filter { $0 % every == 0 }.flatMap { decade in
                factors.map { $0 * pow(10, Double(decade)) }
            }.filter(holds)
        }
        // 1, 2 or 5 times a power of ten, whichever comes nearest to the wanted distance from above.
        let raw = (high - low) / Double(count)
        let power = pow(10, log10(raw).rounded(.down))
        let step = ([1.0, 2, 5, 10].first { $0 * power >= raw * (1 - 1e-9) } ?? 10) * power
        guard step > 0, step.isFinite, abs(low / step) < 1e15 else { return [low, high] }
        var ticks: [Double] = []
        var place = (low / step).rounded(.up)
        while place * step <= high + step * 1e-9, ticks.count <= 4 * count {
            // Multiples of a decimal step have errors in their last digits.
            ticks.append(step < 1 ? place / (1 / step).rounded() : place * step)
            place += 1
        }
        return ticks.isEmpty ? [low, high] : ticks
    }

    /// How ticks are written: all with the same number of decimals.
    func labels(_ ticks: [Double]) -> [String] {
        let size = ticks.map(abs).max() ?? 0
        if isLogarithmic { return ticks.map(RunText.number).map(Self.short) }
        if size >= 1e6 || (size > 0 && size < 1e-3) { return ticks.map(RunText.number) }
        let distance = zip(ticks, ticks.dropFirst()).map { $1 - $0 }.min() ?? size
        let decimals = distance > 0 ? min(max(0, Int((-log10(distance) + 1e-9).rounded(.up))), 9) : 3
        return ticks.map { $0.fixed(decimals) }
    }

    private func holds(_ value: Double) -> Bool { value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9) }

    /// Without zeros at the end of a fraction.
    private static func short(_ text: String) -> String {
        guard text.contains("."), !text.contains("e") else { return text }
        var text = text
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }
}
