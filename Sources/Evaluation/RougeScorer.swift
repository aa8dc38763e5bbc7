import LyceumKit

/// Precision, recall and F of one text against one reference, as fractions from 0 to 1.
public struct RougeScore: Sendable, Hashable {
    /// The share of the prediction that is in the reference.
    public let precision: Double
    /// The share of the reference that is in the prediction.
    public let recall: Double
    /// The harmonic mean of both.
    public let fmeasure: Double

    /// Three numbers that were computed before.
    init(precision: Double, recall: Double, fmeasure: Double) {
        self.precision = precision
        self.recall = recall
        self.fmeasure = fmeasure
    }

    /// The score of `hits` common units among as many of the prediction and of the reference.
    init(hits: Int, prediction: Int, reference: Int) {
        precision = Double(hits) / Double(max(prediction, 1))
        recall = Double(hits) / Double(max(reference, 1))
        let sum = precision + recall
        fmeasure = sum > 0 ? 2 * precision * recall / sum : 0
    }
}

/// Scores pair after pair, keeping vocabulary, stems and buffers. Used from one thread.
///
/// Reference: google-research/google-research, rouge/rouge_scorer.py (rouge-score 0.1.2).
struct RougeScorer {
    private let kinds: [RougeKind]
    private let split: RougeOptions.Split
    private let largestN: Int
    private let needsTokens: Bool
    private var tokenizer: RougeTokenizer
    private var overlap = NGramOverlap()
    private var subsequence = CommonSubsequence()
    private var reference = TokenizedText()
    private var prediction = TokenizedText()
    private var referenceLines = TokenizedText()
    private var predictionLines = TokenizedText()
    private var counts: [Int32] = []
    private var marked: [Bool] = []
    private let job: Job

    /// - Parameter job: cancellation, also within a pair of long texts.
    init(_ options: RougeOptions, job: Job = .silent("ROUGE")) {
        self.job = job
        kinds = options.kinds
        split = options.split
        largestN = options.kinds.reduce(0) { largest, kind in
            if case .n(let n) = kind { max(largest, n) } else { largest }
        }
        needsTokens = options.kinds != [.lsum]
        tokenizer = RougeTokenizer(options.tokenizer, stems: options.stemmer)
    }

    /// The scores of one pair, in the order of the options' kinds.
    mutating func score(prediction text: String, reference target: String) throws -> [RougeScore] {
        var text = text
        var target = target
        return try target.withUTF8 { target in
            try text.withUTF8 { text in try score(prediction: text, reference: target) }
        }
    }

    /// In each measure, the score against the reference that gives the largest F; the first of equals.
    mutating func score(prediction: String, references: [String]) throws -> [RougeScore] {
        var best: [RougeScore] = []
        for reference in references {
            let scores = try score(prediction: prediction, reference: reference)
            if best.isEmpty {
                best = scores
            } else {
                for (i, score) in scores.enumerated() where score.fmeasure > best[i].fmeasure {
                    best[i] = score
                }
            }
        }
        return best
    }

    private mutating func score(
        prediction text: UnsafeBufferPointer<UInt8>, reference target: UnsafeBufferPointer<UInt8>
    ) throws -> [RougeScore] {
        if needsTokens {
            reference.tokenize(target, with: &tokenizer)
            prediction.tokenize(text, with: &tokenizer)
        }
        let overlaps = overlap.overlaps(
            reference.tokens, prediction.tokens, upTo: largestN, vocabularySize: tokenizer.vocabularySize)
        return try kinds.map { kind in
            switch kind {
            case .n(let n):
                return RougeScore(
                    hits: overlaps[n - 1], prediction: prediction.tokens.count - n + 1,
                    reference: reference.tokens.count - n + 1)
            case .l:
                let hits = try subsequence.length(
                    reference.tokens, prediction.tokens, vocabularySize: tokenizer.vocabularySize, job: job)
                return RougeScore(
                    hits: hits, prediction: prediction.tokens.count, reference: reference.tokens.count)
            case .lsum:
                referenceLines.tokenize(lines: target, split: split, with: &tokenizer)
                predictionLines.tokenize(lines: text, split: split, with: &tokenizer)
                return RougeScore(
                    hits: try unionHits(), prediction: predictionLines.tokens.count,
                    reference: referenceLines.tokens.count)
            }
        }
    }

    /// For each line of the reference, the tokens that stand in its longest common subsequence with any line
    /// of the prediction; over all lines, each counted at most as often as the prediction holds it.
    private mutating func unionHits() throws -> Int {
        let size = tokenizer.vocabularySize
        if counts.count < size { counts.append(contentsOf: repeatElement(0, count: size - counts.count)) }
        for token in predictionLines.tokens { counts[Int(token)] += 1 }
        defer { for token in predictionLines.tokens { counts[Int(token)] = 0 } }
        var hits = 0
        for line in referenceLines.lines {
            try job.checkCancelled()
            let tokens = referenceLines.tokens[line]
            marked.removeAll(keepingCapacity: true)
            marked.append(contentsOf: repeatElement(false, count: tokens.count))
            for other in predictionLines.lines {
                try requireFeasible(tokens.count, other.count)
                try subsequence.mark(
                    rows: tokens, columns: predictionLines.tokens[other], vocabularySize: size, in: &marked,
                    job: job)
            }
            for (i, token) in tokens.enumerated() where marked[i] && counts[Int(token)] > 0 {
                counts[Int(token)] -= 1
                hits += 1
            }
        }
        return hits
    }

    /// The table of two lines takes a bit a cell: 2³³ cells are 1 GB.
    private func requireFeasible(_ rows: Int, _ columns: Int) throws {
        if rows.multipliedReportingOverflow(by: columns).partialValue > 1 << 33 || rows > 1 << 31 {
            throw LyceumError.unsupported(
                "ROUGE-Lsum of one line of \(rows) words against one of \(columns)",
                remedy: "leave rougeLsum out of types, or split the texts into lines")
        }
    }
}

/// The tokens of a text, and which of them make its lines.
private struct TokenizedText {
    var tokens: [Int32] = []
    var lines: [Range<Int>] = []

    mutating func tokenize(_ text: UnsafeBufferPointer<UInt8>, with tokenizer: inout RougeTokenizer) {
        tokens.removeAll(keepingCapacity: true)
        tokenizer.tokenize(text, into: &tokens)
    }

    mutating func tokenize(
        lines text: UnsafeBufferPointer<UInt8>, split: RougeOptions.Split,
        with tokenizer: inout RougeTokenizer
    ) {
        tokens.removeAll(keepingCapacity: true)
        lines.removeAll(keepingCapacity: true)
        func add(_ range: Range<Int>) {
            let start = tokens.count
            tokenizer.tokenize(UnsafeBufferPointer(rebasing: text[range]), into: &tokens)
            if tokens.count > start { lines.append(start..<tokens.count) }
        }
        switch split {
        case .newline:
            var start = 0
            for i in 0..<text.count where text[i] == UInt8(ascii: "\n") {
                add(start..<i)
                start = i + 1
            }
            add(start..<text.count)
        case .rules:
            for sentence in Sentences.ranges(in: text) { add(sentence) }
        }
    }
}
