import Glibc
import LyceumKit

/// The figures of a progress line: a smoothed loss and the speed.
struct ProgressMeter {
    /// Tokens trained on since the start.
    private(set) var tokens = 0
    private var begin = 0.0
    private var recent: [Double] = []

    mutating func start() { begin = Uptime.now }

    mutating func add(tokens: Int, loss: Double) {
        self.tokens += tokens
        recent.append(loss)
        // The mean of the last steps: single batches jump too much to be read.
        if recent.count > 20 { recent.removeFirst() }
    }

    func figures(of state: TrainingState) -> [(name: String, value: String)] {
        let elapsed = max(Uptime.now - begin, 1e-9)
        var figures: [(name: String, value: String)] = []
        if !recent.isEmpty {
            figures.append(("loss", Self.round(recent.reduce(0, +) / Double(recent.count), digits: 3)))
        }
        if let loss = state.history["eval_loss"]?.last {
            figures.append(("eval_loss", Self.round(loss.value, digits: 3)))
        }
        if let accuracy = state.history["eval_accuracy"]?.last {
            figures.append(("eval_accuracy", Self.round(accuracy.value, digits: 3)))
        }
        figures.append(("tokens/s", Self.round(Double(tokens) / elapsed, digits: 0)))
        return figures
    }

    static func round(_ number: Double, digits: Int) -> String {
        guard number.isFinite, abs(number) < 1e15 else { return String(number) }
        let scale = pow(10, Double(digits))
        let scaled = (abs(number) * scale).rounded()
        let whole = Int(scaled / scale)
        let sign = number < 0 && scaled > 0 ? "-" : ""
        if digits == 0 { return sign + String(Int(scaled)) }
        let fraction = String(Int(scaled) - whole * Int(scale))
        return "\(sign)\(whole).\(String(repeating: "0", count: max(0, digits - fraction.count)))\(fraction)"
    }
}
