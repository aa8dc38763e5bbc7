import LyceumKit

/// Counts the n-grams that two token lists have in common, each as often as both have it.
struct NGramOverlap {
    /// For each n-gram, how often it is left in the target. All zero between two calls.
    private var counts: [Int32] = []
    private var numbering = PairNumbering()

    /// The overlap for every n of `1...largest`, from 1 on.
    ///
    /// - Parameter vocabularySize: every token is below it.
    mutating func overlaps(
        _ target: [Int32], _ prediction: [Int32], upTo largest: Int, vocabularySize: Int
    ) -> [Int] {
        guard largest >= 1 else { return [] }
        var overlaps = [overlap(target, prediction, size: vocabularySize)]
        // An n-gram is the pair of the (n - 1)-gram that it begins with and its last token.
        var targetGrams = target
        var predictionGrams = prediction
        for n in 2..<(largest + 1) {
            numbering.restart(expecting: targetGrams.count + predictionGrams.count)
            targetGrams = numbering.pairs(targetGrams, target.dropFirst(n - 1))
            predictionGrams = numbering.pairs(predictionGrams, prediction.dropFirst(n - 1))
            overlaps.append(overlap(targetGrams, predictionGrams, size: numbering.count))
        }
        return overlaps
    }

    /// The overlap with several targets for every n of `1...largest`: each n-gram counts as often as the prediction has
    /// it, but at most as often as the target that has most of it.
    ///
    /// - Parameter vocabularySize: every token is below it.
    mutating func clipped(
        _ targets: [[Int32]], _ prediction: [Int32], upTo largest: Int, vocabularySize: Int
    ) -> [Int] {
        if targets.count == 1 {
            return overlaps(targets[0], prediction, upTo: largest, vocabularySize: vocabularySize)
        }
        guard largest >= 1 else { return [] }
        var overlaps = [clip(targets, prediction, size: vocabularySize)]
        var grams = targets
        var predictionGrams = prediction
        for n in 2..<(largest + 1) {
            numbering.restart(expecting: grams.reduce(predictionGrams.count) { $0 + $1.count })
            for (place, target) in targets.enumerated() {
                grams[place] = numbering.pairs(grams[place], target.dropFirst(n - 1))
            }
            predictionGrams = numbering.pairs(predictionGrams, prediction.dropFirst(n - 1))
            overlaps.append(clip(grams, predictionGrams, size: numbering.count))
        }
        return overlaps
    }

    private mutating func clip(_ targets: [[Int32]], _ prediction: [Int32], size: Int) -> Int {
        if counts.count < size { counts.append(contentsOf: repeatElement(0, count: size - counts.count)) }
        var most: [Int32: Int32] = [:]
        for target in targets {
            for gram in target { counts[Int(gram)] += 1 }
            for gram in target {
                most[gram] = max(most[gram] ?? 0, counts[Int(gram)])
            }
            for gram in target { counts[Int(gram)] = 0 }
        }
        var overlap = 0
        for gram in prediction {
            guard let left = most[gram], left > 0 else { continue }
            most[gram] = left - 1
            overlap += 1
        }
        return overlap
    }

    private mutating func overlap(_ target: [Int32], _ prediction: [Int32], size: Int) -> Int {
        if counts.count < size { counts.append(contentsOf: repeatElement(0, count: size - counts.count)) }
        for gram in target { counts[Int(gram)] += 1 }
        var overlap = 0
        for gram in prediction where counts[Int(gram)] > 0 {
            counts[Int(gram)] -= 1
            overlap += 1
        }
        for gram in target { counts[Int(gram)] = 0 }
        return overlap
    }
}

/// Gives equal pairs of numbers equal numbers: 0, 1, 2, … in order of first appearance.
private struct PairNumbering {
    private var keys: [UInt64] = []
    private var ids: [Int32] = []
    /// A slot is in use if it holds the current stamp.
    private var stamps: [UInt32] = []
    private var stamp: UInt32 = 0
    /// How many different pairs there were since the last restart.
    private(set) var count = 0

    /// Forgets all pairs.
    mutating func restart(expecting pairs: Int) {
        count = 0
        stamp &+= 1
        if keys.count < pairs * 2 || stamp == 0 {
            var size = 1024
            while size < pairs * 2 { size *= 2 }
            keys = [UInt64](repeating: 0, count: size)
            ids = [Int32](repeating: 0, count: size)
            stamps = [UInt32](repeating: 0, count: size)
            stamp = 1
        }
    }

    /// The numbers of the pairs (first[i], second[i]), as many as the shorter list has.
    mutating func pairs(_ first: [Int32], _ second: ArraySlice<Int32>) -> [Int32] {
        var result: [Int32] = []
        result.reserveCapacity(second.count)
        for (a, b) in zip(first, second) { result.append(number(a, b)) }
        return result
    }

    private mutating func number(_ a: Int32, _ b: Int32) -> Int32 {
        let key = UInt64(UInt32(bitPattern: a)) << 32 | UInt64(UInt32(bitPattern: b))
        let hash = key &* SplitMix64.increment
        var slot = Int(truncatingIfNeeded: hash >> 32) & (keys.count - 1)
        while stamps[slot] == stamp {
            if keys[slot] == key { return ids[slot] }
            slot = (slot + 1) & (keys.count - 1)
        }
        stamps[slot] = stamp
        keys[slot] = key
        ids[slot] = Int32(truncatingIfNeeded: count)
        count += 1
        return ids[slot]
    }
}
