import LyceumKit
import Testing

@Suite struct RegistryTests {
    private func architecture(_ id: String, aliases: [String] = []) -> StudentArchitecture {
        StudentArchitecture(
            id: id, aliases: aliases, summary: "s", tasks: [.classify], configuration: [],
            trainingOptions: [],
            make: { _ in Parrot() }, load: { _ in Parrot() })
    }

    /// The least a student can be.
    private final class Parrot: Student {
        let architecture = "parrot"
        let tasks = [StudentTask.classify]
        let card: [(name: String, value: String)] = []

        func train(
            on examples: ExampleSource, validation: ExampleSource?, options: Options, job: Job
        ) throws -> TrainingReport {
            TrainingReport(steps: 0, epochs: 0, seconds: 0, tokens: 0, history: [:])
        }

        func save(to path: String) throws {}
    }

    @Test func findsByIDAndAlias() throws {
        let registry = Registry()
        try registry.register(architecture("one", aliases: ["uno"]))
        try registry.register(architecture("two"))
        #expect(registry.student(named: "uno")?.id == "one")
        #expect(registry.student(named: "three") == nil)
        let error = try #require(throws: LyceumError.self) {
            try registry.register(architecture("three", aliases: ["uno"]))
        }
        #expect(error.description.contains("the student 'uno' is already registered by plugin"))
        #expect(registry.student(named: "three") == nil)
    }

    @Test func whatAStudentDoesNotDoIsAnError() throws {
        let error = try #require(throws: LyceumError.self) {
            try Parrot().generate(
                ["x"], options: try Options(declared: [], function: "generate"), job: .silent())
        }
        #expect(error.description.hasPrefix("this parrot student does classify, not generate"))
    }

    @Test func theMostProbableLabelWins() {
        let classification = Classification(probabilities: [("a", 0.2), ("b", 0.4), ("c", 0.4)])
        #expect(classification.label == "b" && classification.probability == 0.4)
    }

    @Test func anotherKitIsRefusedBeforeAnySwiftCall() {
        let registry = Registry()
        let host = Unmanaged.passUnretained(registry).toOpaque()
        var called = false
        let other = UnsafeRawPointer(host)
        #expect(Registry.receive(host, other) { _ in called = true } == LYCEUM_REGISTER_OTHER_KIT.rawValue)
        #expect(!called)
        #expect(
            Registry.receive(host, Registry.identity) { _ in called = true } == LYCEUM_REGISTER_OK.rawValue)
        #expect(called)
        let failed = Registry.receive(host, Registry.identity) { _ in
            throw LyceumError.empty("it", remedy: nil)
        }
        #expect(failed == LYCEUM_REGISTER_FAILED.rawValue)
    }
}
