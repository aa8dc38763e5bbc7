import LyceumKit

/// chrF and chrF++, equal to sacrebleu 2.6 to the last digit.
///
/// Sources: Popović, "chrF: character n-gram F-score for automatic MT evaluation" (2015) and "chrF++: words helping
/// character n-grams" (2017).
struct Chrf: Sendable {
    var characterOrder = 6
    var wordOrder = 0
    var beta = 2
    var lowercase = false
    var whitespace = false
    var epsilonSmoothing = false

    var order: Int { characterOrder + wordOrder }

    /// What is counted of a text, for each order: its n-grams, the reference's, those in common.
    var columns: [String] {
        (0..<order).flatMap { place -> [String] in
            let name =
                place < characterOrder ? "char_\(place + 1)" : "word_\(place - characterOrder + 1)"
            return ["hyp_\(name)", "ref_\(name)", "match_\(name)"]
        }
    }

    /// "chrF2", "chrF2++".
    var title: String { "chrF\(beta)" + String(repeating: "+", count: wordOrder) }

    /// The score of counts, from 0 to 100.
    func score(_ counts: some Collection<Double>) -> Double {
        let epsilon = 1e-16
        let factor = Double(beta * beta)
        var score = 0.0
        var effective = 0
        var (precisionSum, recallSum) = (0.0, 0.0)
        var values = counts.makeIterator()
        for _ in 0..<order {
            guard let hypothesis = values.next(), let reference = values.next(), let match = values.next()
            else {
                break
            }
            let precision = hypothesis > 0 ? match / hypothesis : epsilon
            let recall = reference > 0 ? match / reference : epsilon
            let divisor = factor * precision + recall
            score += divisor > 0 ? (1 + factor) * precision * recall / divisor : epsilon
            if hypothesis > 0, reference > 0 {
                precisionSum += precision
                recallSum += recall
                effective += 1
            }
        }
        if epsilonSmoothing { return 100 * score / Double(order) }
        if effective == 0 { return 0 }
        let precision = precisionSum / Double(effective)
        let recall = recallSum / Double(effective)
        if precision + recall == 0 { return 0 }
        return 100 * ((1 + factor) * precision * recall / (factor * precision + recall))
    }

    /// sacrebleu's signature.
    func signature(references: String) -> String {
        "nrefs:\(references)|case:\(lowercase ? "lc" : "mixed")|eff:\(epsilonSmoothing ? "no" : "yes")"
            + "|nc:\(characterOrder)|nw:\(wordOrder)|space:\(whitespace ? "yes" : "no")"
            + "|version:\(SacreBleu.version)"
    }
}

/// Counts pair after pair, keeping buffers. Used from one thread.
struct ChrfCounter: PairCounter {
    private let chrf: Chrf
    private var grams = GramTable(bits: CharacterNumbers.bits)
    private var numbers = CharacterNumbers()
    private var words = TokenInterner()
    private var wordOverlap = NGramOverlap()
    private var characterOverlap = NGramOverlap()
    private var prediction: [UInt64] = []
    private var reference: [UInt64] = []
    private var predictionWords: [Int32] = []
    private var referenceWords: [Int32] = []

    init(_ chrf: Chrf) { self.chrf = chrf }

    mutating func count(_ text: String, _ targets: [String], into counts: inout [Double]) {
        var text = chrf.lowercase ? PythonStrings.lowercased(text) : text
        numbers.restart()
        text.withUTF8 { numbers.read($0, keepingSpaces: chrf.whitespace, into: &prediction) }
        if chrf.wordOrder > 0 { text.withUTF8 { Self.cut($0, with: &words, into: &predictionWords) } }
        var best: [Double] = []
        var bestScore = -1.0
        for target in targets {
            var target = chrf.lowercase ? PythonStrings.lowercased(target) : target
            target.withUTF8 { numbers.read($0, keepingSpaces: chrf.whitespace, into: &reference) }
            var own: [Double] = []
            own.reserveCapacity(3 * chrf.order)
            countCharacters(into: &own)
            if chrf.wordOrder > 0 {
                target.withUTF8 { Self.cut($0, with: &words, into: &referenceWords) }
                countWords(into: &own)
            }
            if targets.count == 1 {
                best = own
                break
            }
            let score = chrf.score(own)
            if score > bestScore { (best, bestScore) = (own, score) }
        }
        counts += best
    }

