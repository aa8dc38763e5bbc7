import LyceumKit

/// The texts that a vocabulary is learned from: those of a random part of the pairs.
final class VocabularyTexts: Sequence {
    /// More text changes the vocabulary little and costs minutes.
    private static let mostPairs = 8000

    private let examples: ExampleSource
    private let prefix: String
    private let includesTargets: Bool
    private let order: [Int]
    private var failure: (any Error)?

    /// Reads inputs, and targets where those are texts, too.
    ///
    /// - Parameter prefix: put before every input.
    init(_ examples: ExampleSource, prefix: String = "", includesTargets: Bool) {
        self.examples = examples
        self.prefix = prefix
        self.includesTargets = includesTargets
        // A seed of its own: students that differ only in their training seed share a vocabulary.
        var generator = SeededGenerator(seed: 0)
        order = Array(generator.permutation(examples.count).prefix(Self.mostPairs))
    }

    func makeIterator() -> AnyIterator<String> {
        var position = 0
        var target: String?
        return AnyIterator {
            if let text = target {
                target = nil
                return text
            }
            guard position < self.order.count, self.failure == nil else { return nil }
            do {
                let pair = try self.examples.example(at: self.order[position])
                position += 1
                if self.includesTargets { target = pair.target }
                return self.prefix + pair.input
            } catch {
                self.failure = error
                return nil
            }
        }
    }

    /// Throws what reading the pairs threw: a sequence cannot.
    func rethrow() throws { if let failure { throw failure } }
}
