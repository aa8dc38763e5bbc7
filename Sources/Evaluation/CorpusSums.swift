import Glibc
import LyceumKit

/// The counts of texts by number instead of name, so that sums over drawn texts are fast.
struct CorpusSums {
    private let names: [String]
    /// Text by text: which counts, and how much; empty where `table` has them.
    private let rows: [[(place: Int, amount: Double)]]
    private let table: CorpusFigure.Table?
    private let value: @Sendable ([String: Double]) -> Double
    /// How many texts there are.
    let count: Int

    /// - Parameter names: of all counts that occur, of this system and of those it is compared with.
    init(_ figure: CorpusFigure, names: [String]? = nil) {
        count = figure.count
        value = figure.value
        if let own = figure.table, names == nil || names == own.columns.sorted() {
            (self.names, table, rows) = (own.columns, own, [])
            return
        }
        table = nil
        let all = names ?? Self.names(of: [figure])
        let places = Dictionary(all.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        self.names = all
        rows = figure.counts.map { row in
            // In one order: sums of floating-point numbers depend on it.
            row.sorted { $0.key < $1.key }.compactMap { name, amount in places[name].map { ($0, amount) } }
        }
    }

    static func names(of figures: [CorpusFigure]) -> [String] {
        figures.reduce(into: Set<String>()) { all, figure in
            if let table = figure.table {
                all.formUnion(table.columns)
            } else {
                for row in figure.counts { all.formUnion(row.keys) }
            }
        }.sorted()
    }

    var empty: [Double] { [Double](repeating: 0, count: names.count) }

    func add(_ row: Int, to sum: inout [Double]) {
        if let table {
            let width = sum.count
            let start = row * width
            table.rows.withUnsafeBufferPointer { amounts in
                for place in 0..<width { sum[place] += amounts[start + place] }
            }
        } else {
            for (place, amount) in rows[row] { sum[place] += amount }
        }
    }

    /// The figure of a sum of counts.
    func figure(of sum: [Double]) -> Double {
        table?.value(sum) ?? value(Dictionary(zip(names, sum), uniquingKeysWith: { first, _ in first }))
    }

    /// The figure of all texts.
    var total: Double {
        var sum = empty
        for row in 0..<count { add(row, to: &sum) }
        return figure(of: sum)
    }

    /// The bootstrap interval of the figure; nil where no sample has one.
    func interval(_ resampling: Resampling, job: Job) throws -> ClosedRange<Double>? {
        var generator = SeededGenerator(seed: resampling.seed)
        var values: [Double] = []
        for _ in 0..<resampling.resamples {
            try job.checkCancelled()
            var sum = empty
            for _ in 0..<count { add(generator.index(below: count), to: &sum) }
            let value = figure(of: sum)
            if value.isFinite { values.append(value) }
        }
        if values.isEmpty { return nil }
        values.sort()
        let tail = (1 - resampling.confidence) / 2
        let low = Bootstrap.quantile(tail, ofSorted: values)
        return low...max(low, Bootstrap.quantile(1 - tail, ofSorted: values))
    }
}

extension PairedTest {
    /// Compares a figure of all texts together of two systems.
    ///
    /// - Parameters:
    ///   - a: the first system's.
    ///   - b: the second's, of the same texts in the same order.
    /// - Returns: the difference; NaN where one of the figures is undefined.
    /// - Throws: as for lists of scores.
    public static func compare(
        _ a: CorpusFigure, _ b: CorpusFigure, resampling: Resampling = Resampling(),
        job: Job = .silent("comparing")
    ) throws -> PairedDifference {
        guard a.count == b.count, (1...1_000_000).contains(resampling.resamples),
            resampling.confidence > 0, resampling.confidence < 1
        else {
            throw LyceumError.invalid(
                "paired test",
                expected: "as many texts of both, 1 to 1000000 resamples, a confidence between 0 and 1",
                got:
                    "\(a.count) and \(b.count) texts, \(resampling.resamples) resamples, \(resampling.confidence)",
                remedy: nil)
        }
        if a.count == 0 { throw LyceumError.empty("the list of scores", remedy: nil) }
        let names = CorpusSums.names(of: [a, b])
        let systems = (CorpusSums(a, names: names), CorpusSums(b, names: names))
        let difference = systems.0.total - systems.1.total
        let tolerance = 1e-12 * max(1, abs(difference))
        var generator = SeededGenerator(seed: resampling.seed)
        var resampled: [Double] = []
        var farther = 0
        for _ in 0..<resampling.resamples {
            try job.checkCancelled()
            var sums = (systems.0.empty, systems.1.empty)
            for _ in 0..<systems.0.count {
                let row = generator.index(below: systems.0.count)
                systems.0.add(row, to: &sums.0)
                systems.1.add(row, to: &sums.1)
            }
            let drawn = systems.0.figure(of: sums.0) - systems.1.figure(of: sums.1)
            guard drawn.isFinite else { continue }
            resampled.append(drawn)
            if abs(drawn - difference) >= abs(difference) - tolerance { farther += 1 }
        }
        var larger = 0
        for _ in 0..<resampling.resamples {
            try job.checkCancelled()
            var sums = (systems.0.empty, systems.1.empty)
            var bits: UInt64 = 0
            for row in 0..<systems.0.count {
                if row & 63 == 0 { bits = generator.next() }
                if bits & 1 == 0 {
                    systems.0.add(row, to: &sums.0)
                    systems.1.add(row, to: &sums.1)
                } else {
                    systems.0.add(row, to: &sums.1)
                    systems.1.add(row, to: &sums.0)
                }
                bits >>= 1
            }
            let swapped = systems.0.figure(of: sums.0) - systems.1.figure(of: sums.1)
            if swapped.isFinite, abs(swapped) >= abs(difference) - tolerance { larger += 1 }
        }
        resampled.sort()
        let tail = (1 - resampling.confidence) / 2
        let low = resampled.isEmpty ? difference : Bootstrap.quantile(tail, ofSorted: resampled)
        let high = resampled.isEmpty ? difference : Bootstrap.quantile(1 - tail, ofSorted: resampled)
        let isKnown = difference.isFinite
        return PairedDifference(
            difference: difference, interval: isKnown ? low...max(low, high) : 0...0,
            bootstrapP: isKnown ? Double(farther + 1) / Double(resampled.count + 1) : 1,
            randomizationP: isKnown ? Double(larger + 1) / Double(resampling.resamples + 1) : 1)
    }

