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
        let duplicates = try nearDuplicates(in: column, similarity: similarity, words: words, job: job)
        return choosing(
            (0..<count).filter { duplicates[$0] == nil },
            HistoryStep("dedup", "\(column), near = \(similarity), words = \(words)"))
    }

    /// The rows whose text is nearly that of an earlier row, each with that row, which is none of them.
    ///
    /// - Parameter rows: the rows to look at, in order; nil for all.
    /// - Throws: as `dedup(near:)`.
    func nearDuplicates(
        in column: String, rows chosen: [Int]? = nil, similarity: Double, words: Int, job: Job
    ) throws -> [Int: Int] {
        guard similarity > 0, similarity <= 1, words >= 1 else {
            throw LyceumError.invalid(
                "dedup", expected: "a similarity above 0 and at most 1, at least one word",
                got: "\(similarity), \(words)", remedy: nil)
        }
        let view = try view(column)
        let hashing = MinHash(shingleLength: words)
        let all = chosen ?? Array(0..<count)
        let parts = stride(from: 0, to: all.count, by: 256).map { all[$0..<min($0 + 256, all.count)] }
        let signatures = try Parallel.map(parts, job: job) { rows in
            rows.map { row in view.withText(row) { MinHash.signature(of: hashing.shingles($0)) } }
        }.flatMap(\.self)
        let length = MinHash.bandLength(threshold: similarity)
        var buckets: [Band: [Int]] = [:]
        var duplicates: [Int: Int] = [:]
        for (place, (row, signature)) in zip(all, signatures).enumerated() {
            if place % 256 == 0 {
                try job.checkCancelled()
                job.update(done: place, of: all.count, unit: "rows")
            }
            guard let signature else { continue }
            let bands = stride(from: 0, through: MinHash.size - length, by: length).map {
                Band(start: $0, places: signature[$0..<($0 + length)])
            }
            let candidates = Set(bands.flatMap { buckets[$0] ?? [] })
            if !candidates.isEmpty {
                let shingles = view.withText(row, hashing.shingles) ?? []
                let near = candidates.sorted().first { other in
                    MinHash.similarity(shingles, view.withText(other, hashing.shingles) ?? []) >= similarity
                }
                if let near {
                    duplicates[row] = near
                    continue
                }
            }
            for band in bands { buckets[band, default: []].append(row) }
        }
        return duplicates
    }
}

/// Some consecutive places of a signature.
private struct Band: Hashable {
    let start: Int
    let places: ArraySlice<UInt32>
}
