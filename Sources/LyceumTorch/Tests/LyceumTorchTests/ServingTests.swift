import LyceumKit
import Testing

@testable import LyceumTorch

@Suite("Requests that join and leave between steps") struct ServingTests {
    @Test(arguments: [StudentContract.Clause.stepping, .searching, .serving])
    func clause(_ clause: StudentContract.Clause) throws {
        try StudentContract(TinyTransformer.registration, task: .generate).attempt(clause)
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
        let untrained = try TinyTransformer.registration.make(
            Options(declared: TinyTransformer.registration.configuration, function: "student.new"))
        #expect(throws: LyceumError.self) { try (untrained as? any ServingStudent)?.decodingSession() }
    }

    private func options(_ more: [String: Value]) throws -> Options {
        let few: [String: Value] = ["max_new_tokens": 8, "precision": "fp32"]
        return try Options(
            few.merging(more) { _, new in new }, declared: TinyTransformer.registration.generationOptions,
            function: "student:generate")
    }

    private func trained() throws -> any ServingStudent {
        let registration = TinyTransformer.registration
        let student = try registration.make(
            Options(declared: registration.configuration, function: "student.new"))
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
