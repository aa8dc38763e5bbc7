import Glibc
import LyceumKit

/// BLEU, equal to sacrebleu 2.6 to the last digit.
///
/// Sources: Papineni et al., "BLEU: a method for automatic evaluation of machine translation" (2002); Post, "A call for
/// clarity in reporting BLEU scores" (2018), whose program this follows; Chen and Cherry, "A systematic comparison of
/// smoothing techniques for sentence-level BLEU" (2014).
struct Bleu: Sendable {
    enum Smoothing: String, CaseIterable, SettingChoice { case exp, floor, addK = "add-k", none }

    var tokenizer = BleuTokenizer.Kind.mteval
    var lowercase = false
    var smoothing = Smoothing.exp
    /// Of floor and add-k; nil takes their defaults, 0.1 and 1.
    var smoothingValue: Double?
    var order = 4
    var effectiveOrder = false

    /// What is counted of a text: its length, that of the closest reference, then matches and n-grams for each order.
    var columns: [String] {
        ["sys_len", "ref_len"] + (1...max(1, order)).map { "correct_\($0)" }
            + (1...max(1, order)).map { "total_\($0)" }
    }

    private var addend: Double { smoothingValue ?? (smoothing == .floor ? 0.1 : 1) }

    /// The score of counts, from 0 to 100.
    ///
    /// - Parameter effective: whether orders that no n-gram reaches are left out, as for single sentences.
    func score(_ counts: [Double], effective: Bool? = nil) -> Double {
        let (systemLength, referenceLength) = (counts[0], counts[1])
        var penalty = 1.0
        if systemLength < referenceLength {
            penalty = systemLength > 0 ? exp(1 - referenceLength / systemLength) : 0
        }
        var correct = Array(counts[2..<(2 + order)])
        var total = Array(counts[(2 + order)...])
        if correct.allSatisfy({ $0 == 0 }) { return 0 }
        var precisions = [Double](repeating: 0, count: order)
        var halved = 1.0
        var used = order
        for n in 0..<order {
            if smoothing == .addK, n > 0 {
                correct[n] += addend
                total[n] += addend
            }
            if total[n] == 0 { break }
            if effective ?? effectiveOrder { used = n + 1 }
            if correct[n] == 0 {
                if smoothing == .exp {
                    halved *= 2
                    precisions[n] = 100 / (halved * total[n])
                } else if smoothing == .floor {
                    precisions[n] = 100 * addend / total[n]
                }
            } else {
                precisions[n] = 100 * correct[n] / total[n]
            }
        }
        let sum = precisions[..<used].reduce(0) { $0 + ($1 == 0 ? -9_999_999_999 : log($1)) }
        return penalty * exp(sum / Double(used))
    }

    /// sacrebleu's signature.
    func signature(references: String) -> String {
        var smooth = smoothing.rawValue
        if smoothing == .floor || smoothing == .addK { smooth += "[\(addend.fixed(2))]" }
        return "nrefs:\(references)|case:\(lowercase ? "lc" : "mixed")|eff:\(effectiveOrder ? "yes" : "no")"
            + "|tok:\(tokenizer.rawValue)|smooth:\(smooth)|version:\(SacreBleu.version)"
    }
}

/// Counts pair after pair, keeping vocabulary and buffers. Used from one thread.
struct BleuCounter: PairCounter {
    private let bleu: Bleu
    private var tokenizer: BleuTokenizer
    private var overlap = NGramOverlap()
    /// For one reference, which is the usual case.
    private var occurrences = TokenOccurrences()
    private var prediction: [Int32] = []
    private var references: [[Int32]] = []
    private var matches: [Int] = []

    init(_ bleu: Bleu) {
        self.bleu = bleu
        tokenizer = BleuTokenizer(bleu.tokenizer, lowercase: bleu.lowercase)
    }

    mutating func count(_ text: String, _ targets: [String], into counts: inout [Double]) {
        tokenizer.tokenize(text, into: &prediction)
        while references.count < targets.count { references.append([]) }
        if references.count > targets.count { references.removeLast(references.count - targets.count) }
        for (place, target) in targets.enumerated() { tokenizer.tokenize(target, into: &references[place]) }
        let length = prediction.count
        // The closest length; of two as close the shorter.
        var closest = references.first?.count ?? 0
        for reference in references {
            let (own, best) = (abs(reference.count - length), abs(closest - length))
            if own < best || own == best && reference.count < closest { closest = reference.count }
        }
        countMatches()
        counts.append(Double(length))
        counts.append(Double(closest))
        for match in matches { counts.append(Double(match)) }
        for n in 1...max(1, bleu.order) { counts.append(Double(max(0, length - n + 1))) }
    }

    /// The n-grams of the prediction that a reference has, order by order.
    private mutating func countMatches() {
        if references.count == 1,
            occurrences.match(
                references[0], prediction, upTo: bleu.order, vocabularySize: tokenizer.vocabularySize,
                into: &matches)
        {
            return
        }
        matches = overlap.clipped(
            references, prediction, upTo: bleu.order, vocabularySize: tokenizer.vocabularySize)
    }
}
