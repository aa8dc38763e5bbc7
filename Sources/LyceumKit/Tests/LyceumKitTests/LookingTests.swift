import LyceumKit
import Testing

/// What a person reads: numbers, money, the names of other tools.
@Suite struct LookingTests {
    @Test(
        "four significant digits, whole parts uncut",
        arguments: [
            (433.01269526853645, "433.0"), (0.8519563674926758, "0.852"), (12345.678, "12346"), (5.0, "5.0"),
            (0.0, "0.0"), (-0.25, "-0.25"), (0.00001234, "0.00001234"), (1.5e-7, "1.5e-07"),
            (9.9999999e-7, "1.0e-06"), (2e20, "2.0e+20"), (3e-4, "0.0003"), (999.96, "1000.0"),
        ])
    func numbers(number: Double, text: String) { #expect(DisplayNumber.text(number) == text) }

    @Test(
        "money has two places, or as many as it needs",
        arguments: [
            (0.0, "0.00"), (1.5, "1.50"), (12.3456, "12.35"), (0.00063285, "0.00063"), (0.05, "0.05"),
            (9.87e-05, "0.000099"),
        ])
    func money(amount: Double, text: String) {
        #expect(DisplayNumber.money(amount) == text)
        #expect(DisplayNumber.text(.number(amount), named: "cost_usd") == text)
    }

    @Test func notANumberAndInfinity() {
        #expect(DisplayNumber.text(.nan) == "nan")
        #expect(DisplayNumber.money(-.infinity) == "-inf")
    }

    private static let training = [
        "learning_rate", "num_train_epochs", "batch_size", "valid", "max_steps", "seed", "optim", "precision",
    ]

    @Test(
        "names of Hugging Face, Keras and scikit-learn lead to ours",
        arguments: [
            ("lr", "learning_rate"), ("epochs", "num_train_epochs"), ("eval_dataset", "valid"),
            ("per_device_train_batch_size", "batch_size"), ("random_state", "seed"), ("bf16", "precision"),
            ("learningRate", "learning_rate"), ("optimizer", "optim"),
        ])
    func options(foreign: String, ours: String) {
        let error = LyceumError.unknownOptions(
            function: "student:train", options: [foreign], known: Self.training)
        #expect(error.description.contains("'\(ours)' here"))
    }

    @Test func allUnknownOptionsAreReportedAtOnce() {
        let error = LyceumError.unknownOptions(
            function: "f", options: ["epcohs", "lr", "sede"], known: Self.training)
        #expect(
            error.description
                == "f: unknown options 'epcohs', 'lr' (it is called 'learning_rate' here), 'sede' (did you mean "
                + "'seed'?); the options are " + Self.training.joined(separator: ", "))
        #expect(throws: error) {
            _ = try Options(
                ["sede": 1, "lr": 1, "epcohs": 2],
                declared: Self.training.map { .integer($0, default: nil, "an option") }, function: "f")
        }
    }

    @Test func ourNamesAreOnlyGivenWhereTheyExist() {
        #expect(ForeignNames.hint(for: "head", among: ["take", "skip"]) == "it is called 'take' here")
        #expect(ForeignNames.hint(for: "head", among: ["skip"]) == nil)
    }

    @Test(
        "other languages' syntax is recognised",
        arguments: [
            ("x += 1", "x = x + y"), ("if a != b then", "~="), ("i++", "x = x + 1"), ("a && b", "and"),
            ("gold[1:5]", ":skip("), ("for r in gold:", "ipairs"), ("elif x then", "elseif"),
            ("x = !y", "not"),
        ])
    func syntax(line: String, hint: String) {
        #expect(ForeignNames.syntaxHint(for: line, message: "")?.contains(hint) == true)
    }

    @Test func textsInQuotesAreNotSyntax() {
        #expect(ForeignNames.syntaxHint(for: "print('a != b' .. \"x += 1\") -- i++", message: "") == nil)
    }

    @Test func theHomeFolder() {
        let home = Files.expandingHome("~")
        #expect(home.hasPrefix("/"))
        #expect(Files.expandingHome("~/a.jsonl") == Files.join(home, "a.jsonl"))
        #expect(Files.expandingHome("./~/a") == "./~/a" && Files.expandingHome("~other/a") == "~other/a")
    }
}
