import LyceumKit
import Testing

@testable import LyceumTorch

@Suite("Requests that join and leave between steps") struct ServingTests {
    @Test(arguments: [StudentContract.Clause.stepping, .searching, .serving], [false, true])
    func clause(_ clause: StudentContract.Clause, uneven: Bool) throws {
        try StudentContract(TinyTransformer.registration(uneven: uneven), task: .generate).attempt(clause)
    }

    /// The rows of a batch get to the bit what they get alone, whenever they join, so that searches do, too.
    @Test func unevenRowsAreExact() throws {
        let configuration = try TinyConfiguration(
            Options(["uneven": true], declared: TinyConfiguration.declarations, function: "test"))
        let network = try TinyTransformer(configuration)
        let sources = [[5, 6, 7, 8, 1], [9, 1], [10, 11, 12, 13, 14, 15, 16, 17, 1]]
        func search(_ index: Int) -> any TextSearch {
            var options = DecodingOptions()
            (options.maxNewTokens, options.minNewTokens) = (12, 12)
            options.numBeams = index == 1 ? 3 : 1
            return SearchPlan(options, network).search(over: sources[index], number: 0)
        }
        func texts(joining steps: [Int]) throws -> [Int: [WrittenText]] {
            let batch = DecodingBatch(network)
            var texts: [Int: [WrittenText]] = [:]
            for step in 0..<30 {
                for (index, joins) in steps.enumerated() where joins == step {
                    try batch.join([(sources[index], [(index, search(index))])])
                }
                for entry in try batch.step() where entry.search.isDone {
                    texts[entry.number] = entry.search.texts
                }
            }
            return texts
        }
        try noGrad {
            let alone = try texts(joining: [0, -1, -1]).merging(
                texts(joining: [-1, 0, -1]).merging(texts(joining: [-1, -1, 0])) { a, _ in a }
            ) { a, _ in a }
            #expect(alone.count == 3)
            #expect(try texts(joining: [0, 0, 0]) == alone)
            #expect(try texts(joining: [3, 0, 7]) == alone)
            #expect(try texts(joining: [0, 5, 1]) == alone)
        }
    }

    /// Sources of very different lengths are not padded to the longest, and short ones are not read one by one.
    @Test func sourcesAreReadWithThoseOfTheirLength() throws {
        typealias Batch = DecodingBatch<TinyTransformer>
        #expect(Batch.ofSimilarLength([]).isEmpty)
        #expect(Batch.ofSimilarLength([5, 9, 7]) == [[1, 2, 0]])
        #expect(Batch.ofSimilarLength([20, 500, 10, 480, 300]) == [[1, 3], [4], [0, 2]])
        #expect(Batch.ofSimilarLength([Int](repeating: 100, count: 40)).count == 1)
        // Whatever the lengths are, everything is read once, and padding is a quarter at most of what is not small.
        let lengths = (0..<200).map { 1 + $0 * 7919 % 512 }
        let groups = Batch.ofSimilarLength(lengths)
        #expect(groups.flatMap { $0 }.sorted() == Array(lengths.indices))
        for group in groups {
            let own = group.map { lengths[$0] }
            let (longest, real) = (own.max() ?? 0, own.reduce(0, +))
            #expect(longest * own.count <= real + real / 4 || real < 4 * 192, "\(own)")
        }
    }

    @Test func lookupsFollowTheSource() {
        var lookup = SourceLookup([1, 2, 3, 4, 5, 6, 2, 3, 9])
        #expect(lookup.draft(after: [7, 2], most: 9).isEmpty, "one token is not enough")
        #expect(lookup.draft(after: [2, 3], most: 9) == [4, 5, 6])
        #expect(lookup.draft(after: [6, 2, 3], most: 9) == [9])
        #expect(lookup.draft(after: [2, 3], most: 1) == [4])
        lookup.learn(accepted: 3, of: 3)
        #expect(lookup.draft(after: [1, 2, 3], most: 9) == [4, 5, 6, 2, 3])
        lookup.learn(accepted: 0, of: 5)
        #expect(lookup.draft(after: [1, 2, 3], most: 9).isEmpty, "a wrong guess makes it wait")
        lookup.learn(accepted: 0, of: 0)
        #expect(!lookup.draft(after: [1, 2, 3], most: 9).isEmpty)
        #expect(SourceLookup([]).draft(after: [1, 2], most: 5).isEmpty)
    }

