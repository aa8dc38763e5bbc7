/// Counts the n-grams that two short texts have in common without a table of n-grams: for each token of the prediction
/// it looks at the places where the reference has that token, and at what follows there.
///
/// Most words occur once or twice in a sentence, so that this is a few comparisons for each. Texts that repeat themselves
/// are left to `NGramOverlap`, whose time is proportional to their length whatever they say.
struct TokenOccurrences {
    /// For each token, the first place in the reference that has it, from 1 on. All zero between two calls.
    private var heads: [Int32] = []
    /// For each place in the reference, the next one with the same token, from 1 on.
    private var nexts: [Int32] = []
    /// For each place, the orders whose n-gram there has found its counterpart: bit n - 1 for order n.
    private var used: [UInt32] = []

    /// The longest n-gram that is counted.
    static let longest = 32

    /// For every n from 1 on, how many n-grams both have, each as often as both have it.
    ///
    /// - Parameters:
    ///   - vocabularySize: every token is below it.
    ///   - matches: becomes the counts.
    /// - Returns: false if this would take too long or n-grams are too long; then `matches` says nothing.
    mutating func match(
        _ reference: [Int32], _ prediction: [Int32], upTo largest: Int, vocabularySize: Int,
        into matches: inout [Int]
    ) -> Bool {
        guard largest >= 1, largest <= Self.longest else { return false }
        matches.removeAll(keepingCapacity: true)
        for _ in 0..<largest { matches.append(0) }
        if heads.count < vocabularySize {
            heads.append(contentsOf: repeatElement(0, count: vocabularySize - heads.count))
        }
        if nexts.count < reference.count {
            let missing = reference.count - nexts.count
            nexts.append(contentsOf: repeatElement(0, count: missing))
            used.append(contentsOf: repeatElement(0, count: missing))
        }
        return reference.withUnsafeBufferPointer { reference in
            prediction.withUnsafeBufferPointer { prediction in
                heads.withUnsafeMutableBufferPointer { heads in
                    nexts.withUnsafeMutableBufferPointer { nexts in
                        used.withUnsafeMutableBufferPointer { used in
                            matches.withUnsafeMutableBufferPointer { matches in
                                Self.match(reference, prediction, heads, nexts, used, matches)
                            }
                        }
                    }
                }
            }
        }
    }

    private static func match(
        _ reference: UnsafeBufferPointer<Int32>, _ prediction: UnsafeBufferPointer<Int32>,
        _ heads: UnsafeMutableBufferPointer<Int32>, _ nexts: UnsafeMutableBufferPointer<Int32>,
        _ used: UnsafeMutableBufferPointer<UInt32>, _ matches: UnsafeMutableBufferPointer<Int>
    ) -> Bool {
        var place = reference.count
        while place > 0 {
            let token = Int(reference[place - 1])
            nexts[place - 1] = heads[token]
            used[place - 1] = 0
            heads[token] = Int32(truncatingIfNeeded: place)
            place -= 1
        }
        defer { for token in reference { heads[Int(token)] = 0 } }
        var steps = 64 + 8 * (reference.count + prediction.count)
        for (start, token) in prediction.enumerated() {
            // The orders that may match here and have not yet.
            var open = UInt32.max >> UInt32(32 - min(matches.count, prediction.count - start))
            var next = heads[Int(token)]
            while next > 0, open != 0 {
                steps -= 1
                if steps < 0 { return false }
                let place = Int(next) - 1
                next = nexts[place]
                var length = 1
                let longest = min(matches.count, min(prediction.count - start, reference.count - place))
                while length < longest, prediction[start + length] == reference[place + length] {
                    length += 1
                }
                let found = UInt32.max >> UInt32(32 - length) & open & ~used[place]
                used[place] |= found
                open &= ~found
                var left = found
                while left != 0 {
                    matches[left.trailingZeroBitCount] += 1
                    left &= left - 1
                }
            }
        }
        return true
    }
}
