// What goes wrong in networks, and shows only in real use.
extension StudentContract {
    func checkWiring() throws {
        let student = try make()
        guard student is any WiredStudent else {
            throw ContractFault.nothingToTry("it is not a network of modules")
        }
        // A network exists only once it was trained, which refuses one that is not wired.
        try train(student)
        let faults = (student as? any WiredStudent)?.wiringFaults() ?? []
        try expect(faults.isEmpty, faults.joined(separator: "; "))
    }

    func checkPrecision() throws {
        let declares = architecture.trainingOptions.contains { option in
            guard case .choice(let choices) = option.kind else { return false }
            return option.name == "precision" && choices.contains("bf16")
        }
        guard declares else { throw ContractFault.nothingToTry("it declares no precision") }
        for precision in ["bf16", "auto"] {
            do {
                let student = try make()
                let report = try train(student, ["precision": .string(precision)])
                let losses = (report.history["loss"] ?? []).map(\.value)
                try expect(losses.allSatisfy(\.isFinite), "the loss is not finite: \(losses)")
                let reads =
                    task == .generate ? architecture.generationOptions : architecture.classificationOptions
                let more: [String: Value] = ["precision": .string(precision)]
                let answers = try answers(
                    student, inputs, reads.contains { $0.name == "precision" } ? more : [:])
                try expect(
                    answers.count == inputs.count, "\(answers.count) answers for \(inputs.count) inputs")
            } catch {
                let said = LyceumError.text(of: error)
                let isOfTensors = ["dtype", "device", "Float"].contains { said.contains($0) }
                throw ContractFault.broken(
                    "in \(precision) it fails: \(said)"
                        + (isOfTensors
                            ? ". Make tensors where and as the others are: dtype: x.dtype, device: x.device"
                            : ""))
            }
        }
    }

    func checkStepping() throws {
        guard task == .generate, architecture.generationOptions.contains(where: { $0.name == "num_beams" })
        else { throw ContractFault.nothingToTry("it does not write token by token") }
        guard let student = try trained() as? any SteppingStudent else {
            throw ContractFault.nothingToTry("its steps cannot be looked at")
        }
        if let fault = try student.steppingFault(Array(unequal.prefix(3))) {
            throw ContractFault.broken(fault)
        }
    }

    func checkSearching() throws {
        let names = Set(architecture.generationOptions.map(\.name))
        guard task == .generate, names.contains("num_beams") else {
            throw ContractFault.nothingToTry("it declares no num_beams")
        }
        let student = try trained()
        let searches: [(what: String, options: [String: Value], texts: Int)] = [
            ("num_beams = 3", ["num_beams": 3], 1),
            ("num_beams = 3, num_return_sequences = 3", ["num_beams": 3, "num_return_sequences": 3], 3),
            ("num_beams = 2, batch_size = 2", ["num_beams": 2, "batch_size": 2], 1),
            ("do_sample = true", ["do_sample": true, "seed": 1], 1),
            (
                "do_sample = true, num_return_sequences = 2",
                ["do_sample": true, "seed": 1, "num_return_sequences": 2], 2
            ),
            ("do_sample = true, num_beams = 2", ["do_sample": true, "seed": 1, "num_beams": 2], 1),
        ]
        for search in searches where names.isSuperset(of: search.options.keys) {
            do {
                let answers = try answers(student, unequal, search.options)
                try expect(
                    answers.count == unequal.count, "\(answers.count) answers for \(unequal.count) inputs")
                for case .text(let text) in answers {
                    try expect(
                        text.alternatives.count == search.texts - 1,
                        "\(text.alternatives.count + 1) texts for an input instead of \(search.texts)")
                }
            } catch {
                throw ContractFault.broken("with \(search.what) it fails: \(error)")
            }
        }
    }

    /// Inputs of unequal length.
    var unequal: [String] {
        [
            inputs[0], "A font.", inputs.prefix(2).joined(separator: " "), "Shell",
            inputs.last.map { String($0.prefix(30)) } ?? "",
        ]
    }
}