    /// Whatever is guessed, the text is the same.
    @Test func lookupsChangeNothing() throws {
        struct Guessing: TextSearch {
            var search: GreedySearch
            let guesses: [Int]
            var next: [Int] { search.next }
            var parents: [Int]? { nil }
            var isDone: Bool { search.isDone }
            var texts: [WrittenText] { search.texts }
            var draft: [Int] {
                // Right, wrong, and right with a wrong end.
                let place = search.texts[0].tokens.count
                let right = Array(guesses.dropFirst(place).prefix(place % 4))
                return Array(
                    (place % 3 == 0 ? right : place % 3 == 1 ? [7, 7] : right + [9]).prefix(19 - place))
            }
            mutating func advance(_ scores: ScoreRows) { search.advance(scores) }
            mutating func advance(_ scores: ScoreRows, draft: [Int]) -> Int {
                search.advance(scores, draft: draft)
            }
        }
        let configuration = try TinyConfiguration(
            Options(["uneven": true], declared: TinyConfiguration.declarations, function: "test"))
        let network = try TinyTransformer(configuration)
        for ngram in [0, 2] {
            var options = DecodingOptions()
            (options.maxNewTokens, options.minNewTokens, options.noRepeatNgramSize) = (20, 6, ngram)
            let processor = LogitsProcessor(options, network)
            func text(_ guesses: [Int]?, _ ids: [Int]) throws -> [Int] {
                let plain = GreedySearch(options, processor: processor, source: [], number: 0)
                let batch = DecodingBatch(network)
                try batch.join([(ids, [(0, guesses.map { Guessing(search: plain, guesses: $0) } ?? plain)])])
                var tokens: [Int] = []
                while batch.isOpen { tokens = try batch.step().first?.search.texts[0].tokens ?? tokens }
                return tokens
            }
            try noGrad {
                for source in [[5, 6, 7, 1], [20, 21, 22, 23, 24, 1]] {
                    let plain = try text(nil, source)
                    #expect(plain.count > 5)
                    #expect(try text(plain, source) == plain)
                    #expect(try text([8, 8, 8], source) == plain)
                }
            }
        }
    }

    @Test func whatIsFinishedSaysWhy() throws {
        let student = try trained()
        let session = try student.decodingSession()
        let ends = try session.add("a font", options: options(["max_new_tokens": 40]))
        let cut = try session.add("a font", options: options(["max_new_tokens": 2, "min_new_tokens": 2]))
        #expect(session.count == 2)
        var reasons: [Int: DecodingEvent.FinishReason] = [:]
        for _ in 0..<60 {
            for event in try session.step() {
                if case .finished(let text, let reason, let tokens) = event.progress {
                    reasons[event.request] = reason
                    #expect(tokens > 1)
                    #expect(text.tokenCount <= (event.request == cut ? 2 : 40))
                }
            }
        }
        #expect(session.count == 0 && reasons[cut] == .length && reasons[ends] != nil)
        #expect(try session.step().isEmpty)
    }

    @Test func requestsThatCannotBeAnsweredAreRefusedAlone() throws {
        let student = try trained()
        let session = try student.decodingSession()
        let good = try session.add("a font", options: options([:]))
        #expect(throws: LyceumError.self) {
            try session.add("a shell", options: options(["suppress_tokens": [5000]]))
        }
        session.remove(4711)
        #expect(session.count == 1)
        var isFinished = false
        for _ in 0..<20 {
            for event in try session.step() {
                if case .finished = event.progress { isFinished = event.request == good }
            }
        }
        #expect(isFinished)
        let untrained = try TinyTransformer.registration(uneven: true).make(
            Options(
                declared: TinyTransformer.registration(uneven: true).configuration, function: "student.new"))
        #expect(throws: LyceumError.self) { try (untrained as? any ServingStudent)?.decodingSession() }
    }

    private func options(_ more: [String: Value]) throws -> Options {
        let few: [String: Value] = ["max_new_tokens": 8, "precision": "fp32"]
        return try Options(
            few.merging(more) { _, new in new },
            declared: TinyTransformer.registration(uneven: true).generationOptions,
            function: "student:generate")
    }

    private func trained() throws -> any ServingStudent {
        let registration = TinyTransformer.registration(uneven: true)
        let student = try registration.make(
            Options(["uneven": true], declared: registration.configuration, function: "student.new"))
        let pairs = ["a small font", "a fast shell", "a free game"].map {
            Example(input: $0 + " for all of the users", target: $0)
        }
        _ = try student.train(
            on: ExampleSource(pairs), validation: nil,
            options: Options(
                ["max_steps": 20, "precision": "fp32"], declared: registration.trainingOptions,
                function: "student:train"), job: .silent())
        return try #require(student as? any ServingStudent)
    }
}
