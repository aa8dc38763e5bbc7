// What a student is, learns and answers.
extension StudentContract {
    func checkDeclarations() throws {
        try expect(!architecture.modelTypes.isEmpty, "no model_type: a saved student could not be loaded")
        let groups = [
            ("configuration", architecture.configuration), ("training", architecture.trainingOptions),
            ("generation", architecture.generationOptions),
            ("classification", architecture.classificationOptions),
        ]
        try checkDeclared(architecture.id, architecture.summary, groups)
        let known = Set(groups.flatMap { $0.1.map(\.name) })
        for name in architecture.trial.keys.sorted() {
            try expect(known.contains(name), "trial names an option '\(name)' that is not declared")
        }
    }

    func checkMaking() throws {
        let student = try make()
        try expect(
            student.architecture == architecture.id,
            "it calls itself '\(student.architecture)', its architecture is '\(architecture.id)'")
        try expect(
            student.tasks.contains(task), "it does not do \(task.rawValue), which its architecture promises")
        for (name, _) in student.card { try expect(!name.isEmpty, "a line of its card has no name") }
    }

    func checkUntrained() throws {
        let student = try make()
        do {
            try expect(try answers(student, inputs).count == inputs.count, "it does not answer each input")
        } catch is LyceumError {}
    }

    func checkTraining() throws {
        let student = try make()
        let watch = WatchedJob()
        let report = try train(student, job: watch.job())
        try expect(report.steps > 0, "the report counts \(report.steps) steps")
        try expect(report.seconds >= 0 && report.epochs >= 0, "the report has negative figures")
        let losses = report.history["loss"] ?? []
        try expect(!losses.isEmpty, "the report has no curve 'loss'")
        try expect(losses.allSatisfy { $0.value.isFinite }, "the loss is not finite: \(losses.map(\.value))")
        try expect(watch.count > 0, "training reports no progress to its job")
    }

    func checkAnswering() throws {
        let student = try trained()
        let answers = try answers(student, inputs)
        try expect(answers.count == inputs.count, "\(answers.count) answers for \(inputs.count) inputs")
        try expect(try self.answers(student, []).isEmpty, "there are answers to no input")
        let reversed = try self.answers(student, inputs.reversed())
        try expect(
            reversed.count == answers.count
                && zip(reversed, answers.reversed()).allSatisfy { $0.agrees(with: $1) },
            "the same inputs in another order get other answers")
        for case .label(let answer) in answers {
            let sum = answer.probabilities.reduce(0) { $0 + $1.probability }
            try expect(abs(sum - 1) < 1e-3, "the probabilities of one text add up to \(sum)")
            try expect(
                Set(answer.probabilities.map(\.label)) == Set(pairs.map(\.target)),
                "its labels are \(answer.probabilities.map(\.label)), it was trained on "
                    + "\(Set(pairs.map(\.target)).sorted())")
        }
    }

    func checkTexts() throws {
        let odd = Self.oddTexts
        let student = try trained()
        try expect(try answers(student, odd).count == odd.count, "not every text has an answer")
        // Odd texts may be learned from, too.
        let labels = pairs.map(\.target)
        try train(
            student,
            on: ExampleSource(
                odd.enumerated().map { Example(input: $1, target: labels[$0 % labels.count]) } + pairs))
    }

    func checkDeterminism() throws {
        let (first, second) = (try make(), try make())
        let reports = try [train(first), train(second)]
        let advice =
            "draw initial weights by Initializer, in training by Dropout or from the run's seed, never from a "
            + "generator of the process"
        try expect(
            reports[0].history["loss"] == reports[1].history["loss"],
            "two students of one seed, trained alike, have different losses; \(advice)")
        try expect(
            answers(first, inputs) == answers(second, inputs),
            "two students of one seed, trained alike, answer differently; \(advice)")
    }
}
