import Glibc
import LyceumKit
import Synchronization

@testable import LyceumServer

/// A student that writes the words of its input backwards, one a step: what it must answer is plain, whoever else is
/// in the batch.
final class WordStudent: ServingStudent, TokenizingStudent {
    /// How many are decoded at once at most, over all students of a test.
    let log: StepLog
    private let pause: UInt32

    init(log: StepLog = StepLog(), pause: Double = 0) {
        self.log = log
        self.pause = UInt32(pause * 1e6)
    }

    let architecture = "words"
    let tasks = [StudentTask.generate, .classify]
    let card = [(name: "max_source_length", value: "50")]

    func train(
        on examples: ExampleSource, validation: ExampleSource?, options: Options, job: Job
    ) throws -> TrainingReport { throw LyceumError.unsupported("training", remedy: nil) }
    func save(to path: String) throws {}
    func tokenize(_ text: String) throws -> [Int] { text.split(separator: " ").map(\.count) + [1] }
    func pieces(_ text: String) throws -> [String] { text.split(separator: " ").map(String.init) + ["</s>"] }
    func detokenize(_ ids: [Int]) throws -> String { "" }

    /// What it answers.
    static func answer(_ text: String, most: Int = .max) -> String {
        text.split(separator: " ").reversed().prefix(most).joined(separator: " ")
    }

    func classify(_ inputs: [String], options: Options, job: Job) throws -> [Classification] {
        inputs.map { text in
            let share = text.hasPrefix("good") ? 0.75 : 0.25
            return Classification(probabilities: [("good", share), ("bad", 1 - share)])
        }
    }

    func decodingSession() throws -> any DecodingSession { Session(self) }

    static var architecture: StudentArchitecture {
        StudentArchitecture(
            id: "words", modelTypes: ["words"], summary: "backwards", tasks: [.generate, .classify],
            configuration: [],
            trainingOptions: [],
            generationOptions: [
                .integer("max_new_tokens", default: nil, in: 1...1000, "words"),
                .integer("num_beams", default: nil, in: 1...8, "beams"),
                .integer("num_return_sequences", default: nil, in: 1...8, "texts"),
                .boolean("do_sample", default: nil, "draws"),
                .number("temperature", default: nil, in: 0...10, "heat"),
                .number("top_p", default: nil, "share"), .integer("top_k", default: nil, "most"),
                .integer("seed", default: nil, "seed"), .string("source_prefix", "prefix"),
                .integer("max_source_length", default: nil, "length"),
                .integer("no_repeat_ngram_size", default: nil, "n"),
                .string("device", "where"),
            ],
            make: { _ in WordStudent() }, load: { _ in WordStudent() })
    }

    private final class Session: DecodingSession {
        private struct Going {
            let words: [String]
            let most: Int
            let beams: Int
            let texts: Int
            let source: Int
            var written: [String] = []
        }
        private let student: WordStudent
        private var going: [Int: Going] = [:]
        private var number = 0

        init(_ student: WordStudent) { self.student = student }

        var count: Int { going.count }

        func add(_ text: String, options: Options) throws -> Int {
            if text.contains("REFUSE") { throw LyceumError.unsupported("this text", remedy: nil) }
            number += 1
            student.log.added()
            let words = text.split(separator: " ").map(String.init)
            let limit = options.optionalInt("max_source_length") ?? 50
            going[number] = Going(
                words: words.prefix(limit).reversed(), most: options.optionalInt("max_new_tokens") ?? 1000,
                beams: options.optionalInt("num_beams") ?? 1,
                texts: options.optionalInt("num_return_sequences") ?? 1,
                source: words.count + 1)
            return number
        }

        func step() throws -> [DecodingEvent] {
            guard student.log.mayStep(written: going.values.map(\.written.count).max() ?? 0) else {
                usleep(1000)
                return []
            }
            student.log.stepped(going.count)
            usleep(student.pause)
            if going.values.contains(where: { $0.words.contains("BREAK") }) {
                throw LyceumError.failed("the step broke", remedy: nil)
            }
            var events: [DecodingEvent] = []
            for (request, one) in going {
                var one = one
                let place = one.written.count
                if place < min(one.words.count, one.most) {
                    one.written.append(one.words[place])
                    going[request] = one
                    if one.beams == 1, one.texts == 1 {
                        events.append(
                            DecodingEvent(
                                request: request, progress: .text((place > 0 ? " " : "") + one.words[place])))
                    }
                }
                if one.written.count == min(one.words.count, one.most) {
                    going[request] = nil
                    let text = one.written.joined(separator: " ")
                    let rest = (1..<max(one.texts, 1)).map { "\(text) \($0)" }
                    events.append(
                        DecodingEvent(
                            request: request,
                            progress: .finished(
                                GeneratedText(text: text, tokenCount: one.written.count, alternatives: rest),
                                one.words.count > one.most ? .length : .stop, sourceTokens: one.source)))
                }
            }
            return events
        }

        func remove(_ request: Int) {
            if going.removeValue(forKey: request) != nil { student.log.removed() }
        }
    }
}

/// What the steps of a test's students were like.
final class StepLog: Sendable {
    private let state = Mutex((steps: 0, most: 0, removed: 0, added: 0, isHeld: false))
    /// Nothing is written before so many requests have joined.
    private let expected: Int

    /// - Parameters:
    ///   - expected: nothing is written before so many requests have joined.
    ///   - isHeld: whether nothing is written after three words until `release`.
    init(expecting expected: Int = 0, isHeld: Bool = false) {
        self.expected = expected
        state.withLock { $0.isHeld = isHeld }
    }

    func release() { state.withLock { $0.isHeld = false } }

    func mayStep(written: Int) -> Bool {
        state.withLock { $0.added >= expected && !($0.isHeld && written >= 3) }
    }

    func stepped(_ requests: Int) {
        state.withLock {
            $0.steps += 1
            $0.most = max($0.most, requests)
        }
    }
    func added() { state.withLock { $0.added += 1 } }
    /// Requests that have joined.
    var additions: Int { state.withLock { $0.added } }
    func removed() { state.withLock { $0.removed += 1 } }
    var steps: Int { state.withLock { $0.steps } }
    /// The most requests in one step.
    var most: Int { state.withLock { $0.most } }
    var removals: Int { state.withLock { $0.removed } }
}

/// The same, without steps: whole batches only.
final class BatchStudent: Student {
    let architecture = "batches"
    let tasks = [StudentTask.generate]
    let card: [(name: String, value: String)] = []
    func train(
        on examples: ExampleSource, validation: ExampleSource?, options: Options, job: Job
    ) throws -> TrainingReport { throw LyceumError.unsupported("training", remedy: nil) }
    func save(to path: String) throws {}
    func generate(_ inputs: [String], options: Options, job: Job) throws -> [GeneratedText] {
        inputs.map { text in
            let words = text.split(separator: " ").reversed().prefix(
                options.optionalInt("max_new_tokens") ?? .max)
            return GeneratedText(text: words.joined(separator: " "), tokenCount: words.count)
        }
    }

    static var architecture: StudentArchitecture {
        StudentArchitecture(
            id: "batches", modelTypes: ["batches"], summary: "backwards", tasks: [.generate],
            configuration: [],
            trainingOptions: [],
            generationOptions: [.integer("max_new_tokens", default: nil, in: 1...1000, "words")],
            make: { _ in BatchStudent() }, load: { _ in BatchStudent() })
    }
}
