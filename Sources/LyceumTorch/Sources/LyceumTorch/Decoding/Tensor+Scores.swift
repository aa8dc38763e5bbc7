internal import CTorch

extension Tensor {
    /// Lets `body` look at scores [rows, width] and change them; they are copied first where they are not float32 in
    /// main memory.
    func withScores<Result>(_ body: (ScoreRows) throws -> Result) throws -> Result {
        let width = try size(1)
        let scores = try to(.float32).to(.cpu).contiguous()
        let address = UnsafeMutableRawPointer(mutating: ctorch_tensor_data(scores.handle))
        let all = UnsafeMutableBufferPointer(
            start: address?.assumingMemoryBound(to: Float.self), count: address == nil ? 0 : scores.count)
        return try withExtendedLifetime(scores) { try body(ScoreRows(all: all, width: width)) }
    }
}

extension UnsafeMutableBufferPointer<Float> {
    /// Turns scores into log-probabilities.
    func logSoftmax() {
        if let baseAddress { ctorch_scores_log_softmax(baseAddress, Int64(count)) }
    }

    /// The place of the best score; 0 if there is none.
    var best: Int { baseAddress.map { Int(ctorch_scores_best($0, Int64(count))) } ?? 0 }

    /// The places of the best scores, best first, at most `most`.
    func top(_ most: Int) -> [Int] {
        guard let baseAddress else { return [] }
        let most = Swift.min(most, count)
        return Array(unsafeUninitializedCapacity: most) { places, found in
            places.withMemoryRebound(to: Int64.self) { words in
                found =
                    words.baseAddress.map {
                        Int(ctorch_scores_top(baseAddress, Int64(self.count), Int64(most), $0))
                    } ?? 0
            }
        }
    }
}

extension ScoreRows {
    /// What turns each row into log-probabilities; the scores stay as they are.
    func normalisers() -> [CTorchNormaliser] {
        var found = [CTorchNormaliser](repeating: CTorchNormaliser(), count: count)
        if let address = all.baseAddress {
            ctorch_scores_normalisers(address, Int64(count), Int64(width), &found)
        }
        return found
    }

    /// The best places of all rows, by log-probability and what is added to that of each row; at most `most`.
    func best(
        _ most: Int, _ normalisers: [CTorchNormaliser], adding added: [Float]
    ) -> [(place: Int, value: Float)] {
        guard let address = all.baseAddress, normalisers.count == count, added.count == count else {
            return []
        }
        let most = min(most, all.count)
        var (places, values) = ([Int64](repeating: 0, count: most), [Float](repeating: 0, count: most))
        let found = ctorch_scores_best_continuations(
            address, Int64(count), Int64(width), normalisers, added, Int64(most), &places, &values)
        return zip(places, values).prefix(Int(found)).map { (Int($0), $1) }
    }
}
