import LyceumKit

/// How much a summary takes over from the text that it summarises.
///
/// Source: Grusky, Naaman, Artzi, "Newsroom: a dataset of 1.3 million summaries with diverse extractive strategies" (2018);
/// the fragments are those of their program, for the same tokens.
struct ExtractiveFragments {
    /// The share of the summary's words that stand in a fragment of the text.
    let coverage: Double
    /// The mean length of the fragment that a word of the summary belongs to.
    let density: Double
    /// Words of the text for each of the summary.
    let compression: Double

    /// Finds the longest runs of words that the summary shares with the text, from its first word on.
    init(summary: [Int32], source: [Int32]) {
        var places: [Int32: [Int]] = [:]
        for (place, word) in source.enumerated() { places[word, default: []].append(place) }
        var (covered, squares) = (0, 0)
        var start = 0
        while start < summary.count {
            var longest = 0
            var searched = 0
            for place in places[summary[start]] ?? [] where place >= searched {
                var length = 0
                while start + length < summary.count, place + length < source.count,
                    summary[start + length] == source[place + length]
                {
                    length += 1
                }
                longest = max(longest, length)
                // Their program goes on behind a match.
                searched = place + length
            }
            covered += longest
            squares += longest * longest
            start += max(longest, 1)
        }
        let count = Double(summary.count)
        coverage = summary.isEmpty ? 0 : Double(covered) / count
        density = summary.isEmpty ? 0 : Double(squares) / count
        compression = summary.isEmpty ? 0 : Double(source.count) / count
    }
}

/// Words of texts as numbers: runs of letters and digits of every script, or what stands between white space; in lower
/// case.
struct WordNumbers {
    enum Kind: String, CaseIterable, SettingChoice { case words, whitespace }

    private let kind: Kind
    private var interner = TokenInterner()

    init(_ kind: Kind) { self.kind = kind }

    mutating func read(_ text: String) -> [Int32] {
        var tokens: [Int32] = []
        switch kind {
        case .words:
            var text = text
            text.withUTF8 { bytes in
                Words.forEach(in: bytes) { tokens.append(interner.intern($0)) }
            }
        case .whitespace:
            var text = PythonStrings.lowercased(text)
            text.withUTF8 { bytes in
                PythonStrings.split(bytes) { range in
                    tokens.append(interner.intern(UnsafeBufferPointer(rebasing: bytes[range])))
                }
            }
        }
        return tokens
    }
}

/// N-grams of a list of numbers.
enum NGrams {
    /// Every n-gram, in order.
    static func all(_ tokens: [Int32], _ n: Int) -> [ArraySlice<Int32>] {
        guard n >= 1, tokens.count >= n else { return [] }
        return (0...(tokens.count - n)).map { tokens[$0..<($0 + n)] }
    }

    /// The share of the n-grams of a text, repetitions included, that another text does not have.
    static func novelShare(_ tokens: [Int32], notIn other: [Int32], _ n: Int) -> Double {
        let own = all(tokens, n)
        if own.isEmpty { return 0 }
        let known = Set(all(other, n))
        return Double(own.count { !known.contains($0) }) / Double(own.count)
    }

    /// The share of n-grams that stood in the text before.
    ///
    /// Source: Welleck et al., "Neural text generation with unlikelihood training" (2020): seq-rep-n.
    static func repeatedShare(_ tokens: [Int32], _ n: Int) -> Double {
        let own = all(tokens, n)
        return own.isEmpty ? 0 : 1 - Double(Set(own).count) / Double(own.count)
    }
}
