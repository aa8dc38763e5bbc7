import ArgumentParser
import Console
import LyceumKit
import PluginTools

/// `lyceum plugin check`: the contract of students, clause by clause.
struct PluginCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Try whether a plugin keeps the contract of students.",
        discussion: """
            Trains a small student some thirty times: answers, saving, cancelling, resuming, bad options, \
            determinism, damaged folders. Each clause is tried in a process of its own, so that a plugin \
            that dies is reported and the rest still tried. Teachers, metrics and formats are only opened.
            """)

    @Argument(
        help: "The id of a plugin (lyceum plugin list).",
        completion: .custom { _, _, _ in
            Program.pluginHost(choice: .all).plugins.compactMap { $0.manifest?.id }
        })
    var name: String

    func run() throws {
        try PluginCommand.reporting {
            let host = Program.pluginHost(choice: .all)
            let ids = host.plugins.compactMap { $0.manifest?.id }
            guard let found = host.plugins.first(where: { $0.manifest?.id == name }) else {
                throw LyceumError.unknownName(
                    kind: "plugin", name: name, known: ids, remedy: "lyceum plugin list shows them")
            }
            let manifest = try host.load(found.path)
            var broken = 0
            for line in manifest.promises { Terminal.write("\(line)\n") }
            for student in manifest.students {
                let architecture = try host.student(named: student.id)
                for contract in StudentContract.all(of: architecture) {
                    Terminal.write("\n\(student.id), \(contract.task.rawValue)\n")
                    broken += try check(contract, of: found.path, student: student.id)
                }
            }
            if broken > 0 {
                Terminal.report("lyceum: \(broken) clause\(broken == 1 ? " is" : "s are") broken")
                throw ExitCode(1)
            }
        }
    }

    /// Prints a table; gives how many clauses are broken.
    private func check(_ contract: StudentContract, of manifest: String, student: String) throws -> Int {
        let width = StudentContract.Clause.allCases.map(\.rawValue.count).max() ?? 0
        var broken = 0
        let trial = ContractTrial(executable: Program.executable)
        let job = PluginCommand.job("checking")
        for clause in StudentContract.Clause.allCases {
            let verdict = try trial.verdict(
                on: clause, task: contract.task, student: student, manifest: manifest, job: job)
            let (mark, text): (String, String)
            switch verdict {
            case .kept: (mark, text) = ("kept", clause.meaning)
            case .notApplicable(let why): (mark, text) = ("-", "\(clause.meaning) (not tried: \(why))")
            case .broken(let why):
                broken += 1
                (mark, text) = ("BROKEN", why)
            }
            Terminal.write(
                "  " + DisplayWidth.fit(clause.rawValue, to: width) + "  " + DisplayWidth.fit(mark, to: 6)
                    + "  "
                    + text + "\n")
        }
        return broken
    }
}

/// `lyceum plugin try`: one clause in this process; `ContractTrial` runs it.
struct PluginTryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "try", abstract: "Try one clause of the contract in this process.", shouldDisplay: false)

    @Argument var manifest: String
    @Argument var student: String
    @Argument var task: String
    @Argument var clause: String

    func run() throws {
        let host = PluginHost(folders: [])
        try host.load(manifest)
        guard let task = StudentTask(rawValue: task), let clause = StudentContract.Clause(rawValue: clause)
        else {
            throw ValidationError("no such task or clause")
        }
        let architecture = try host.student(named: student)
        for outcome in StudentContract(architecture, task: task).run([clause]) {
            Terminal.write(ContractTrial.encode(outcome.verdict) + "\n")
        }
    }
}
