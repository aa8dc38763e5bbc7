import LyceumKit
import Testing

/// An architecture with options for students that learn in seconds: what its tests share.
public struct StudentTrial {
    /// What is tried.
    public let architecture: StudentArchitecture
    private let configuration: [String: Value]
    private let training: [String: Value]
    private let generation: [String: Value]
    private let classification: [String: Value]

    /// Names the options that a test's own override.
    public init(
        _ architecture: StudentArchitecture, new configuration: [String: Value] = [:],
        train training: [String: Value] = [:], generate generation: [String: Value] = [:],
        classify classification: [String: Value] = [:]
    ) {
        self.architecture = architecture
        self.configuration = configuration
        self.training = training
        self.generation = generation
        self.classification = classification
    }

    /// As `student.new`.
    public func make(_ more: [String: Value] = [:]) throws -> any Student {
        try architecture.make(
            Options(
                configuration.merging(more) { _, new in new }, declared: architecture.configuration,
                function: "student.new"))
    }

    /// As `student:train`.
    @discardableResult public func train(
        _ student: any Student, _ more: [String: Value] = [:], pairs: [Example], validation: [Example]? = nil,
        job: Job = .silent()
    ) throws -> TrainingReport {
        try student.train(
            on: ExampleSource(pairs), validation: validation.map { ExampleSource($0) },
            options: Options(
                training.merging(more) { _, new in new }, declared: architecture.trainingOptions,
                function: "student:train"),
            job: job)
    }

    /// As `student:generate`.
    public func generate(
        _ student: any Student, _ inputs: [String], _ more: [String: Value] = [:], job: Job = .silent()
    ) throws -> [GeneratedText] {
        try student.generate(
            inputs,
            options: Options(
                generation.merging(more) { _, new in new }, declared: architecture.generationOptions,
                function: "student:generate"),
            job: job)
    }

    /// As `student:classify`.
    public func classify(
        _ student: any Student, _ texts: [String], _ more: [String: Value] = [:], job: Job = .silent()
    ) throws -> [Classification] {
        try student.classify(
            texts,
            options: Options(
                classification.merging(more) { _, new in new }, declared: architecture.classificationOptions,
                function: "student:classify"),
            job: job)
    }

    /// Fails unless every clause of the contract of students is kept.
    public func expectContract(_ clause: StudentContract.Clause, task: StudentTask) {
        for outcome in StudentContract(architecture, task: task).run([clause]) {
            #expect(outcome.isKept, "\(outcome)")
        }
    }
}

/// The text of the error that `body` throws; fails if it throws none, or one that is not for people.
public func message(_ body: () throws -> Void) throws -> String {
    try #require(#expect(throws: LyceumError.self) { try body() }).description
}
