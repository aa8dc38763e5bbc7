import Glibc
import LyceumKit

/// How the learning rate changes over the steps, by transformers' names (`lr_scheduler_type`).
public enum LearningRateSchedule: String, SettingChoice {
    /// The same rate throughout; warm-up is ignored, as in transformers.
    case constant
    /// Rises to the full rate, then stays.
    case constantWithWarmup = "constant_with_warmup"
    /// Rises to the full rate, then falls to 0 in a straight line.
    case linear
    /// Rises to the full rate, then falls to 0 along half a cosine.
    case cosine

    /// The factor on the learning rate.
    ///
    /// - Parameters:
    ///   - step: the steps already done, from 0.
    ///   - warmup: the steps of rise.
    ///   - total: the steps in all.
    public func factor(step: Int, warmup: Int, total: Int) -> Double {
        if self == .constant { return 1 }
        if step < warmup { return Double(step) / Double(max(1, warmup)) }
        let span = Double(max(1, total - warmup))
        switch self {
        case .constant, .constantWithWarmup: return 1
        case .linear: return max(0, Double(total - step) / span)
        case .cosine: return max(0, 0.5 * (1 + cos(Double.pi * Double(step - warmup) / span)))
        }
    }
}
