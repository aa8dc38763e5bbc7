import LyceumKit
import LyceumText

/// How often each term occurs in each of some texts; terms are numbered in the order in which they appear.
struct TermCounts: Sendable {
    /// The terms.
    var table = TermTable()
    /// Where each text ends in `numbers` and `counts`.
    var ends: [Int] = []
    /// The terms of each text, each once, in the order in which they appear.
    var numbers: [UInt32] = []
    /// How often each occurs in its text.
    var counts: [UInt32] = []

    /// Counts the terms of texts, in as many pieces as there are threads.
    ///
    /// - Returns: the counts of consecutive texts, each piece with a table of its own.
    /// - Throws: `LyceumError.cancelled`, or as `TextAnalyzer.analyze`.
    static func count(_ texts: [String], _ analyzer: TextAnalyzer, threads: Int, job: Job) throws
        -> [TermCounts]
    {
        try Parallel.map(texts.pieces(threads), job: job) { piece in
            var counts = TermCounts()
            var text = AnalyzedText()
            // How often a term has occurred in the current text.
            var current: [UInt32] = []
            for i in piece {
                if i & 63 == 0 { try job.checkCancelled() }
                try analyzer.analyze(texts[i], into: &text)
                counts.add(text, &current)
            }
            return counts
        }
    }

    private mutating func add(_ text: AnalyzedText, _ current: inout [UInt32]) {
        let first = numbers.count
        text.bytes.withUnsafeBufferPointer { buffer in
            guard let bytes = buffer.baseAddress else { return }
            for term in text.terms {
                let (start, length) = (bytes + Int(term.start), Int(term.length))
                let number = table.insert(start, length, hash: TermTable.hash(start, length))
                if number == current.count { current.append(0) }
                if current[number] == 0 { numbers.append(UInt32(truncatingIfNeeded: number)) }
                current[number] &+= 1
            }
        }
        for number in numbers[first...] {
            counts.append(current[Int(number)])
            current[Int(number)] = 0
        }
        ends.append(numbers.count)
    }
}

extension Array where Element == String {
    /// Consecutive pieces of about equally many bytes, at most `count` of them; none is empty.
    func pieces(_ count: Int) -> [Range<Int>] {
        guard count > 1, self.count > 1 else { return isEmpty ? [] : [0..<self.count] }
        let total = reduce(0) { $0 + $1.utf8.count + 1 }
        var pieces: [Range<Int>] = []
        var (start, bytes) = (0, 0)
        for i in indices {
            bytes += self[i].utf8.count + 1
            if bytes >= total * (pieces.count + 1) / count {
                pieces.append(start..<(i + 1))
                start = i + 1
            }
        }
        return pieces
    }
}
