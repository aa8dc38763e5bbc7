// What a student does with what it cannot use.
extension StudentContract {
    func checkMistakes() throws {
        let groups = [
            ("student.new", architecture.configuration), ("student:train", architecture.trainingOptions),
            ("student:generate", architecture.generationOptions),
            ("student:classify", architecture.classificationOptions),
        ]
        for (function, declared) in groups where !declared.isEmpty {
            let failure = try error("an unknown option of \(function)") {
                _ = try options(["no_such_option": 1], declared: declared, function: function)
            }
            try expect("\(failure)".contains("no_such_option"), "'\(failure)' does not name the option")
        }
        let names = Set(architecture.trainingOptions.map(\.name))
        if names.isSuperset(of: ["output_dir", "resume"]) {
            try withFolder { folder in
                let failure = try error("resuming from a folder that holds nothing") {
                    try Files.makeFolder(folder)
                    try train(try make(), ["output_dir": .string(folder), "resume": true])
                }
                try expect(failure is LyceumError, "'\(failure)' is not a LyceumError")
            }
        }
        let other = StudentTask.allCases.first { !architecture.tasks.contains($0) }
        if let other {
            let student = try trained()
            let failure = try error("asking it to \(other.rawValue)") {
                _ = try StudentContract(architecture, task: other).answers(student, inputs)
            }
            try expect(failure is LyceumError, "'\(failure)' is not a LyceumError")
        }
    }

    func checkExtremes() throws {
        for option in architecture.configuration {
            for value in Self.extremes(of: option) where option.name != "task" {
                do {
                    let student = try make([option.name: value])
                    try train(student, names(few: 1))
                    _ = try answers(student, inputs)
                } catch is LyceumError {} catch {
                    throw ContractFault.broken(
                        "\(option.name) = \(value.text) throws '\(error)', which is not a LyceumError")
                }
            }
        }
    }

    /// The names by which this architecture counts steps, with so many.
    private func names(few count: Int) -> [String: Value] {
        let known = Set(architecture.trainingOptions.map(\.name))
        return ["max_steps": .integer(count), "n_estimators": .integer(count)].filter {
            known.contains($0.key)
        }
    }

    /// The values of an option at which code tends to break. The largest is left out: it may not fit the machine.
    private static func extremes(of option: OptionDeclaration) -> [Value] {
        extremes(of: option.kind, range: option.range)
    }

    private static func extremes(of kind: OptionDeclaration.Kind, range: ClosedRange<Double>?) -> [Value] {
        switch kind {
        case .boolean: return [true, false]
        case .integer: return range.map { [.integer(Int($0.lowerBound))] } ?? [0, -1]
        case .number: return range.map { [.number($0.lowerBound)] } ?? [0, -1]
        case .string: return [""]
        case .choice(let choices): return choices.map(Value.string)
        case .list: return [[]]
        case .table: return [[:]]
        case .either(let kinds): return kinds.flatMap { extremes(of: $0, range: range) }
        case .object: return []
        }
    }

    func checkData() throws {
        let nothing = try error("training on no data") { try train(try make(), on: ExampleSource([])) }
        try expect(
            nothing is LyceumError, "training on no data throws '\(nothing)', which is not a LyceumError")
        let broken = ExampleSource(count: 32) { index in
            throw LyceumError.failed("pair \(index) cannot be read", remedy: nil)
        }
        let student = try make()
        let failure = try error("training on data that cannot be read") { try train(student, on: broken) }
        try expect(
            "\(failure)".contains("cannot be read"),
            "training on data that cannot be read throws '\(failure)' in place of the data's own error")
        try train(student)
        // One pair is data.
        do {
            try train(try make(), on: ExampleSource(Array(pairs.prefix(1))))
        } catch is LyceumError {}
    }
}
