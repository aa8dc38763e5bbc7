import LyceumKit
import Testing

@Suite struct OptionsTests {
    private let declared: [OptionDeclaration] = [
        .integer("batch_size", default: 8, in: 1...1024, "examples a step"),
        .number("learning_rate", default: 1e-3, in: 0...1, "step size"),
        .choice("precision", ["auto", "fp32"], default: "auto", "number format"),
        .boolean("shuffle", default: true, "whether to shuffle"),
        .string("output", required: true, "column"),
        .integer("seed", default: nil, "seed"),
        .list("betas", of: .number, "decays"),
        .list("stop", of: .string, default: ["x"], "stops"),
        OptionDeclaration("extra", kind: .table, doc: "more"),
    ]

    private func options(_ given: [String: Value]) throws -> Options {
        try Options(given, declared: declared, function: "f")
    }

    @Test func fillsDefaultsAndConverts() throws {
        let options = try options([
            "output": "o", "batch_size": 16.0, "betas": [1, 0.5], "extra": [], "stop": [:], "seed": .null,
        ])
        #expect(try options.int("batch_size") == 16)
        #expect(options.values["batch_size"] == .integer(16))
        #expect(try options.double("learning_rate") == 1e-3)
        #expect(try options.string("precision") == "auto")
        #expect(try options.bool("shuffle"))
        #expect(options.values["betas"] == [1.0, 0.5])
        #expect(options.values["extra"] == [:])
        #expect(options.optionalStrings("stop") == [])
        #expect(options.optionalInt("seed") == nil)
        #expect(options.isGiven("batch_size") && !options.isGiven("seed") && !options.isGiven("shuffle"))
        #expect(throws: LyceumError.self) { try options.int("seed") }
    }

    @Test(
        arguments: [
            (["output": "o", "batchsize": 3], "f: unknown option 'batchsize'; did you mean 'batch_size'?"),
            ([:], "f: option 'output': expected a string, got nothing (it is required)"),
            (["output": 3], "f: option 'output': expected a string, got 3"),
            (
                ["output": "o", "batch_size": 0],
                "f: option 'batch_size': expected a whole number from 1 to 1024, got 0"
            ),
            (
                ["output": "o", "batch_size": 1.5],
                "f: option 'batch_size': expected a whole number from 1 to 1024, got 1.5"
            ),
            (
                ["output": "o", "learning_rate": "1"],
                "f: option 'learning_rate': expected a number from 0 to 1, got '1'"
            ),
            (
                ["output": "o", "learning_rate": .number(.nan)],
                "f: option 'learning_rate': expected a number from 0 to 1, got nan"
            ),
            (
                ["output": "o", "precision": "fp8"],
                "f: option 'precision': expected one of 'auto', 'fp32', got 'fp8'"
            ),
            (["output": "o", "shuffle": 1], "f: option 'shuffle': expected true or false, got 1"),
            (
                ["output": "o", "betas": [1, "x"]],
                "f: option 'betas.2': expected a number, got 'x'"
            ),
            (["output": "o", "extra": [1]], "f: option 'extra': expected a table, got a list"),
        ] as [([String: Value], String)])
    func refuses(given: [String: Value], message: String) throws {
        let error = try #require(throws: LyceumError.self) { try options(given) }
        #expect(error.description == message)
    }
}
