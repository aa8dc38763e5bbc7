/// A text that a search wrote.
struct WrittenText: Equatable {
    /// Its tokens, the end excluded.
    var tokens: [Int] = []
    /// Whether it ended by an end token, and not because it was as long as allowed.
    var isEnded = false
}

/// The search for the texts of one source: which tokens its hypotheses read next, and what becomes of the scores.
///
/// Searches of different kinds and options can be rows of one batch; none knows of the others.
protocol TextSearch {
    /// The token that each hypothesis reads next.
    var next: [Int] { get }
    /// Which of the hypotheses before the last step each one continues; nil if each continues itself.
    var parents: [Int]? { get }
    /// Whether its texts are final.
    var isDone: Bool { get }
    /// The texts, the best first; final once the search is done.
    var texts: [WrittenText] { get }

    /// The tokens that it expects to write next, if it has reason to; only of searches with one hypothesis.
    var draft: [Int] { get }

    /// Takes the scores of what may follow each hypothesis, which it may change.
    mutating func advance(_ scores: ScoreRows)
    /// Takes the scores of what may follow the last token and each token of a draft.
    ///
    /// - Returns: how many of these tokens are part of the text: 1 if the draft was wrong from the start.
    mutating func advance(_ scores: ScoreRows, draft: [Int]) -> Int
}

extension TextSearch {
    /// It expects nothing.
    var draft: [Int] { [] }

    /// The draft is not looked at.
    mutating func advance(_ scores: ScoreRows, draft: [Int]) -> Int {
        advance(scores.rows(0..<1))
        return 1
    }

    /// Whether a hypothesis continues another than itself.
    var movesRows: Bool { parents.map { !$0.elementsEqual($0.indices) } ?? false }
}

/// Scores of the next token, float32 in main memory, valid while they are looked at: a row for each hypothesis.
struct ScoreRows {
    /// [rows, width], row by row.
    let all: UnsafeMutableBufferPointer<Float>
    /// Tokens that can follow: those of the vocabulary, and the source's own.
    let width: Int

    /// How many rows there are.
    var count: Int { width > 0 ? all.count / width : 0 }

    /// One row.
    subscript(row: Int) -> UnsafeMutableBufferPointer<Float> { rows(row..<row + 1).all }

    /// Some rows.
    func rows(_ range: Range<Int>) -> ScoreRows {
        ScoreRows(
            all: UnsafeMutableBufferPointer(
                rebasing: all[range.lowerBound * width..<range.upperBound * width]),
            width: width)
    }
}
