import LyceumKit

// What a student can be asked to do, and who does what it cannot.
extension StudentObject {
    /// Refuses a task that this student does not do, and says who does.
    ///
    /// - Throws: `LyceumError.unsupported`.
    func require(_ task: StudentTask, in environment: ScriptEnvironment) throws {
        let own = student.tasks
        guard !own.contains(task) else { return }
        var remedies = [environment.plugins.students.naming(task)]
        let isChosen = architecture.configuration.contains { option in
            guard case .choice(let tasks) = option.kind else { return false }
            return option.name == "task" && tasks.contains(task.rawValue)
        }
        if isChosen {
            let maker = "student.new(\"\(architecture.id)\", { task = \"\(task.rawValue)\" })"
            remedies.insert("\(maker) makes one that does", at: 0)
        }
        let done = own.isEmpty ? "nothing" : own.map(\.rawValue).joined(separator: " and ")
        throw LyceumError.unsupported(
            "this \(student.architecture) student does \(done), not \(task.rawValue)",
            remedy: remedies.joined(separator: "; "))
    }
}

extension [PluginManifest.StudentEntry] {
    /// The architectures that do a task, as a remedy: "bart, lstm, t5 can generate".
    func naming(_ task: StudentTask) -> String {
        let able = filter { $0.tasks.contains(task) }.map(\.id)
        return able.isEmpty
            ? "no plugin here brings a student that can \(task.rawValue)"
            : "\(able.joined(separator: ", ")) can \(task.rawValue)"
    }
}
