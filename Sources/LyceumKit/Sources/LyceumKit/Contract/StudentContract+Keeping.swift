// What stays of a student: saved, interrupted, resumed.
extension StudentContract {
    func checkSaving() throws {
        try withFolder { folder in
            let student = try trained()
            try student.save(to: folder)
            let path = Files.join(folder, "config.json")
            let type = try JSON.decode(Files.read(path), name: path).object?["model_type"]?.string ?? ""
            try expect(
                architecture.modelTypes.contains(type),
                "config.json names the model_type '\(type)', which the architecture does not read")
            let loaded = try architecture.load(folder)
            try expect(
                try answers(loaded, inputs) == answers(student, inputs),
                "the loaded student answers otherwise")
            try expect(
                loaded.card.map(\.value) == student.card.map(\.value),
                "the loaded student's card differs: \(loaded.card) and \(student.card)")
            try loaded.save(to: folder)
            _ = try architecture.load(folder)
        }
    }

    func checkContinuing() throws {
        try withFolder { folder in
            try trained().save(to: folder)
            let loaded = try architecture.load(folder)
            try train(loaded)
            try expect(try answers(loaded, inputs).count == inputs.count, "afterwards it does not answer")
        }
    }

    func checkCancelling() throws {
        let watch = WatchedJob()
        try train(try make(), job: watch.job())
        // Before it begins, at the first report, and in the middle.
        for report in Set([0, 1, max(1, watch.count / 2)]).sorted() {
            let student = try make()
            let failure = try error("a run that was cancelled at report \(report) of \(watch.count)") {
                try train(student, job: WatchedJob().job(cancelledAt: report))
            }
            guard case LyceumError.cancelled = failure else {
                throw ContractFault.broken(
                    "a cancelled run throws '\(failure)' in place of LyceumError.cancelled")
            }
            try train(student)
            try expect(try answers(student, inputs).count == inputs.count, "afterwards it does not answer")
        }
        let student = try trained()
        let failure = try error("asking with a cancelled job") {
            _ = try answers(student, inputs, job: WatchedJob().job(cancelledAt: 0))
        }
        guard case LyceumError.cancelled = failure else {
            throw ContractFault.broken("asking with a cancelled job throws '\(failure)'")
        }
    }

    func checkResuming() throws {
        let names = Set(architecture.trainingOptions.map(\.name))
        guard names.isSuperset(of: ["output_dir", "resume"]) else {
            throw ContractFault.nothingToTry("it declares no output_dir and resume")
        }
        try withFolder { folder in
            let watch = WatchedJob()
            let whole = try train(try make(), job: watch.job())
            let kept: [String: Value] = ["output_dir": .string(folder)]
            _ = try error("a cancelled run") {
                try train(try make(), kept, job: WatchedJob().job(cancelledAt: max(1, watch.count / 2)))
            }
            let student = try make()
            let report: TrainingReport
            do {
                report = try train(student, kept.merging(["resume": true]) { _, new in new })
            } catch {
                throw ContractFault.broken("after a cancelled run, resume fails: \(error)")
            }
            try expect(
                report.steps == whole.steps,
                "the resumed run ends at step \(report.steps), an uninterrupted one at \(whole.steps)")
            let difference = Self.difference(report.history["loss"] ?? [], whole.history["loss"] ?? [])
            try expect(difference == nil, difference ?? "")
        }
    }

    /// Where two curves part; nil if they do not.
    private static func difference(
        _ resumed: [TrainingReport.Point], _ whole: [TrainingReport.Point]
    ) -> String? {
        guard resumed.map(\.step) == whole.map(\.step) else {
            return "the resumed run's loss has the steps \(resumed.map(\.step)), an uninterrupted one's "
                + "\(whole.map(\.step))"
        }
        for (a, b) in zip(resumed, whole) where abs(a.value - b.value) > 1e-4 + 1e-3 * abs(b.value) {
            return "at step \(a.step) the resumed run's loss is \(a.value), an uninterrupted one's \(b.value)"
        }
        return nil
    }

    func checkDamage() throws {
        try withFolder { folder in
            try refuses("a folder that does not exist", folder)
            let student = try trained()
            try student.save(to: folder)
            for name in Files.list(folder).sorted() where !Files.isFolder(Files.join(folder, name)) {
                let path = Files.join(folder, name)
                let whole = try Files.read(path)
                // A file may be dispensable; then the student is as good as before.
                for (what, bytes) in [("cut", Array(whole.prefix(whole.count / 2))), ("empty", [])] {
                    try Files.write(bytes, to: path)
                    try loadsOrRefuses("\(name), \(what),", folder)
                }
                Files.removeTree(path)
                try loadsOrRefuses("\(name), missing,", folder)
                try Files.write(whole, to: path)
            }
            _ = try architecture.load(folder)
        }
    }

    private func refuses(_ what: String, _ folder: String) throws {
        let failure = try error("loading \(what)") { _ = try architecture.load(folder) }
        try expect(failure is LyceumError, "loading \(what) throws '\(failure)', which is not a LyceumError")
    }

    private func loadsOrRefuses(_ what: String, _ folder: String) throws {
        do {
            let loaded = try architecture.load(folder)
            try expect(try answers(loaded, inputs).count == inputs.count, "with \(what) it does not answer")
        } catch is LyceumError {} catch let broken as ContractFault {
            throw broken
        } catch {
            throw ContractFault.broken("loading with \(what) throws '\(error)', which is not a LyceumError")
        }
    }
}
