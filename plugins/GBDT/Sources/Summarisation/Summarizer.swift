import LyceumKit
import LyceumText

/// Trees that rank the sentences of a text; the best of them are its summary.
struct Summarizer {
    /// What the trees see of a sentence.
    let features: SentenceFeatures
    /// The trees.
    let booster: Booster

    /// The best sentences of each text, in the order of the text, one a line.
    ///
    /// - Parameter sentences: how many; a text of fewer is returned whole.
    /// - Throws: `LyceumError.cancelled`.
    func summarize(_ texts: [String], sentences: Int, threads: Int, job: Job) throws -> [GeneratedText] {
        try booster.set([("nthread", String(threads))])
        let batch = 1024
        var results: [GeneratedText] = []
        results.reserveCapacity(texts.count)
        for start in stride(from: 0, to: texts.count, by: batch) {
            try job.checkCancelled(kept: "\(start) of \(texts.count) texts were summarised")
            let some = Array(texts[start..<min(start + batch, texts.count)])
            let documents = try Parallel.map(some, job: job) { [features] in try features.rows(of: $0) }
            var matrix = SparseMatrix(columnCount: SentenceFeatures.columnCount)
            for row in documents.lazy.flatMap(\.rows) { matrix.append(denseRow: row) }
            let scores =
                matrix.rowCount == 0 ? [] : try booster.predict(DMatrix(matrix, threads: threads)).values
            var first = 0
            for document in documents {
                let count = document.sentences.count
                results.append(Self.best(sentences, of: document.sentences, scores[first..<(first + count)]))
                first += count
            }
            job.update(done: results.count, of: texts.count, unit: "texts")
        }
        job.finish(done: results.count, of: texts.count, unit: "texts")
        return results
    }

    /// Of equal scores the earlier sentence wins.
    private static func best(_ count: Int, of sentences: [String], _ scores: ArraySlice<Float>)
        -> GeneratedText
    {
        let ranked = zip(scores, sentences.indices).sorted { ($1.0, $0.1) < ($0.0, $1.1) }
        let chosen = ranked.prefix(count).map(\.1).sorted().map { sentences[$0] }
        let words = chosen.reduce(0) { $0 + $1.split(whereSeparator: \.isWhitespace).count }
        return GeneratedText(text: chosen.joined(separator: "\n"), tokenCount: words)
    }

    /// Prepares a training: every sentence is a row, the sentences of a text a group.
    ///
    /// - Parameter known: what was learned before; its word weights are kept.
    /// - Throws: `LyceumError.empty` if there is nothing to choose from; as `TfidfVectorizer.fit`.
    static func task(
        _ pairs: [Example], _ held: [Example]?, _ configuration: GBDTConfiguration,
        _ options: BoostingOptions,
        known: Summarizer?, job: Job
    ) throws -> GBDTStudent.TrainingTask {
        let threads = Threads.count(options.threads)
        let features =
            try known?.features
            ?? SentenceFeatures(
                vectorizer: TfidfVectorizer.fit(
                    pairs.map(\.input), SentenceFeatures.options, threads: threads, job: job
                ).vectorizer)
        let objective = Self.objective(configuration.sentenceObjective)
        guard let training = try rows(of: pairs, features, objective, options, job) else {
            throw LyceumError.empty(
                "what can be learned",
                remedy: "no text has several sentences of which one shares a word with its summary")
        }
        let validation = try held.flatMap { try rows(of: $0, features, objective, options, job) }
        return GBDTStudent.TrainingTask(objective: objective, training: training, validation: validation) {
            .summarizer(Summarizer(features: features, booster: $0))
        }
    }

    private static func objective(_ choice: GBDTConfiguration.SentenceObjective) -> Objective {
        let isRanking = choice == .pairwise || choice == .ndcg
        return Objective(
            parameters: [("objective", choice.rawValue), ("eval_metric", isRanking ? "ndcg@1" : "rmse")],
            isScore: isRanking)
    }

    /// The rows of texts from which something can be learned: several sentences, one of which is worth more.
    private static func rows(
        of pairs: [Example], _ features: SentenceFeatures, _ objective: Objective, _ options: BoostingOptions,
        _ job: Job
    ) throws -> DMatrix? {
        let documents = try Parallel.map(pairs, job: job) { pair in
            let (sentences, rows) = try features.rows(of: pair.input)
            return (rows, try SentenceOracle(sentences: sentences, summary: pair.target).relevances)
        }
        var matrix = SparseMatrix(columnCount: SentenceFeatures.columnCount)
        var labels: [Float] = []
        var groups: [UInt32] = []
        for (rows, relevances) in documents {
            guard let low = relevances.min(), let high = relevances.max(), low < high else { continue }
            for row in rows { matrix.append(denseRow: row) }
            // NDCG wants whole grades, and gains 2^grade - 1.
            labels += relevances.map { Float(objective.isScore ? ($0 * 8).rounded() : $0) }
            groups.append(UInt32(clamping: rows.count))
        }
        if groups.isEmpty { return nil }
        let rows = try DMatrix(matrix, threads: options.threads)
        try rows.set("label", labels)
        if objective.isScore { try rows.setGroups(groups) }
        return rows
    }
}
