import LyceumKit

/// The translation edit rate, equal to sacrebleu 2.6 to the last digit: insertions, deletions, substitutions and shifts of
/// words that make a text of its reference, in per cent of the reference's length.
///
/// Source: Snover et al., "A study of translation edit rate with targeted human annotation" (2006), after Tercom.
struct Ter: Sendable {
    var normalized = false
    var removesPunctuation = false
    var asian = false
    var caseSensitive = false

    /// What is counted of a text.
    static let columns = ["edits", "ref_len"]

    /// The score of counts; 0 is best, and it may exceed 100.
    static func score(_ counts: [Double]) -> Double {
        if counts[1] > 0 { return 100 * (counts[0] / counts[1]) }
        return counts[0] > 0 ? 100 : 0
    }

    /// sacrebleu's signature.
    func signature(references: String) -> String {
        func word(_ flag: Bool) -> String { flag ? "yes" : "no" }
        return
            "nrefs:\(references)|case:\(caseSensitive ? "mixed" : "lc")|tok:tercom|norm:\(word(normalized))"
            + "|punct:\(word(!removesPunctuation))|asian:\(word(asian))|version:\(SacreBleu.version)"
    }
}

/// Counts pair after pair. Used from one thread.
struct TerCounter: PairCounter {
    private let ter: Ter
    private var words = TokenInterner()

    init(_ ter: Ter) { self.ter = ter }

    mutating func count(_ text: String, _ targets: [String], into counts: inout [Double]) {
        let prediction = tokens(text)
        var fewest = Int.max
        var length = 0
        for target in targets {
            let reference = tokens(target)
            length += reference.count
            var search = TerSearch(reference)
            fewest = min(fewest, search.edits(prediction))
        }
        counts.append(Double(fewest))
        counts.append(Double(length) / Double(max(targets.count, 1)))
    }

    private mutating func tokens(_ text: String) -> [Int32] {
        var text = TerTokenizer.prepared(text, ter)
        var tokens: [Int32] = []
        text.withUTF8 { bytes in
            PythonStrings.split(bytes) { range in
                tokens.append(words.intern(UnsafeBufferPointer(rebasing: bytes[range])))
            }
        }
        return tokens
    }
}

/// Tercom's greedy search for shifts, with the limits that sacrebleu has.
struct TerSearch {
    private static let longestShift = 10
    private static let farthestShift = 50
    private static let beam = 25
    private static let mostCandidates = 1000
    /// More than any number of edits.
    private static let infinity = Int32.max / 2

    private enum Edit: UInt8 { case insertion, deletion, match, substitution, unknown }

    private let reference: [Int32]
    private let width: Int
    /// The matrix of edit distances, row after row, with the edit that leads to each cell; of the words in `rowWords`.
    private var distances: [Int32] = []
    private var edits: [Edit] = []
    private var rowWords: [Int32] = []

    init(_ reference: [Int32]) {
        self.reference = reference
        width = reference.count + 1
    }

    /// The fewest edits, shifts included, that the search finds.
    mutating func edits(_ prediction: [Int32]) -> Int {
        if reference.isEmpty { return prediction.count }
        var words = prediction
        var shifts = 0
        var checked = 0
        while let (gain, shifted) = shift(words, &checked), checked < Self.mostCandidates, gain > 0 {
            shifts += 1
            words = shifted
        }
        return shifts + Int(distance(words))
    }

    /// The shift that saves most edits; nil if there is none to try.
    private mutating func shift(_ words: [Int32], _ checked: inout Int) -> (gain: Int32, words: [Int32])? {
        let before = distance(words)
        let (alignment, referenceErrors, wordErrors) = align(words.count)
        var best: (gain: Int32, length: Int, start: Int, target: Int, words: [Int32])?
        search: for start in words.indices {
            let nearest = max(0, start - Self.farthestShift)
            for place in nearest..<max(nearest, min(reference.count, start + Self.farthestShift + 1)) {
                var length = 0
                while length < Self.longestShift, start + length < words.count,
                    place + length < reference.count, words[start + length] == reference[place + length]
                {
                    length += 1
                    if !wordErrors[start..<(start + length)].contains(true)
                        || !referenceErrors[place..<(place + length)].contains(true)
                    {
                        continue
                    }
                    if (start..<(start + length)).contains(alignment[place]) { continue }
                    var previous = -1
                    for offset in -1..<length {
                        let target: Int
                        if place + offset == -1 {
                            target = 0
                        } else if place + offset < alignment.count {
                            // Unlike Tercom, which inserts behind the place, sacrebleu inserts before it.
                            target = alignment[place + offset] + 1
                        } else {
                            break
                        }
                        if target == previous { continue }
                        previous = target
                        let shifted = Self.shifted(words, start, length, to: target)
                        let gain = before - distance(shifted)
                        checked += 1
                        if Self.isBetter(gain, length, start, target, shifted, than: best) {
                            best = (gain, length, start, target, shifted)
                        }
                    }
                    if checked >= Self.mostCandidates { break search }
                }
            }
        }
        return best.map { ($0.gain, $0.words) } ?? (checked >= Self.mostCandidates ? (0, words) : nil)
    }

