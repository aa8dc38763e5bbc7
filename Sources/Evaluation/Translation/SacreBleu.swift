import LyceumKit
import LyceumText
import Synchronization

/// What the metrics of sacrebleu have in common.
enum SacreBleu {
    /// Of the release whose figures these are; part of every signature.
    static let version = "2.6.0"

    /// How many references the texts have, as signatures say it.
    static func referenceCount(_ references: [[String]]) -> String {
        guard let first = references.first?.count else { return "0" }
        return references.allSatisfy { $0.count == first } ? "\(first)" : "var"
    }

    /// Counts every text, on all cores: text after text, a number for each column.
    static func counts(
        _ input: MetricInput, columns: Int, of metric: String,
        _ make: @escaping @Sendable () -> some PairCounter
    ) throws -> [Double] {
        try requireReferences(input, of: metric)
        let (predictions, references) = (input.predictions, input.references)
        let job = input.job
        let done = Atomic<Int>(0)
        // A counter knows the words that it has seen: few of them serve all pieces.
        let counters = CounterShelf(make)
        let counts = try input.numbers { share in
            let total = share.count
            return try Parallel.map(share.pieces(of: 64), job: job) { rows -> [Double] in
                var counter = counters.take()
                defer { counters.put(counter) }
                var counts: [Double] = []
                counts.reserveCapacity(rows.count * columns)
                for row in rows {
                    try job.checkCancelled()
                    counter.count(predictions[row], references[row], into: &counts)
                }
                let now = done.add(rows.count, ordering: .relaxed).newValue
                job.update(done: now, of: total, unit: "pairs")
                return counts
            }.flatMap(\.self)
        }
        job.finish(done: predictions.count, of: predictions.count, unit: "pairs")
        return counts
    }

    static func requireReferences(_ input: MetricInput, of metric: String) throws {
        guard let row = input.references.firstIndex(where: \.isEmpty) else { return }
        throw LyceumError.invalid(
            "metrics.\(metric), row \(row + 1)", expected: "at least one reference", got: "none",
            remedy: "drop such rows with :filter")
    }
}

/// Counts what a metric needs of one text after the other.
protocol PairCounter: Sendable {
    /// Appends the counts of a text, a number for each column of the metric.
    mutating func count(_ text: String, _ references: [String], into counts: inout [Double])
}

/// Counters that no thread uses right now.
private final class CounterShelf<Counter: PairCounter>: Sendable {
    private let idle = Mutex<[Counter]>([])
    private let make: @Sendable () -> Counter

    init(_ make: @escaping @Sendable () -> Counter) { self.make = make }

    func take() -> Counter { idle.withLock { $0.popLast() } ?? make() }

    func put(_ counter: Counter) { idle.withLock { $0.append(counter) } }
}
