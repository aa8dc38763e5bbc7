import LyceumKit
import Testing

@testable import GBDT

/// Makes, trains and asks students as the scripting layer does: through declared options.
enum Make {
    static var registration: StudentArchitecture { GBDTStudent.registration }
    static let fixtures = Files.parent(of: #filePath) + "/Fixtures"

    static func student(_ options: [String: Value] = [:]) throws -> GBDTStudent {
        let checked = try Options(options, declared: registration.configuration, function: "student.new")
        return try #require(try registration.make(checked) as? GBDTStudent)
    }

    static func training(_ options: [String: Value]) throws -> Options {
        try Options(options, declared: registration.trainingOptions, function: "train")
    }

    static func generation(_ options: [String: Value] = [:]) throws -> Options {
        try Options(options, declared: registration.generationOptions, function: "generate")
    }

    static func classification() throws -> Options {
        try Options([:], declared: registration.classificationOptions, function: "classify")
    }

    static func json(_ path: String) throws -> Value { try JSON.decode(Files.read(path), name: path) }
}

extension GBDTStudent {
    @discardableResult func train(
        _ examples: [Example], valid: [Example]? = nil, job: Job = .silent(), _ options: [String: Value] = [:]
    ) throws -> TrainingReport {
        var options = options
        // Small trees on one thread: the tests run side by side.
        options["nthread"] = options["nthread"] ?? 1
        options["n_estimators"] = options["n_estimators"] ?? 10
        return try train(
            on: ExampleSource(examples), validation: valid.map { ExampleSource($0) },
            options: Make.training(options), job: job)
    }

    func classify(_ texts: [String]) throws -> [Classification] {
        try classify(texts, options: Make.classification(), job: .silent())
    }

    func summarize(_ texts: [String], _ options: [String: Value] = [:]) throws -> [String] {
        try generate(texts, options: Make.generation(options), job: .silent()).map(\.text)
    }
}

/// Texts of some classes: each has words of its own among words that all share.
func labelled(_ count: Int, classes: Int = 3, seed: Int = 1) -> [Example] {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { i in
        let label = i % classes
        var words = (0..<12).map { _ in "shared\(random.index(below: 30))" }
        // One text in five says nothing of its class.
        if random.index(below: 5) > 0 {
            words[random.index(below: 12)] = "own\(label)x\(random.index(below: 4))"
        }
        return Example(input: words.joined(separator: " "), target: "label\(label)")
    }
}

/// Fails unless both are within 1e-6, relative and absolute.
func isClose(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-6 * max(abs(a), abs(b)) + 1e-9 }

extension Value {
    /// The texts of a list.
    var strings: [String]? { list?.compactMap(\.string) }
    /// The numbers of a list.
    var numbers: [Double]? { list?.compactMap(\.number) }
}
