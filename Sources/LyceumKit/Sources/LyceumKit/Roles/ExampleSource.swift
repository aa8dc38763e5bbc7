/// One training pair.
public struct Example: Sendable, Hashable {
    /// What the student reads.
    public let input: String
    /// What it should write, or the class it should name.
    public let target: String

    /// Makes a pair.
    public init(input: String, target: String) {
        self.input = input
        self.target = target
    }
}

/// Scores written texts against the wanted ones: figures by name ("rouge1"), the larger the better.
///
/// Students measure themselves with it in training. It comes from whoever calls them, because metrics belong to
/// the program and not to its plugins.
public typealias TextScorer =
    @Sendable (_ predictions: [String], _ references: [String]) throws -> [String: Double]

/// Training pairs by index, read when they are needed: a dataset stays where it is.
public struct ExampleSource: Sendable {
    /// How many pairs there are.
    public let count: Int
    /// Identifies the content, for the record of a run; empty if unknown.
    public let fingerprint: String
    /// How texts written for these inputs are scored against the targets; nil if nobody said.
    public var scorer: TextScorer?
    private let read: @Sendable (Int) throws -> Example

    /// Wraps a way to read pairs.
    ///
    /// - Parameters:
    ///   - count: how many there are.
    ///   - fingerprint: identifies the content.
    ///   - read: gives pair `i` of `0..<count`; called from one thread at a time.
    public init(count: Int, fingerprint: String = "", read: @escaping @Sendable (Int) throws -> Example) {
        self.count = max(count, 0)
        self.fingerprint = fingerprint
        self.read = read
    }

    /// Wraps pairs that are in memory.
    public init(_ examples: [Example]) {
        self.init(count: examples.count) { examples[$0] }
    }

    /// Pair `index`, counted from 0.
    ///
    /// - Throws: `LyceumError.invalid` outside `0..<count`, or what the source throws.
    public func example(at index: Int) throws -> Example {
        guard index >= 0, index < count else {
            throw LyceumError.invalid(
                "example index", expected: "0..<\(count)", got: String(index), remedy: nil)
        }
        return try read(index)
    }
}