    private mutating func countCharacters(into counts: inout [Double]) {
        let (own, other) = (prediction.count, reference.count)
        func append(_ n: Int, _ match: Int) {
            let (hypothesis, target) = (max(0, own - n + 1), max(0, other - n + 1))
            // An order that the reference does not reach counts for nobody.
            counts.append(Double(target > 0 ? hypothesis : 0))
            counts.append(Double(target))
            counts.append(Double(match))
        }
        if chrf.characterOrder <= grams.longest, numbers.fits {
            let matches = grams.matches(reference, prediction, upTo: chrf.characterOrder)
            for (n, match) in matches.enumerated() { append(n + 1, match) }
        } else {
            // Too many different characters for one number of 64 bits to hold six of them.
            let matches = characterOverlap.overlaps(
                reference.map { Int32(truncatingIfNeeded: $0) },
                prediction.map { Int32(truncatingIfNeeded: $0) },
                upTo: chrf.characterOrder, vocabularySize: numbers.count + 1)
            for (n, match) in matches.enumerated() { append(n + 1, match) }
        }
    }

    private mutating func countWords(into counts: inout [Double]) {
        let matches = wordOverlap.overlaps(
            referenceWords, predictionWords, upTo: chrf.wordOrder, vocabularySize: words.count)
        for (place, match) in matches.enumerated() {
            let target = max(0, referenceWords.count - place)
            counts.append(Double(target > 0 ? max(0, predictionWords.count - place) : 0))
            counts.append(Double(target))
            counts.append(Double(match))
        }
    }

    /// Words between white space, of which one mark of punctuation is cut off: at the end, else at the beginning.
    private static func cut(
        _ text: UnsafeBufferPointer<UInt8>, with words: inout TokenInterner, into tokens: inout [Int32]
    ) {
        tokens.removeAll(keepingCapacity: true)
        PythonStrings.split(text) { range in
            func add(_ part: Range<Int>) {
                tokens.append(words.intern(UnsafeBufferPointer(rebasing: text[part])))
            }
            let lead = text[range.lowerBound]
            let first = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
            if range.count <= first {
                add(range)
            } else if PythonStrings.isPunctuation(text[range.upperBound - 1]) {
                add(range.lowerBound..<(range.upperBound - 1))
                add((range.upperBound - 1)..<range.upperBound)
            } else if PythonStrings.isPunctuation(lead) {
                add(range.lowerBound..<(range.lowerBound + 1))
                add((range.lowerBound + 1)..<range.upperBound)
            } else {
                add(range)
            }
        }
    }
}

/// Numbers the characters of one text and its references from 1 on: ASCII by itself, others as they come.
private struct CharacterNumbers {
    private var others: [UInt32: UInt64] = [:]
    /// The largest number handed out.
    private(set) var count = 128

    /// Of a number, so that six of them make one of 64 bits.
    static let bits = 10

    /// Whether each number has so many bits.
    var fits: Bool { count < 1 << Self.bits }

    mutating func restart() {
        if count == 128 { return }
        others.removeAll(keepingCapacity: true)
        count = 128
    }

    mutating func read(
        _ text: UnsafeBufferPointer<UInt8>, keepingSpaces: Bool, into result: inout [UInt64]
    ) {
        result.removeAll(keepingCapacity: true)
        var i = 0
        while i < text.count {
            let byte = text[i]
            if !keepingSpaces {
                let space = PythonStrings.spaceLength(text, at: i)
                if space > 0 {
                    i += space
                    continue
                }
            }
            if byte < 0x80 {
                result.append(UInt64(byte) + 1)
                i += 1
                continue
            }
            let length = min(byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4, text.count - i)
            // The bytes of a character, in order, are a name for it.
            var code: UInt32 = 0
            for k in 0..<length { code = code << 8 | UInt32(text[i + k]) }
            if let known = others[code] {
                result.append(known)
            } else {
                count += 1
                others[code] = UInt64(count)
                result.append(UInt64(count))
            }
            i += length
        }
    }
}
