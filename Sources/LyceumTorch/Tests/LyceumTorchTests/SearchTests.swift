import Glibc
import LyceumKit
import Testing

@testable import LyceumTorch

@Suite("Searches and draws") struct SearchTests {
    @Test func drawsFollowTheProbabilities() {
        let probabilities: [Float] = [0.5, 0.2, 0, 0.3]
        let scores = probabilities.map { logf($0) + 3 }
        var sampler = Sampler(seed: 5, text: 0)
        let count = 20000
        var seen = [Double](repeating: 0, count: 4)
        for _ in 0..<count { for place in sampler.draw(from: scores) { seen[place] += 1 } }
        for (seen, probability) in zip(seen, probabilities) {
            // Four standard deviations.
            let spread = 4 * (Double(probability * (1 - probability)) / Double(count)).squareRoot()
            #expect(abs(seen / Double(count) - Double(probability)) <= spread)
        }
    }

    @Test func drawsWithoutReplacement() {
        let scores: [Float] = [-1, 0, -.infinity, 2, .nan, -3]
        var sampler = Sampler(seed: 5, text: 0)
        var first = [Int](repeating: 0, count: scores.count)
        for _ in 0..<200 {
            let drawn = sampler.draw(from: scores, count: 6)
            #expect(drawn.sorted() == [0, 1, 3, 5])
            first[drawn[0]] += 1
        }
        #expect(first[3] > 120 && first[3] < 195)
        #expect(sampler.draw(from: [-Float.infinity]).isEmpty)
    }

    @Test func textsHaveRandomNumbersOfTheirOwn() {
        let scores = [Float](repeating: 0, count: 1000)
        func draws(_ text: Int) -> [Int] {
            var sampler = Sampler(seed: 9, text: text)
            return (0..<5).flatMap { _ in sampler.draw(from: scores) }
        }
        #expect(draws(2) == draws(2))
        #expect(draws(1) != draws(2))
    }

    @Test func beamsSurviveWhenLittleIsPossible() {
        var options = DecodingOptions()
        (options.numBeams, options.maxNewTokens, options.numReturnSequences) = (3, 5, 3)
        var state = BeamState(options: options, endIDs: [1])
        state.advance([BeamState.Candidate(beam: 0, token: 7, score: -0.5)])
        #expect(
            state.running.map(\.tokens) == [[7], [7], [7]] && state.parents == [0, 0, 0] && !state.isDone)
        #expect(state.running[1].score < -1e8)
        state.advance([
            BeamState.Candidate(beam: 0, token: 1, score: -0.6),
            BeamState.Candidate(beam: 0, token: 8, score: -0.9),
        ])
        state.advance([])
        #expect(
            state.isDone && state.results.map(\.tokens) == [[7], [], []]
                && state.results.map(\.isEnded) == [true, false, false])
    }

    @Test func processorChangesWhatItShould() {
        var options = DecodingOptions()
        options.suppressed = [1]
        options.minNewTokens = 1
        options.repetitionPenalty = 2
        let processor = LogitsProcessor(options, startID: 0, endIDs: [2])
        func applied(_ text: [Int]) -> [Float] {
            var scores: [Float] = [1, 2, 3, -4]
            scores.withUnsafeMutableBufferPointer { processor.apply(to: $0, text: text) }
            return scores
        }
        #expect(applied([]) == [0.5, -.infinity, -.infinity, -4])
        #expect(applied([3]) == [0.5, -.infinity, 3, -8])
        #expect(!processor.isIdle(written: 5))
    }

    @Test func badWordsAreBannedAtTheirLastToken() {
        #expect(LogitsProcessor.completion(of: [5], after: [0]) == 5)
        #expect(LogitsProcessor.completion(of: [4, 5], after: [0, 4]) == 5)
        #expect(LogitsProcessor.completion(of: [4, 5], after: [4, 0]) == nil)
        #expect(LogitsProcessor.completion(of: [3, 4, 5], after: [4]) == nil)
    }

    @Test func bestScoresAreFound() {
        var generator = RandomSource(seed: 4).generator(.other)
        for count in [1, 2, 15, 16, 17, 63, 64, 65, 1000, 2049] {
            // Few values, so that many are equal; some are NaN.
            var scores = (0..<count).map { _ in Float(generator.next() % 50) }
            if count > 20 { scores[7] = .nan }
            if count > 20 { scores[9] = -.infinity }
            let order = scores.indices.filter { !scores[$0].isNaN }.sorted {
                (-scores[$0], $0) < (-scores[$1], $1)
            }
            scores.withUnsafeMutableBufferPointer { row in
                #expect(row.best == order.first)
                for most in [1, 2, 8, 50, 3000] { #expect(row.top(most) == Array(order.prefix(most))) }
            }
        }
    }

    @Test func logProbabilitiesAddUpToOne() throws {
        for count in [1, 17, 1000, 32128] {
            let tensor = try Tensor.randn([1, count]) * 5
            let expected = try tensor.logSoftmax(dim: 1).floats()
            var scores = try tensor.floats()
            scores.withUnsafeMutableBufferPointer { $0.logSoftmax() }
            for (a, b) in zip(scores, expected) { #expect(abs(a - b) < 1e-5) }
        }
        var none: [Float] = [-.infinity, -.infinity]
        none.withUnsafeMutableBufferPointer { $0.logSoftmax() }
        #expect(none == [-.infinity, -.infinity])
    }

    /// The short way to the best continuations gives what the long one gives, to the bit, also of equal scores.
    @Test func bestContinuations() throws {
        for (rows, width, most) in [(1, 5, 3), (2, 3, 8), (4, 1000, 8), (8, 32128, 16)] {
            var scores = try (Tensor.randn([rows, width]) * 4).floats()
            // Equal ones, impossible ones, and a row in which nothing is possible.
            for place in stride(from: 0, to: scores.count, by: 3) {
                scores[place] = (scores[place] * 2).rounded() / 2
            }
            for place in stride(from: 1, to: scores.count, by: 7) { scores[place] = -.infinity }
            if rows > 3 { for place in width..<2 * width { scores[place] = -.infinity } }
            let added = (0..<rows).map { Float($0) * -0.7 }
            var long = scores
            let expected = long.withUnsafeMutableBufferPointer { all in
                let table = ScoreRows(all: all, width: width)
                for row in 0..<rows {
                    table[row].logSoftmax()
                    for place in table[row].indices { table[row][place] += added[row] }
                }
                return all.top(most).map { ($0, all[$0]) }
            }
            let found = scores.withUnsafeMutableBufferPointer { all in
                let table = ScoreRows(all: all, width: width)
                return table.best(most, table.normalisers(), adding: added)
            }
            #expect(found.map(\.place) == expected.map(\.0), "\(rows) rows of \(width)")
            #expect(found.map(\.value) == expected.map(\.1), "\(rows) rows of \(width)")
        }
    }

    @Test func streamsGiveWhatIsCertain() {
        func pieces(_ texts: [String]) -> [String?] {
            var stream = TextStream()
            return texts.enumerated().map { stream.append($1, isFinal: $0 == texts.count - 1) }
        }
        #expect(pieces(["a", "ab", "abc"]) == [nil, "a", "bc"])
        // A letter of several tokens, and a space that the next token takes away.
        #expect(pieces(["x\u{FFFD}", "x\u{FFFD}", "xé", "xéy"]) == [nil, "x", nil, "éy"])
        #expect(pieces(["it", "it '", "it's", "it's"]) == [nil, "it", nil, "'s"])
        #expect(pieces([""]) == [nil])
    }
}
