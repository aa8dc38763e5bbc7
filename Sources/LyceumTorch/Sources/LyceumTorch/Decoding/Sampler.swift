import Glibc
import LyceumKit

/// Draws tokens by their probability.
///
/// Each text has random numbers of its own, so that its draws do not depend on the texts next to it.
struct Sampler {
    private var generator: PhiloxGenerator

    /// - Parameters:
    ///   - seed: fixes the draws.
    ///   - text: its number.
    init(seed: Int, text: Int) { generator = RandomSource(seed: seed).generator(.sampling, text) }

    /// Draws without replacement, by the largest of log-probabilities with Gumbel noise.
    ///
    /// Source: Vieira, "Gumbel-max trick and weighted reservoir sampling" (2014); `torch.multinomial` draws alike.
    ///
    /// - Parameters:
    ///   - scores: logarithms of probabilities, up to a constant.
    ///   - count: the most to draw.
    /// - Returns: positions in `scores`, in the order drawn; fewer if fewer are possible.
    mutating func draw(from scores: some Sequence<Float>, count: Int = 1) -> [Int] {
        var drawn: [(key: Double, place: Int)] = []
        for (place, score) in scores.enumerated() where score.isFinite {
            let key = Double(score) - log(-log(generator.unit()))
            if drawn.count == count, let last = drawn.last, key <= last.key { continue }
            let index = drawn.firstIndex { $0.key < key } ?? drawn.count
            drawn.insert((key, place), at: index)
            if drawn.count > count { drawn.removeLast() }
        }
        return drawn.map(\.place)
    }
}
