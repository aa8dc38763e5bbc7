import Glibc
import LyceumKit

/// The pairs a retrieval teacher knows, indexed.
struct Background: Sendable {
    let inputs: [String]
    let targets: [String]
    let index: BM25Index
    /// The mean number of words of an input.
    let meanInputWords: Double
    /// Mean and standard deviation of the logarithm of a target's number of words.
    let targetLength: (mean: Double, deviation: Double)
    private let inputKeys: [UInt64]
    private let byInput: [UInt64: [Int]]
    private let byTarget: [UInt64: [Int]]

    /// Indexes pairs.
    ///
    /// - Parameters:
    ///   - pairs: what the teacher knows.
    ///   - isLabelled: whether the targets are class names, which say nothing about an input's words.
    ///   - job: progress and cancellation.
    init(pairs: [(input: String, target: String)], isLabelled: Bool, job: Job) throws {
        inputs = pairs.map(\.input)
        targets = pairs.map(\.target)
        index = try BM25Index(
            isLabelled ? inputs : pairs.map { "\($0.target)\n\($0.input)" }, job: job)
        var inputKeys: [UInt64] = []
        var byInput: [UInt64: [Int]] = [:]
        var byTarget: [UInt64: [Int]] = [:]
        var inputWords = 0.0
        var logarithms: [Double] = []
        for (number, pair) in pairs.enumerated() {
            if number % 512 == 0 { try job.checkCancelled() }
            let input = index.terms.known(in: pair.input)
            let target = index.terms.known(in: pair.target)
            inputKeys.append(Self.key(input))
            byInput[Self.key(input), default: []].append(number)
            byTarget[Self.key(target), default: []].append(number)
            inputWords += Double(input.count)
            logarithms.append(log(Double(max(1, target.count))))
        }
        let count = Double(max(1, pairs.count))
        let mean = logarithms.reduce(0, +) / count
        let variance = logarithms.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
        meanInputWords = max(1, inputWords / count)
        // Targets of one length must still leave candidates of nearly that length a chance.
        targetLength = (mean, max(0.3, variance.squareRoot()))
        self.inputKeys = inputKeys
        self.byInput = byInput
        self.byTarget = byTarget
    }

    /// The pairs with the same words in their input.
    func pairs(withInput text: String) -> Set<Int> {
        Set(byInput[Self.key(index.terms.known(in: text))] ?? [])
    }

    /// The pairs with the same words in their target, and those that share an input with one of them.
    func pairs(withTarget text: String) -> Set<Int> {
        let own = byTarget[Self.key(index.terms.known(in: text))] ?? []
        return Set(own + own.flatMap { byInput[inputKeys[$0]] ?? [] })
    }

    /// A number that two texts share if they have the same words in the same order.
    private static func key(_ words: [Int32]) -> UInt64 {
        words.reduce(FNV1a.basis) { hash, word in
            (hash ^ UInt64(UInt32(bitPattern: word))) &* SplitMix64.increment ^ (hash >> 31)
        }
    }
}