    /// Most edits saved first, then the longest, then from the earliest place, then to the earliest place.
    private static func isBetter(
        _ gain: Int32, _ length: Int, _ start: Int, _ target: Int, _ words: [Int32],
        than best: (gain: Int32, length: Int, start: Int, target: Int, words: [Int32])?
    ) -> Bool {
        guard let best else { return true }
        if gain != best.gain { return gain > best.gain }
        if length != best.length { return length > best.length }
        if start != best.start { return start < best.start }
        return target < best.target
    }

    private static func shifted(_ words: [Int32], _ start: Int, _ length: Int, to target: Int) -> [Int32] {
        let block = words[start..<(start + length)]
        if target < start {
            return Array(words[..<target] + block + words[target..<start] + words[(start + length)...])
        }
        if target > start + length {
            return Array(words[..<start] + words[(start + length)..<target] + block + words[target...])
        }
        // Within the block: what follows it moves to its front.
        let end = min(length + target, words.count)
        return Array(
            words[..<start] + words[(start + length)..<max(end, start + length)] + block
                + words[max(end, start + length)...])
    }

    // MARK: the edit distance

    /// The edits that make the words of the reference, near the diagonal of the matrix.
    private mutating func distance(_ words: [Int32]) -> Int32 {
        let count = words.count
        if distances.count != (count + 1) * width {
            distances = [Int32](repeating: Self.infinity, count: (count + 1) * width)
            edits = [Edit](repeating: .unknown, count: distances.count)
            for j in 0..<width { (distances[j], edits[j]) = (Int32(j), .insertion) }
            rowWords = []
        }
        // Rows of words that were there before are known.
        var known = 0
        while known < rowWords.count, known < count, rowWords[known] == words[known] { known += 1 }
        let ratio = count == 0 ? 1 : Double(reference.count) / Double(count)
        let beam =
            Double(Self.beam) < ratio / 2 ? Int((ratio / 2 + Double(Self.beam)).rounded(.up)) : Self.beam
        if known < count {
            for i in (known + 1)...count { fillRow(i, words, ratio, beam, isLast: i == count) }
        }
        rowWords = words
        return distances[distances.count - 1]
    }

    private mutating func fillRow(_ i: Int, _ words: [Int32], _ ratio: Double, _ beam: Int, isLast: Bool) {
        let diagonal = Int((Double(i) * ratio).rounded(.down))
        let low = max(0, diagonal - beam)
        let high = isLast ? width : min(width, diagonal + beam)
        let (row, above) = (i * width, (i - 1) * width)
        let word = words[i - 1]
        reference.withUnsafeBufferPointer { reference in
            distances.withUnsafeMutableBufferPointer { distances in
                edits.withUnsafeMutableBufferPointer { edits in
                    for j in 0..<width { (distances[row + j], edits[row + j]) = (Self.infinity, .unknown) }
                    for j in low..<max(low, high) {
                        if j == 0 {
                            (distances[row], edits[row]) = (distances[above] + 1, .deletion)
                            continue
                        }
                        let same = word == reference[j - 1]
                        var best = Self.infinity
                        var edit = Edit.unknown
                        let replaced = distances[above + j - 1] + (same ? 0 : 1)
                        if best > replaced { (best, edit) = (replaced, same ? .match : .substitution) }
                        let deleted = distances[above + j] + 1
                        if best > deleted { (best, edit) = (deleted, .deletion) }
                        let inserted = distances[row + j - 1] + 1
                        if best > inserted { (best, edit) = (inserted, .insertion) }
                        (distances[row + j], edits[row + j]) = (best, edit)
                    }
                }
            }
        }
    }

    /// For each word of the reference the place of the words that stands for it, and which words of either are wrong.
    private func align(_ count: Int) -> (places: [Int], referenceErrors: [Bool], wordErrors: [Bool]) {
        var trace: [Edit] = []
        var (i, j) = (count, reference.count)
        while i > 0 || j > 0 {
            let edit = edits[i * width + j]
            trace.append(edit)
            switch edit {
            case .match, .substitution: (i, j) = (i - 1, j - 1)
            case .insertion: j -= 1
            case .deletion: i -= 1
            // A cell that the search near the diagonal never reached: nothing leads there.
            case .unknown: (i, j) = (max(0, i - 1), max(0, j - 1))
            }
            if i < 0 || j < 0 { break }
        }
        var places: [Int] = []
        var (referenceErrors, wordErrors): ([Bool], [Bool]) = ([], [])
        var place = -1
        // Read as if the reference were rewritten into the words: insertions and deletions change their names.
        for edit in trace.reversed() {
            switch edit {
            case .match, .substitution, .unknown:
                place += 1
                places.append(place)
                referenceErrors.append(edit != .match)
                wordErrors.append(edit != .match)
            case .deletion:
                place += 1
                wordErrors.append(true)
            case .insertion:
                places.append(place)
                referenceErrors.append(true)
            }
        }
        return (places, referenceErrors, wordErrors)
    }
}
