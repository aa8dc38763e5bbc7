import Corpus
import Lab
import LyceumKit

/// Pairs of answers that a person judges blind: which stands left is drawn by chance, and what wrote it is not shown.
///
/// Each verdict is kept in the lab as it is given, under what was judged: the same texts are not asked about again.
public final class Ballot {
    /// Two answers to one task.
    public struct Pair: Sendable {
        /// The task.
        public let task: String
        /// What the systems answered, in their order.
        public let answers: [String]
        /// Which systems they are of.
        public let systems: [String]

        /// Describes a pair.
        public init(task: String, first: (name: String, text: String), second: (name: String, text: String)) {
            self.task = task
            answers = [first.text, second.text]
            systems = [first.name, second.name]
        }

        /// Names the pair whichever system comes first, so that a later vote finds it.
        public var key: String {
            let texts = answers.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
            return Vote.key(task: task, texts: texts)
        }

        /// Whether the first system's text is the first in the order of the key.
        var isInOrder: Bool { !Array(answers[1].utf8).lexicographicallyPrecedes(Array(answers[0].utf8)) }
    }

    /// The pairs.
    public let pairs: [Pair]
    /// Who judges.
    public let voter: String
    /// The verdicts so far, on the systems in their order; nil for none.
    public private(set) var verdicts: [PairVerdict.Choice?]
    private let isSwapped: [Bool]
    private let order: [Int]
    private let session: WorkSession

    /// Prepares a vote; what this voter has judged before is known.
    ///
    /// - Parameter seed: decides the order of the pairs and what stands left.
    public init(_ pairs: [Pair], voter: String, seed: Int, in session: WorkSession) throws {
        if pairs.isEmpty { throw LyceumError.empty("the list of pairs", remedy: "there is nothing to judge") }
        self.pairs = pairs
        self.voter = voter
        self.session = session
        var generator = SeededGenerator(seed: seed)
        order = generator.permutation(pairs.count)
        isSwapped = pairs.map { _ in generator.index(below: 2) == 1 }
        let known = session.lab.attempt { try $0.votes(by: voter) } ?? [:]
        verdicts = pairs.map { pair in
            // Equal answers are a tie that nobody needs to be asked about.
            if pair.answers[0] == pair.answers[1] { return .tie }
            return known[pair.key].flatMap { Self.choice($0, isInOrder: pair.isInOrder) }
        }
    }

    private static func choice(_ kept: String, isInOrder: Bool) -> PairVerdict.Choice? {
        PairVerdict.Choice(rawValue: kept).map { isInOrder ? $0 : $0.turned }
    }

    /// The pairs that are left, in the order in which they are shown.
    public var open: [Int] { order.filter { verdicts[$0] == nil } }

    /// The texts of a pair as they are shown: left, right.
    public func shown(_ pair: Int) -> (left: String, right: String) {
        let answers = pairs[pair].answers
        return isSwapped[pair] ? (answers[1], answers[0]) : (answers[0], answers[1])
    }

    /// Keeps a verdict on a pair as it was shown.
    ///
    /// - Parameter choice: `first` for what stood left.
    public func vote(_ pair: Int, _ choice: PairVerdict.Choice) {
        let own = isSwapped[pair] ? choice.turned : choice
        verdicts[pair] = own
        let kept = pairs[pair].isInOrder ? own : own.turned
        let vote = Vote(
            key: pairs[pair].key, voter: voter, verdict: kept.rawValue, systems: pairs[pair].systems)
        session.lab.attempt { try $0.keep(vote) }
    }

    /// Takes a verdict back.
    public func takeBack(_ pair: Int) {
        verdicts[pair] = nil
        session.lab.attempt { try $0.removeVote(key: pairs[pair].key, voter: voter) }
    }

    /// Every pair with its verdict: columns task, first, second, verdict (the name of the system, or "tie"; nil if open).
    public var dataset: Dataset {
        Dataset(
            records: pairs.indices.map { place in
                let pair = pairs[place]
                let verdict: Value =
                    switch verdicts[place] {
                    case .first?: .string(pair.systems[0])
                    case .second?: .string(pair.systems[1])
                    case .tie?: "tie"
                    case nil: .null
                    }
                return [
                    "task": .string(pair.task), "first": .string(pair.answers[0]),
                    "second": .string(pair.answers[1]),
                    "first_system": .string(pair.systems[0]), "second_system": .string(pair.systems[1]),
                    "verdict": verdict,
                ]
            }, columns: ["task", "first_system", "first", "second_system", "second", "verdict"])
    }

    /// The votes in a line.
    public var summary: String {
        let names = pairs.first?.systems ?? []
        var counts: [String] = []
        for (place, name) in Set(pairs.flatMap(\.systems)).sorted().enumerated() where place < 10 {
            let won = pairs.indices.count { pair in
                verdicts[pair] == .first && pairs[pair].systems[0] == name
                    || verdicts[pair] == .second && pairs[pair].systems[1] == name
            }
            counts.append("\(name) \(won)")
        }
        let ties = verdicts.count { $0 == .tie }
        return names.isEmpty
            ? ""
            : "\(pairs.count - open.count) of \(pairs.count) judged: \(counts.joined(separator: ", ")), tie \(ties)"
    }
}
