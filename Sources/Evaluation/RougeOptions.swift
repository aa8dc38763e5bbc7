import LyceumKit

/// One of the ROUGE measures.
public enum RougeKind: Sendable, Hashable {
    /// Overlap of runs of n tokens, n from 1 to 9.
    case n(Int)
    /// Longest common subsequence of all tokens, line breaks ignored.
    case l
    /// Union of the longest common subsequences of the lines: what papers call ROUGE-L of a summary.
    case lsum

    /// The measure that rouge_score calls so: "rouge1" … "rouge9", "rougeL", "rougeLsum".
    ///
    /// - Throws: `LyceumError.unknownName`.
    public init(_ name: String) throws {
        guard let kind = Self.all.first(where: { $0.name == name }) else {
            throw LyceumError.unknownName(
                kind: "ROUGE measure", name: name, known: Self.all.map(\.name), remedy: nil)
        }
        self = kind
    }

    /// Every measure there is.
    public static let all: [RougeKind] = (1...9).map(RougeKind.n) + [.l, .lsum]
    /// What papers report.
    public static let usual: [RougeKind] = [.n(1), .n(2), .l, .lsum]

    /// The name as rouge_score writes it: "rougeLsum".
    public var name: String {
        switch self {
        case .n(let n): return "rouge\(n)"
        case .l: return "rougeL"
        case .lsum: return "rougeLsum"
        }
    }

    /// The name as papers write it: "ROUGE-Lsum".
    public var title: String { "ROUGE-" + name.dropFirst("rouge".count) }
}

/// How ROUGE is computed.
public struct RougeOptions: Sendable, Hashable {
    /// Where ROUGE-Lsum splits a text into sentences.
    public enum Split: String, SettingChoice, Hashable {
        /// At line breaks, as rouge_score does.
        case newline
        /// By `Sentences.split`, for texts that lost their line breaks.
        case rules
    }

    /// What a token is.
    public enum Tokenization: String, SettingChoice, Hashable {
        /// Runs of a–z and 0–9 in lower case, as rouge_score has it: all other letters separate.
        case google
        /// `Words`: runs of letters, marks and digits of any script in lower case; where no spaces are written, each
        /// character. Elsewhere, too, a word is this.
        /// For English it gives the same tokens.
        case unicode
    }

    /// The measures, in the order in which they are reported.
    public let kinds: [RougeKind]
    /// Whether words of more than three letters are stemmed.
    public let stemmer: Bool
    /// Where ROUGE-Lsum splits.
    public let split: Split
    /// What a token is.
    public let tokenizer: Tokenization
    /// The share of the bootstrap distribution that an interval holds, between 0 and 1.
    public let confidence: Double
    /// How many bootstrap samples are drawn.
    public let resamples: Int
    /// Decides the bootstrap samples.
    public let seed: Int

    /// What papers report, without the stemmer, 95 % intervals of 1,000 samples.
    public static let standard = RougeOptions(
        kinds: RougeKind.usual, stemmer: false, split: .newline, tokenizer: .google, confidence: 0.95,
        resamples: 1000, seed: 0, checked: ())

    /// Checks and keeps options.
    ///
    /// - Throws: `LyceumError.badOption`.
    public init(
        kinds: [RougeKind] = RougeKind.usual, stemmer: Bool = false, split: Split = .newline,
        tokenizer: Tokenization = .google, confidence: Double = 0.95, resamples: Int = 1000, seed: Int = 0
    ) throws {
        func refuse(_ option: String, _ expected: String, _ got: String) -> LyceumError {
            .badOption(function: "metrics.rouge", option: option, expected: expected, got: got)
        }
        if kinds.isEmpty { throw refuse("types", "at least one measure", "none") }
        if let unknown = kinds.first(where: { !RougeKind.all.contains($0) }) {
            throw refuse("types", "rouge1 to rouge9, rougeL, rougeLsum", unknown.name)
        }
        if !(confidence > 0 && confidence < 1) {
            throw refuse("confidence", "a number between 0 and 1", String(confidence))
        }
        if !(1...1_000_000).contains(resamples) {
            throw refuse("resamples", "a whole number from 1 to 1000000", String(resamples))
        }
        var seen: Set<RougeKind> = []
        self.init(
            kinds: kinds.filter { seen.insert($0).inserted }, stemmer: stemmer, split: split,
            tokenizer: tokenizer, confidence: confidence, resamples: resamples, seed: seed, checked: ())
    }

    private init(
        kinds: [RougeKind], stemmer: Bool, split: Split, tokenizer: Tokenization, confidence: Double,
        resamples: Int, seed: Int, checked: Void
    ) {
        self.kinds = kinds
        self.stemmer = stemmer
        self.split = split
        self.tokenizer = tokenizer
        self.confidence = confidence
        self.resamples = resamples
        self.seed = seed
    }
}
