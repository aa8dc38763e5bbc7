import LyceumKit
import LyceumText

/// How often each term occurs in each of some texts; terms are numbered in the order in which they appear.
struct TermCounts: Sendable {
    /// The terms.
    var table = TermTable()
    /// How many texts hold each term.
    var documents: [UInt32] = []
    /// Where each text ends in `cells`.
    var ends: [Int] = []
    /// The terms of each text, each once.
    var cells: [Cell] = []

    /// A term or a column, and how often it occurs in a text; packed, since there are many.
    struct Cell: Sendable, Equatable {
        /// The number of the term or of the column.
        var number: UInt32
        /// How often it occurs.
        var count: UInt32
    }

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
            var numbers: [UInt32] = []
            var tallies: [Tally] = []
            counts.ends.reserveCapacity(piece.count)
            for i in piece {
                if i & 63 == 0 { try job.checkCancelled() }
                try analyzer.analyze(texts[i], into: &text)
                counts.add(text, &numbers, &tallies)
            }
            counts.documents = tallies.map(\.documents)
            return counts
        }
    }

    /// What is known of a term while texts are counted.
    private struct Tally {
        /// Texts that hold it.
        var documents: UInt32 = 0
        /// How often the current text does.
        var current: UInt32 = 0
    }

    private mutating func add(_ text: AnalyzedText, _ numbers: inout [UInt32], _ tallies: inout [Tally]) {
        text.bytes.withUnsafeBufferPointer { buffer in
            guard let bytes = buffer.baseAddress else { return }
            table.insert(text.terms, in: bytes, &numbers)
        }
        if tallies.count < table.count {
            tallies.append(contentsOf: repeatElement(Tally(), count: table.count - tallies.count))
        }
        let first = cells.count
        tallies.withUnsafeMutableBufferPointer { tallies in
            for number in numbers {
                let i = Int(number)
                tallies[i].current &+= 1
                if tallies[i].current == 1 { cells.append(Cell(number: number, count: 0)) }
            }
            cells.withUnsafeMutableBufferPointer { cells in
                for place in first..<cells.count {
                    let i = Int(cells[place].number)
                    cells[place].count = tallies[i].current
                    tallies[i] = Tally(documents: tallies[i].documents &+ 1)
                }
            }
        }
        ends.append(cells.count)
    }
}

extension Array where Element == TermCounts.Cell {
    /// Sorts by number: counting sort, byte after byte, which beats comparing from a few dozen cells on.
    ///
    /// - Parameters:
    ///   - numbers: more than any number.
    ///   - spare: is written over.
    mutating func sortByNumber(below numbers: Int, spare: inout [Element]) {
        if count < 48 { return sortByInsertion() }
        var bits = 0
        while numbers > 1 << bits { bits += 1 }
        spare.removeAll(keepingCapacity: true)
        spare.append(contentsOf: self)
        for shift in stride(from: UInt32(0), to: UInt32(bits), by: 8) {
            withUnsafeBufferPointer { source in
                spare.withUnsafeMutableBufferPointer { target in
                    withUnsafeTemporaryAllocation(of: Int.self, capacity: 257) { places in
                        places.initialize(repeating: 0)
                        for cell in source { places[Int(cell.number >> shift & 0xFF) + 1] += 1 }
                        for digit in 1..<256 { places[digit] += places[digit - 1] }
                        for cell in source {
                            let digit = Int(cell.number >> shift & 0xFF)
                            target[places[digit]] = cell
                            places[digit] += 1
                        }
                    }
                }
            }
            swap(&self, &spare)
        }
    }

    private mutating func sortByInsertion() {
        withUnsafeMutableBufferPointer { cells in
            for i in cells.indices {
                let cell = cells[i]
                var place = i
                while place > 0, cells[place - 1].number > cell.number {
                    cells[place] = cells[place - 1]
                    place -= 1
                }
                cells[place] = cell
            }
        }
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
