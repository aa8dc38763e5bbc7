import Glibc
import LyceumKit
import Testing

@testable import LyceumTorch

@Suite("Searches and draws") struct SearchTests {
    @Test func drawsFollowTheProbabilities() {
        let probabilities: [Float] = [0.5, 0.2, 0, 0.3]
        let scores = probabilities.map { logf($0) + 3 }
        var sampler = Sampler(seed: 5, texts: [0])
        let count = 20000
        var seen = [Double](repeating: 0, count: 4)
        for _ in 0..<count { for place in sampler.draw(row: 0, from: scores[...]) { seen[place] += 1 } }
        for (seen, probability) in zip(seen, probabilities) {
            // Four standard deviations.
            let spread = 4 * (Double(probability * (1 - probability)) / Double(count)).squareRoot()
            #expect(abs(seen / Double(count) - Double(probability)) <= spread)
        }
    }

    @Test func drawsWithoutReplacement() {
        let scores: [Float] = [-1, 0, -.infinity, 2, .nan, -3]
        var sampler = Sampler(seed: 5, texts: [0])
        var first = [Int](repeating: 0, count: scores.count)
        for _ in 0..<200 {
            let drawn = sampler.draw(row: 0, from: scores[...], count: 6)
            #expect(drawn.sorted() == [0, 1, 3, 5])
            first[drawn[0]] += 1
        }
        #expect(first[3] > 120 && first[3] < 195)
        #expect(sampler.draw(row: 0, from: [-Float.infinity][...]).isEmpty)
    }

    @Test func textsHaveRandomNumbersOfTheirOwn() {
        let scores = [Float](repeating: 0, count: 1000)
        func draws(_ texts: [Int], row: Int) -> [Int] {
            var sampler = Sampler(seed: 9, texts: texts)
            return (0..<5).flatMap { _ in sampler.draw(row: row, from: scores[...]) }
        }
        #expect(draws([0, 1, 2], row: 2) == draws([2], row: 0))
        #expect(draws([0, 1, 2], row: 1) != draws([2], row: 0))
        var sampler = Sampler(seed: 9, texts: [0, 1, 2])
        sampler.select([2])
        #expect(sampler.draw(row: 0, from: scores[...]).first == draws([2], row: 0).first)
    }

    @Test func beamsSurviveWhenLittleIsPossible() {
        var options = DecodingOptions()
        (options.numBeams, options.maxNewTokens, options.numReturnSequences) = (3, 5, 3)
        var state = BeamState(source: 0, options: options, endIDs: [1])
        state.advance([BeamState.Candidate(beam: 0, token: 7, score: -0.5)])
        #expect(
            state.running.map(\.tokens) == [[7], [7], [7]] && state.parents == [0, 0, 0] && !state.isDone)
        #expect(state.running[1].score < -1e8)
        state.advance([
            BeamState.Candidate(beam: 0, token: 1, score: -0.6),
            BeamState.Candidate(beam: 0, token: 8, score: -0.9),
        ])
        state.advance([])
        #expect(state.isDone && state.results == [[7], [], []])
    }

    @Test func processorLeavesScoresAsTheyAre() throws {
        var options = DecodingOptions()
        options.suppressed = [1]
        options.minNewTokens = 1
        options.repetitionPenalty = 2
        let processor = LogitsProcessor(options, startID: 0, endIDs: [2])
        let scores = try Tensor([Float]([1, 2, 3, -4]), shape: [1, 4])
        #expect(try processor.apply(to: scores, texts: [[]]).floats() == [0.5, -.infinity, -.infinity, -4])
        #expect(try processor.apply(to: scores, texts: [[3]]).floats() == [0.5, -.infinity, 3, -8])
        #expect(try scores.floats() == [1, 2, 3, -4])
    }

    @Test func badWordsAreBannedAtTheirLastToken() {
        #expect(LogitsProcessor.completion(of: [5], after: [0]) == 5)
        #expect(LogitsProcessor.completion(of: [4, 5], after: [0, 4]) == 5)
        #expect(LogitsProcessor.completion(of: [4, 5], after: [4, 0]) == nil)
        #expect(LogitsProcessor.completion(of: [3, 4, 5], after: [4]) == nil)
    }
}
