import LyceumKit
import LyceumText

extension Dataset {
    /// The rows without those whose text in a column is nearly that of an earlier row that was kept.
    ///
    /// Candidates are found by MinHash in bands, and each is verified by its exact Jaccard similarity: no row
    /// goes that is not as alike as said, and of those that are about 1 in 100 of the least alike may stay.
    ///
    /// - Parameters:
    ///   - column: the texts. A row without one stays.
    ///   - similarity: the share of common shingles among all, above 0 and at most 1, from which on two texts
    ///     are near-duplicates; 0.8 is usual.
    ///   - words: how many consecutive words make a shingle, at least 1.
    ///   - job: cancellation.
    /// - Throws: `LyceumError.missingColumn`, `LyceumError.invalid`, `LyceumError.cancelled`.
    public func dedup(
        near column: String, similarity: Double, words: Int = 5, job: Job = .silent("dedup")
    ) throws -> Dataset {
        guard similarity > 0, similarity <= 1, words >= 1 else {
            throw LyceumError.invalid(
                "dedup", expected: "a similarity above 0 and at most 1, at least one word",
                got: "\(similarity), \(words)", remedy: nil)
        }
        let view = try view(column)
        let hashing = MinHash(shingleLength: words)
        let signatures = try Parallel.map(pieces(of: 256), job: job) { rows in
            rows.map { row in view.withText(row) { MinHash.signature(of: hashing.shingles($0)) } }
        }.flatMap(\.self)
        let length = MinHash.bandLength(threshold: similarity)
        var buckets: [Band: [Int]] = [:]
        var kept: [Int] = []
        for (row, signature) in signatures.enumerated() {
            if row % 256 == 0 {
                try job.checkCancelled()
                job.update(done: row, of: count, unit: "rows")
            }
            guard let signature else {
                kept.append(row)
                continue
            }
            let bands = stride(from: 0, through: MinHash.size - length, by: length).map {
                Band(start: $0, places: signature[$0..<($0 + length)])
            }
            let candidates = Set(bands.flatMap { buckets[$0] ?? [] })
            if !candidates.isEmpty {
                let shingles = view.withText(row, hashing.shingles) ?? []
                let isNear = candidates.contains { other in
                    MinHash.similarity(shingles, view.withText(other, hashing.shingles) ?? []) >= similarity
                }
                if isNear { continue }
            }
            for band in bands { buckets[band, default: []].append(row) }
            kept.append(row)
        }
        return choosing(
            kept, HistoryStep("dedup", "\(column), near = \(similarity), words = \(words)"))
    }
}

/// Some consecutive places of a signature.
private struct Band: Hashable {
    let start: Int
    let places: ArraySlice<UInt32>
}