    /// The two-sided p value of McNemar's exact test: of the texts that one system has right and the other wrong,
    /// as many should go either way.
    ///
    /// Source: McNemar, "Note on the sampling error of the difference between correlated proportions or percentages"
    /// (1947); exact by the binomial distribution.
    ///
    /// - Parameters:
    ///   - a: the first system's values, 1 for right, 0 for wrong.
    ///   - b: the second's, text by text.
    /// - Returns: nil if a value is neither 0 nor 1, or the lists differ in length.
    public static func mcNemar(_ a: [Double], _ b: [Double]) -> Double? {
        guard a.count == b.count, (a + b).allSatisfy({ $0 == 0 || $0 == 1 }) else { return nil }
        let first = zip(a, b).count { $0 > $1 }
        let second = zip(a, b).count { $0 < $1 }
        let trials = first + second
        if trials == 0 { return 1 }
        // The sum of the binomial probabilities up to the smaller count; logarithms, because 2^trials overflows.
        var logProbability = -Double(trials) * 0.693_147_180_559_945_3
        var sum = 0.0
        for hits in 0...min(first, second) {
            if hits > 0 { logProbability += log(Double(trials - hits + 1) / Double(hits)) }
            sum += exp(logProbability)
        }
        return min(1, 2 * sum)
    }
}
