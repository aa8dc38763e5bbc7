import LyceumKit
import LyceumText

/// The clean-ups that users of CNN/DailyMail apply to it. All are off unless they are asked for.
///
/// Sources: See et al. 2017, abisee/cnn-dailymail, make_datafiles.py (the " ." that it adds); Nallapati et al. 2016
/// (the openings); huggingface/datasets, cnn_dailymail.py.
public struct NewsCleanup: Sendable {
    /// The column of the articles.
    public var article = "article"
    /// The column of the highlights, a line each.
    public var highlights = "highlights"
    /// Takes off what CNN's articles open with: "(CNN)", "LONDON, England (CNN) --".
    public var openings = false
    /// Takes off what the Daily Mail's articles open with: "By . Jane Doe . PUBLISHED: . … | . UPDATED: . … .".
    public var bylines = false
    /// Takes away the space before the full stop that ends a line of the highlights: " ." becomes ".".
    public var spaces = false
    /// Takes off "NEW: " where a line of the highlights begins with it.
    public var labels = false
    /// Drops a row whose article an earlier row has, ignoring white space and case.
    public var duplicates = false
    /// Drops a row whose article is in one of these, ignoring white space and case: other splits.
    public var without: [Dataset] = []

    /// Changes nothing.
    public init() {}

    /// What came of it.
    public struct Result: Sendable {
        /// The rows that stayed, cleaned.
        public let kept: Dataset
        /// What was done, by name, in order: rows changed, rows dropped.
        public let counts: [(name: String, rows: Int)]

        /// The report for a person, in one line.
        public var report: String {
            counts.isEmpty
                ? "nothing was asked for"
                : counts.map { "\($0.name): \($0.rows) rows" }.joined(separator: ", ")
        }
    }
}

extension Dataset {
    /// The rows after the clean-ups that were asked for.
    ///
    /// - Throws: `LyceumError.missingColumn`, `LyceumError.invalid` for a row without text, `LyceumError.cancelled`.
    public func cleaningNews(_ cleanup: NewsCleanup, job: Job = .silent("cleaning")) throws
        -> NewsCleanup.Result
    {
        var counts: [(name: String, rows: Int)] = []
        var dataset = self
        func change(_ column: String, _ steps: [(name: String, apply: @Sendable (String) -> String)]) throws {
            if steps.isEmpty { return }
            var texts = try dataset.strings(column)
            for step in steps {
                let changed = try Parallel.map(texts, job: job) { step.apply($0) }
                counts.append((step.name, zip(texts, changed).count { $0 != $1 }))
                texts = changed
            }
            dataset = try dataset.adding(column: column, values: texts.map(Value.string))
        }
        try change(
            cleanup.article,
            (cleanup.openings ? [("openings", NewsText.withoutOpening)] : [])
                + (cleanup.bylines ? [("bylines", NewsText.withoutByline)] : []))
        try change(
            cleanup.highlights,
            (cleanup.spaces ? [("spaces", NewsText.withoutSpaces)] : [])
                + (cleanup.labels ? [("labels", NewsText.withoutLabels)] : []))
        if cleanup.duplicates || !cleanup.without.isEmpty {
            var seen: Set<String> = []
            for other in cleanup.without {
                seen.formUnion(try Parallel.map(try other.strings(cleanup.article), job: job, NewsText.key))
            }
            let keys = try Parallel.map(try dataset.strings(cleanup.article), job: job, NewsText.key)
            var kept: [Int] = []
            for (row, key) in keys.enumerated() {
                if cleanup.duplicates {
                    if seen.insert(key).inserted { kept.append(row) }
                } else if !seen.contains(key) {
                    kept.append(row)
                }
            }
            counts.append(("duplicates", dataset.count - kept.count))
            if kept.count < dataset.count {
                dataset = dataset.choosing(kept, HistoryStep("clean_news", cleanup.article))
            }
        }
        return NewsCleanup.Result(kept: dataset, counts: counts)
    }
}

/// The clean-ups of one text.
enum NewsText {
    /// The text without a dateline that names CNN, which stands in its first hundred letters.
    @Sendable static func withoutOpening(_ text: String) -> String {
        let head = text.prefix(120)
        guard let mark = head.firstRange(of: "(CNN") else { return text }
        // Only a place and a date may stand before it: "LONDON, England (CNN) --".
        guard isDateline(text[..<mark.lowerBound]),
            let close = text[mark.upperBound...].prefix(40).firstIndex(of: ")")
        else { return text }
        var rest = text[text.index(after: close)...]
        rest = rest.drop { $0.isWhitespace }
        let dashes = rest.prefix { $0 == "-" || $0 == "\u{2013}" || $0 == "\u{2014}" }
        rest = rest.dropFirst(dashes.count).drop { $0.isWhitespace }
        return String(rest)
    }

    /// Whether a text is a place as a dateline names it: few words, all of which begin with a capital.
    private static func isDateline(_ text: Substring) -> Bool {
        let words = text.split(separator: " ")
        return words.count <= 8
            && words.allSatisfy { word in
                word.first.map { $0.isUppercase || $0.isNumber || $0 == "(" } == true
                    || ["and", "of", "the", "de", "--", "near"].contains(word)
            }
    }

    /// The text without the Daily Mail's names and times.
    @Sendable static func withoutByline(_ text: String) -> String {
        guard text.hasPrefix("By . ") || text.hasPrefix("PUBLISHED: . ") else { return text }
        var rest = text[...]
        if rest.hasPrefix("By . ") {
            let after = rest.dropFirst(5)
            // The name ends at the next full stop that stands by itself.
            guard let end = after.prefix(120).firstRange(of: " . ") else { return text }
            rest = after[end.upperBound...]
        }
        // "PUBLISHED: . 09:13 EST, 5 June 2012 . | . UPDATED: . 10:00 EST, 5 June 2012 . "
        for label in ["PUBLISHED: . ", "| . ", "UPDATED: . ", "Last updated at "] where rest.hasPrefix(label)
        {
            rest = rest.dropFirst(label.count)
            if label == "| . " { continue }
            guard let end = rest.prefix(60).firstRange(of: " . ") else { return text }
            rest = rest[end.upperBound...]
        }
        return String(rest)
    }

    /// The lines without a space before their last full stop.
    @Sendable static func withoutSpaces(_ text: String) -> String {
        lines(text) { $0.hasSuffix(" .") ? $0.dropLast(2) + "." : $0 }
    }

    /// The lines without "NEW: ".
    @Sendable static func withoutLabels(_ text: String) -> String {
        lines(text) {
            $0.hasPrefix("NEW: ") ? $0.dropFirst(5) : $0.hasPrefix("NEW : ") ? $0.dropFirst(6) : $0
        }
    }

    private static func lines(_ text: String, _ change: (Substring) -> Substring) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map(change).joined(separator: "\n")
    }

    /// What two articles share that say the same: words alone, in lower case.
    @Sendable static func key(_ text: String) -> String {
        text.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
