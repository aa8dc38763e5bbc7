import LyceumKit

/// One walk through the filters: which rows are left, and why the others are not.
struct CurationPass {
    private(set) var texts: [String]
    /// Why a row was dropped, by row.
    private(set) var reasons: [Int: String] = [:]
    private(set) var counts: [(filter: String, rows: Int)] = []
    private(set) var stripped = 0
    private(set) var thoughts = 0

    init(texts: [String]) { self.texts = texts }

    /// The rows that are left, in order.
    var left: [Int] { texts.indices.filter { reasons[$0] == nil } }
    var isStripped: Bool { stripped > 0 || thoughts > 0 }
    var values: [Value] { texts.map(Value.string) }

    /// Drops rows with their reasons, and counts them under a filter.
    mutating func drop(_ filter: String, _ found: [Int: String]) {
        counts.append((filter, found.count))
        reasons.merge(found) { first, _ in first }
    }

    /// Tests what is left.
    ///
    /// - Parameter reason: why a row goes; nil if it stays.
    private mutating func drop(
        _ filter: String, _ job: Job, _ reason: (_ row: Int, _ text: String) throws -> String?
    ) throws {
        var found: [Int: String] = [:]
        for (place, row) in left.enumerated() {
            if place % 256 == 0 {
                try job.checkCancelled()
                job.update(done: place, of: texts.count, unit: "rows")
            }
            found[row] = try reason(row, texts[row])
        }
        drop(filter, found)
    }

    /// Takes reasoning off, or drops the rows that hold it; a row that holds nothing else goes in any case.
    mutating func reasoning(_ curation: Curation, _ job: Job) throws {
        guard curation.reasoning != .keep else { return }
        var found: [Int: String] = [:]
        for (place, row) in left.enumerated() {
            if place % 256 == 0 { try job.checkCancelled() }
            let (answer, thought) = Reasoning.separated(texts[row])
            guard thought != nil else { continue }
            if curation.reasoning == .drop {
                found[row] = "reasoning before the answer"
            } else if answer.allSatisfy(\.isWhitespace) {
                found[row] = "reasoning and no answer"
            } else {
                texts[row] = answer
                thoughts += 1
            }
        }
        if !found.isEmpty { drop("reasoning", found) }
    }

    mutating func strip(_ curation: Curation, _ job: Job) throws {
        if curation.dropsRefusals {
            try drop("refusals", job) { _, text in
                Boilerplate.refusal(in: text).map { "the model refused: \"\($0)\"" }
            }
        }
        guard curation.boilerplate != .keep else { return }
        if curation.boilerplate == .drop {
            return try drop("boiler-plate", job) { _, text in
                Boilerplate.stripped(text) == nil ? nil : "words around the answer"
            }
        }
        for (place, row) in left.enumerated() {
            if place % 256 == 0 { try job.checkCancelled() }
            if let text = Boilerplate.stripped(texts[row]) {
                texts[row] = text
                stripped += 1
            }
        }
    }

    mutating func lengths(_ curation: Curation, against others: [String]?, _ job: Job) throws {
        if let range = curation.characters {
            try drop("by characters", job) { _, text in
                Self.misses(text.unicodeScalars.count, range, "characters")
            }
        }
        if let range = curation.words {
            try drop("by words", job) { _, text in Self.misses(Self.words(text), range, "words") }
        }
        if let (range, count) = curation.tokens {
            try drop("by tokens", job) { _, text in Self.misses(try count(text), range, "tokens") }
        }
        if let (range, column) = curation.compression, let others {
            try drop("by compression", job) { row, text in
                let (own, other) = (Self.words(text), Self.words(others[row]))
                guard other > 0 else { return "'\(column)' has no words" }
                let ratio = Double(own) / Double(other)
                return range.contains(ratio) ? nil : "\(ratio.fixed(2)) words for each of '\(column)'"
            }
        }
    }

    mutating func script(_ curation: Curation, _ job: Job) throws {
        guard let (script, least) = curation.script else { return }
        try drop("by script", job) { _, text in
            guard let share = script.share(of: text) else { return "no letters" }
            return share >= least ? nil : "\((share * 100).fixed(0)) % of its letters are \(script.rawValue)"
        }
    }

    /// Drops a text that an earlier row has; white space does not count.
    mutating func exactDuplicates() {
        var first: [[Substring]: Int] = [:]
        var found: [Int: String] = [:]
        for row in left {
            let key = texts[row].split(whereSeparator: \.isWhitespace)
            if let earlier = first[key] {
                found[row] = "duplicate of row \(earlier + 1)"
            } else {
                first[key] = row
            }
        }
        drop("duplicates", found)
    }

    /// The rows that hold a run of so many words of the test texts; a test text of fewer words counts as one run.
    func contaminated(by tests: [String], words: Int, _ job: Job) throws -> [Int: String] {
        let hashing = MinHash(shingleLength: words)
        var runs: [UInt64: Int] = [:]
        // Only whole runs can be looked for; one of fewer words needs a search of its own length.
        var lengths: Set<Int> = []
        for (i, text) in tests.enumerated() {
            if i % 256 == 0 { try job.checkCancelled() }
            let length = min(words, MinHash.wordCount(text))
            if length == 0 { continue }
            lengths.insert(length)
            for run in MinHash(shingleLength: length).shingles(of: text) where runs[run] == nil {
                runs[run] = i
            }
        }
        var found: [Int: String] = [:]
        for (place, row) in left.enumerated() {
            if place % 64 == 0 {
                try job.checkCancelled()
                job.update(done: place, of: texts.count, unit: "rows")
            }
            for length in lengths.sorted(by: >) {
                guard MinHash.wordCount(texts[row]) >= length else { continue }
                let own = length == words ? hashing : MinHash(shingleLength: length)
                if let test = own.shingles(of: texts[row]).lazy.compactMap({ runs[$0] }).min() {
                    found[row] = "shares \(length) consecutive words with test row \(test + 1)"
                    break
                }
            }
        }
        return found
    }

    private static func words(_ text: String) -> Int { Words.count(text) }

    private static func misses(_ length: Int, _ range: ClosedRange<Int>, _ unit: String) -> String? {
        if length < range.lowerBound { return "\(length) \(unit), fewer than \(range.lowerBound)" }
        return length > range.upperBound ? "\(length) \(unit), more than \(range.upperBound)" : nil
    }
}

extension MinHash {
    /// The hashes of a text's shingles, sorted, each once.
    func shingles(of text: String) -> [UInt64] {
        var text = text
        return text.withUTF8 { shingles($0) }
    }

    /// The words of a text, as shingles are made of them: of a text without words, the text is one.
    static func wordCount(_ text: String) -> Int {
        var text = text
        var count = 0
        text.withUTF8 { Words.forEachCompared(in: $0) { _ in count += 1 } }
        return count
    }
}
