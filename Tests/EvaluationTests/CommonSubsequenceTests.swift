import LyceumKit
import Testing

@testable import Evaluation

@Suite struct CommonSubsequenceTests {
    /// The textbook table and the backtracking of rouge_score.
    private func reference(_ rows: [Int32], _ columns: [Int32]) -> (length: Int, marked: [Bool]) {
        var t = [[Int]](repeating: [Int](repeating: 0, count: columns.count + 1), count: rows.count + 1)
        for i in 0..<rows.count {
            for j in 0..<columns.count {
                t[i + 1][j + 1] = rows[i] == columns[j] ? t[i][j] + 1 : max(t[i][j + 1], t[i + 1][j])
            }
        }
        var marked = [Bool](repeating: false, count: rows.count)
        var (i, j) = (rows.count, columns.count)
        while i > 0, j > 0 {
            if rows[i - 1] == columns[j - 1] {
                marked[i - 1] = true
                (i, j) = (i - 1, j - 1)
            } else if t[i][j - 1] > t[i - 1][j] {
                j -= 1
            } else {
                i -= 1
            }
        }
        return (t[rows.count][columns.count], marked)
    }

    @Test func equalsTheTable() throws {
        var generator = SeededGenerator(seed: 5)
        var subsequence = CommonSubsequence()
        // Lengths around the strips of 64; few different tokens make ties and long carries.
        let lengths = [0, 1, 2, 5, 17, 63, 64, 65, 127, 128, 129, 200]
        for round in 0..<600 {
            let size = [1, 2, 3, 10, 100][round % 5]
            func tokens() -> [Int32] {
                let length = lengths[generator.index(below: lengths.count)]
                return (0..<length).map { _ in Int32(generator.index(below: size)) }
            }
            let (rows, columns) = (tokens(), tokens())
            let expected = reference(rows, columns)
            #expect(
                try subsequence.length(rows, columns, vocabularySize: size, job: .silent()) == expected.length
            )
            var marked = [Bool](repeating: false, count: rows.count)
            try subsequence.mark(
                rows: rows[...], columns: columns[...], vocabularySize: size, in: &marked, job: .silent())
            #expect(marked == expected.marked)
        }
    }
}
