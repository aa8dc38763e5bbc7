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
            var row: [Cell] = []
            counts.ends.reserveCapacity(piece.count)
            let size = piece.reduce(0) { $0 + texts[$1].utf8.count + 1 }
            var done = 0
            for i in piece {
                if i & 63 == 0 { try job.checkCancelled() }
                try analyzer.analyze(texts[i], into: &text)
                done += texts[i].utf8.count + 1
                counts.add(text, &numbers, &tallies, &row, share: Double(done) / Double(size))
            }
            counts.documents = tallies.map(\.documents)
            return counts
        }
    }

    /// What is known of a term while texts are counted.
    private struct Tally {
        /// Texts that hold it.
        var documents: UInt32 = 0
        /// Its place in the row of the last text that held it: of the current text, if it stands there.
        var place: UInt32 = 0
    }

    /// Counts a text.
    ///
    /// - Parameters:
    ///   - row: is written over, as are `numbers`.
    ///   - share: which part of all bytes are done with this text, 0…1.
    private mutating func add(
        _ text: AnalyzedText, _ numbers: inout [UInt32], _ tallies: inout [Tally], _ row: inout [Cell],
        share: Double
    ) {
        text.bytes.withUnsafeBufferPointer { buffer in
            guard let bytes = buffer.baseAddress else { return }
            table.insert(text.terms, in: bytes, &numbers)
        }
        if tallies.count < table.count {
            tallies.append(contentsOf: repeatElement(Tally(), count: table.count - tallies.count))
        }
        if row.count < numbers.count {
            let more = numbers.count - row.count
            row.append(contentsOf: repeatElement(Cell(number: 0, count: 0), count: more))
        }
        let count = tallies.withUnsafeMutableBufferPointer { tallies in
            row.withUnsafeMutableBufferPointer { row in
                var count = 0
                for number in numbers {
                    let place = Int(tallies[Int(number)].place)
                    if place < count, row[place].number == number {
                        row[place].count &+= 1
                    } else {
                        row[count] = Cell(number: number, count: 1)
                        tallies[Int(number)].place = UInt32(truncatingIfNeeded: count)
                        tallies[Int(number)].documents &+= 1
                        count += 1
                    }
                }
                return count
            }
        }
        makeRoom(for: count, share: share)
        row.withUnsafeBufferPointer { cells.append(contentsOf: UnsafeBufferPointer(rebasing: $0[..<count])) }
        ends.append(cells.count)
    }

    /// Makes room for as many cells as all texts will have if the rest is like what is done: doubling would touch,
    /// and copy, twice the memory.
    private mutating func makeRoom(for more: Int, share: Double) {
        let needed = cells.count + more
        guard needed > cells.capacity else { return }
        // Of the first texts nothing can be concluded yet.
        let first = 1 << 14
        let expected = cells.count < first / 2 ? Double(first) : Double(needed) / share * 1.0625
        cells.reserveCapacity(max(needed, Int(expected)))
    }
}

extension Array where Element == TermCounts.Cell {
    /// Sorts by number: counting sort, digit after digit, which beats comparing from a few dozen cells on.
    ///
    /// - Parameters:
    ///   - numbers: more than any number.
    ///   - spare: is written over.
    mutating func sortByNumber(below numbers: Int, spare: inout [Element]) {
        if count < 48 { return sortByInsertion() }
        var bits = 1
        while numbers > 1 << bits { bits += 1 }
        // As few passes as possible: each of up to 2,048 buckets, which the first-level cache holds.
        let passes = (bits + 10) / 11
        let width = (bits + passes - 1) / passes
        if spare.count < count {
            spare.append(contentsOf: repeatElement(Element(number: 0, count: 0), count: count - spare.count))
        } else {
            spare.removeLast(spare.count - count)
        }
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 1 << width) { places in
            for pass in 0..<passes {
                withUnsafeBufferPointer { source in
                    spare.withUnsafeMutableBufferPointer { target in
                        Self.sort(source, to: target, by: UInt32(pass * width), places)
                    }
                }
                swap(&self, &spare)
            }
        }
    }

    /// One pass: by as many bits from `shift` on as there are places for.
    private static func sort(
        _ source: UnsafeBufferPointer<Element>, to target: UnsafeMutableBufferPointer<Element>,
        by shift: UInt32, _ places: UnsafeMutableBufferPointer<UInt32>
    ) {
        let mask = UInt32(truncatingIfNeeded: places.count - 1)
        places.initialize(repeating: 0)
        for cell in source { places[Int(cell.number &>> shift & mask)] &+= 1 }
        var sum: UInt32 = 0
        for digit in places.indices { (places[digit], sum) = (sum, sum &+ places[digit]) }
        for cell in source {
            let digit = Int(cell.number &>> shift & mask)
            target[Int(places[digit])] = cell
            places[digit] &+= 1
        }
    }

    /// Gives each cell the number that stands at its own in `numbers`; those that get `dropped` are left out.
    mutating func renumber(_ numbers: [UInt32], without dropped: UInt32) {
        let kept = numbers.withUnsafeBufferPointer { numbers in
            withUnsafeMutableBufferPointer { cells in
                var kept = 0
                for cell in cells {
                    let number = numbers[Int(cell.number)]
                    cells[kept] = Element(number: number, count: cell.count)
                    kept += number == dropped ? 0 : 1
                }
                return kept
            }
        }
        removeLast(count - kept)
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
