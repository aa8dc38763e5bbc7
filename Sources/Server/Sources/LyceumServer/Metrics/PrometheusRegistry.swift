import CoreMetrics
import LyceumKit
import Synchronization

/// What swift-metrics records, kept for Prometheus to fetch. Usable from any thread.
public final class PrometheusRegistry: MetricsFactory, Sendable {
    /// The steps of histograms, in seconds, or in whatever a recorder counts.
    private static let steps: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120,
    ]
    private static let counts: [Double] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096]

    /// What one name and its labels have.
    final class Series: CounterHandler, FloatingPointCounterHandler, RecorderHandler, TimerHandler,
        MeterHandler,
        Sendable
    {
        struct State {
            var value = 0.0
            var buckets: [Int]
            var count = 0
        }

        let steps: [Double]
        let state: Mutex<State>

        init(steps: [Double]) {
            self.steps = steps
            state = Mutex(State(buckets: Array(repeating: 0, count: steps.count)))
        }

        func increment(by amount: Int64) { state.withLock { $0.value += Double(amount) } }
        func increment(by amount: Double) { state.withLock { $0.value += amount } }
        func decrement(by amount: Double) { state.withLock { $0.value -= amount } }
        func set(_ value: Int64) { state.withLock { $0.value = Double(value) } }
        func set(_ value: Double) { state.withLock { $0.value = value } }
        func reset() { state.withLock { $0.value = 0 } }
        func record(_ value: Int64) { record(Double(value)) }
        func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

        func record(_ value: Double) {
            state.withLock { state in
                if steps.isEmpty {
                    state.value = value
                    return
                }
                state.value += value
                state.count += 1
                if let step = steps.firstIndex(where: { value <= $0 }) { state.buckets[step] += 1 }
            }
        }
    }

    private enum Kind: String { case counter, gauge, histogram }

    private struct Family {
        let kind: Kind
        var series: [(labels: String, series: Series)] = []
    }

    private let families = Mutex<[String: Family]>([:])

    /// Nothing is recorded yet.
    public init() {}

    private func series(_ label: String, _ dimensions: [(String, String)], _ kind: Kind, _ steps: [Double])
        -> Series
    {
        let name = String(
            label.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") ? $0 : "_" })
        let labels = dimensions.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
        return families.withLock { families in
            var family = families[name] ?? Family(kind: kind)
            if let known = family.series.first(where: { $0.labels == labels }) { return known.series }
            let new = Series(steps: steps)
            family.series.append((labels, new))
            families[name] = family
            return new
        }
    }

    private static func escaped(_ text: String) -> String {
        text.flatMap { character -> [Character] in
            switch character {
            case "\\": ["\\", "\\"]
            case "\"": ["\\", "\""]
            case "\n": ["\\", "n"]
            default: [character]
            }
        }.reduce(into: "") { $0.append($1) }
    }

    /// See `MetricsFactory`.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions, .counter, [])
    }
    /// See `MetricsFactory`.
    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler { series(label, dimensions, .counter, []) }
    /// See `MetricsFactory`.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions, .gauge, [])
    }
    /// A gauge, or, if it aggregates, a histogram of counts.
    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool)
        -> any RecorderHandler
    {
        aggregate ? series(label, dimensions, .histogram, Self.counts) : series(label, dimensions, .gauge, [])
    }
    /// A histogram of seconds.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, dimensions, .histogram, Self.steps)
    }
    /// See `MetricsFactory`.
    public func destroyCounter(_ handler: any CounterHandler) {}
    /// See `MetricsFactory`.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    /// See `MetricsFactory`.
    public func destroyMeter(_ handler: any MeterHandler) {}
    /// See `MetricsFactory`.
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    /// See `MetricsFactory`.
    public func destroyTimer(_ handler: any TimerHandler) {}

    /// Everything, in Prometheus' text format 0.0.4.
    public func text() -> String {
        var lines: [String] = []
        for (name, family) in families.withLock({ $0 }).sorted(by: { $0.key < $1.key }) {
            lines.append("# TYPE \(name) \(family.kind.rawValue)")
            for (labels, series) in family.series {
                let state = series.state.withLock { $0 }
                func line(_ suffix: String, _ more: String, _ value: Double) {
                    let all = [labels, more].filter { !$0.isEmpty }.joined(separator: ",")
                    lines.append("\(name)\(suffix)\(all.isEmpty ? "" : "{\(all)}") \(Self.number(value))")
                }
                guard family.kind == .histogram else {
                    line("", "", state.value)
                    continue
                }
                var sum = 0
                for (step, count) in zip(series.steps, state.buckets) {
                    sum += count
                    line("_bucket", "le=\"\(Self.number(step))\"", Double(sum))
                }
                line("_bucket", "le=\"+Inf\"", Double(state.count))
                line("_sum", "", state.value)
                line("_count", "", Double(state.count))
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func number(_ value: Double) -> String {
        Int(exactly: value).map(String.init) ?? "\(value)"
    }
}
