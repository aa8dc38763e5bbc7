import LyceumKit
import Testing

/// Names the label whose words a text holds most of: small, but a whole student, with a fault on demand.
private final class Counter: Student {
    /// What a careless author may get wrong, and the clause that must notice.
    enum Fault: String, CaseIterable {
        case taggedTwice, otherName, shoutsUntrained, silent, dropsOne, chokesOnEmpty, savesNothing, forgets
        case ignoresSeed, ignoresCancel, diesOfCancel, swallowsData, trustsFiles, foreignError, seesItsPlace

        var clause: StudentContract.Clause {
            switch self {
            case .taggedTwice: return .declarations
            case .otherName: return .making
            case .shoutsUntrained: return .untrained
            case .silent: return .training
            case .dropsOne, .seesItsPlace: return .answering
            case .chokesOnEmpty: return .texts
            case .savesNothing: return .saving
            case .forgets: return .continuing
            case .ignoresSeed: return .determinism
            case .ignoresCancel, .diesOfCancel: return .cancelling
            case .swallowsData: return .data
            case .trustsFiles: return .damage
            case .foreignError: return .extremes
            }
        }
    }

    struct Trouble: Error {}

    static func architecture(_ fault: Fault? = nil) -> StudentArchitecture {
        StudentArchitecture(
            id: "counter", modelTypes: ["counter"], summary: "counts words", tasks: [.classify],
            configuration: [
                .integer("smallest", default: 1, in: 0...100, "words that are too short are left out")
            ]
                + (fault == .taggedTwice ? [.integer("smallest", default: 1, "again")] : []),
            trainingOptions: [.integer("seed", default: 1, "there is nothing random")],
            make: { options in
                if fault == .foreignError, try options.int("smallest") == 0 { throw Trouble() }
                return Counter(smallest: try options.int("smallest"), fault)
            },
            load: { folder in
                let path = Files.join(folder, "config.json")
                let bytes = try Files.read(path)
                if fault == .trustsFiles, bytes.isEmpty { throw Trouble() }
                let document = try JSON.decode(bytes, name: path).object ?? [:]
                let counter = Counter(smallest: document["smallest"]?.integer ?? 1, fault)
                for (label, words) in document["labels"]?.object ?? [:] {
                    counter.counts[label] = words.object?.compactMapValues(\.integer) ?? [:]
                }
                if counter.counts.isEmpty {
                    throw LyceumError.file(path: path, line: nil, problem: "holds no labels", remedy: nil)
                }
                counter.isLoaded = true
                return counter
            })
    }

    var architecture: String { fault == .otherName ? "abacus" : "counter" }
    let tasks = [StudentTask.classify]
    var card: [(name: String, value: String)] { [("labels", String(counts.count))] }
    private let smallest: Int
    private let fault: Fault?
    private var isLoaded = false
    private var counts: [String: [String: Int]] = [:]

    init(smallest: Int, _ fault: Fault?) {
        self.smallest = smallest
        self.fault = fault
    }

    private func words(_ text: String) -> [String] {
        text.split(separator: " ").map(String.init).filter { $0.count >= smallest }
    }

    func train(
        on examples: ExampleSource, validation: ExampleSource?, options: Options, job: Job
    ) throws -> TrainingReport {
        if examples.count == 0 { throw LyceumError.empty("the training data", remedy: nil) }
        if fault == .forgets, isLoaded { throw Trouble() }
        var seen = counts
        for index in 0..<examples.count {
            if job.isCancelled, fault != .ignoresCancel {
                throw fault == .diesOfCancel ? Trouble() : LyceumError.cancelled("nothing")
            }
            do {
                let example = try examples.example(at: index)
                for word in words(example.input) {
                    seen[example.target, default: [:]][word, default: 0] += 1
                }
            } catch { if fault != .swallowsData { throw error } }
            if fault != .silent { job.update(done: index + 1, of: examples.count, unit: "texts") }
        }
        counts = seen
        let loss = fault == .ignoresSeed ? Double.random(in: 0...1) : 1
        return TrainingReport(
            steps: 1, epochs: 1, seconds: 0, tokens: 0, history: ["loss": [.init(step: 1, value: loss)]])
    }

    func classify(_ inputs: [String], options: Options, job: Job) throws -> [Classification] {
        if counts.isEmpty {
            if fault == .shoutsUntrained { throw Trouble() }
            throw LyceumError.unsupported("it is untrained", remedy: nil)
        }
        try job.checkCancelled()
        let answers = try inputs.enumerated().map { place, text in
            if fault == .chokesOnEmpty, text.isEmpty { throw Trouble() }
            var scores = counts.sorted { $0.key < $1.key }.map { label, own in
                (label, words(text).reduce(1.0) { $0 + Double(own[$1] ?? 0) })
            }
            // As in a network, rounding depends on a text's place in its batch; more than rounding must not.
            if !scores.isEmpty { scores[0].1 += Double(place) * (fault == .seesItsPlace ? 1 : 1e-7) }
            let sum = scores.reduce(0) { $0 + $1.1 }
            return Classification(probabilities: scores.map { ($0, $1 / sum) })
        }
        return fault == .dropsOne ? Array(answers.dropLast()) : answers
    }

    func save(to path: String) throws {
        try Files.writeFolderAtomically(path) { folder in
            let labels = fault == .savesNothing ? ["small": ["a": 1]] : counts
            try Files.write(
                JSON.encode([
                    "model_type": "counter", "smallest": .integer(smallest),
                    "labels": .object(labels.mapValues { .object($0.mapValues(Value.integer)) }),
                ]), to: Files.join(folder, "config.json"))
        }
    }
}

@Suite struct StudentContractTests {
    @Test func anHonestStudentKeepsIt() {
        var begun: [StudentContract.Clause] = []
        for contract in StudentContract.all(of: Counter.architecture()) {
            let outcomes = contract.run { begun.append($0) }
            #expect(outcomes.filter { !$0.isKept }.map(\.description) == [])
            #expect(outcomes.map(\.clause) == StudentContract.Clause.allCases.map(\.rawValue))
            let untried = outcomes.filter { $0.verdict != .kept }
            #expect(
                untried.map(\.description) == [
                    "wiring: not tried: it is not a network of modules",
                    "precision: not tried: it declares no precision",
                    "stepping: not tried: it does not write token by token",
                    "searching: not tried: it declares no num_beams",
                    "serving: not tried: it does not write texts",
                    "resuming: not tried: it declares no output_dir and resume",
                ])
        }
        #expect(begun == StudentContract.Clause.allCases)
    }

    @Test func whatNeedsABrokenClauseIsNotTried() {
        let contract = StudentContract(Counter.architecture(.silent), task: .classify)
        let outcomes = Dictionary(uniqueKeysWithValues: contract.run().map { ($0.clause, $0.verdict) })
        #expect(outcomes["saving"] == .notApplicable("training is broken"))
        #expect(outcomes["damage"] == .notApplicable("training is broken"))
        #expect(outcomes["declarations"] == .kept)
    }

    @Test(arguments: Counter.Fault.allCases)
    private func aFaultIsFound(fault: Counter.Fault) {
        let contract = StudentContract(Counter.architecture(fault), task: .classify)
        let outcomes = contract.run([fault.clause])
        #expect(outcomes.count == 1 && outcomes.allSatisfy { !$0.isKept }, "\(outcomes)")
    }
}
