import ArgumentParser
import Console
import LyceumKit
import PluginTools

/// `lyceum plugin check`: the contracts of what a plugin brings, clause by clause.
struct PluginCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check a plugin against the contracts of what it brings.",
        discussion: """
            Trains a small student some forty times: answers, precision, beams, saving, cancelling, resuming, bad \
            options, determinism, damaged folders. Teachers are asked a few questions (one that is paid for costs a \
            few answers), metrics score odd texts, formats read damaged files. Each clause is tried in a process of its \
            own, so that a plugin that dies or never ends is reported and the rest still tried.
            """)

    @Argument(
        help: "The id of a plugin (lyceum plugin list).",
        completion: .custom { _, _, _ in
            Program.pluginHost(choice: .all).plugins.compactMap { $0.manifest?.id }
        })
    var name: String

    @Option(help: "The seconds that one clause may take.")
    var limit = 120.0

    func run() throws {
        try PluginCommand.reporting {
            guard limit > 0 else { throw ValidationError("--limit is a number of seconds above 0") }
            let host = Program.pluginHost(choice: .all)
            let ids = host.plugins.compactMap { $0.manifest?.id }
            guard let found = host.plugins.first(where: { $0.manifest?.id == name }) else {
                throw LyceumError.unknownName(
                    kind: "plugin", name: name, known: ids, remedy: "lyceum plugin list shows them")
            }
            let manifest = try host.load(found.path)
            var broken = 0
            for subject in ContractSubject.all(of: manifest) {
                Terminal.write("\n\(subject.title)\n")
                broken += try check(subject, of: found.path)
            }
            if broken > 0 {
                Terminal.report("lyceum: \(broken) clause\(broken == 1 ? " is" : "s are") broken")
                throw ExitCode(1)
            }
        }
    }

    /// Prints a table, each clause as it begins; gives how many are broken.
    private func check(_ subject: ContractSubject, of manifest: String) throws -> Int {
        let width = subject.clauses.map(\.name.count).max() ?? 0
        var broken: Set<String> = []
        let trial = ContractTrial(executable: Program.executable)
        for clause in subject.clauses {
            Terminal.write("  " + DisplayWidth.fit(clause.name, to: width) + "  ")
            let (mark, text): (String, String)
            if let missing = clause.needs.first(where: broken.contains) {
                (mark, text) = ("-", "\(clause.meaning) (not tried: \(missing) is broken)")
            } else {
                let verdict = try trial.verdict(
                    on: clause.name, of: subject, manifest: manifest, limit: limit,
                    job: Job("checking", listener: Job.Listener(progress: { _ in }, note: { _ in })))
                switch verdict {
                case .kept: (mark, text) = ("kept", clause.meaning)
                case .notApplicable(let why): (mark, text) = ("-", "\(clause.meaning) (not tried: \(why))")
                case .broken(let why):
                    broken.insert(clause.name)
                    (mark, text) = ("BROKEN", why)
                }
            }
            Terminal.write(DisplayWidth.fit(mark, to: 6) + "  " + text + "\n")
        }
        return broken.count
    }
}

/// `lyceum plugin try`: one clause in this process; `ContractTrial` runs it.
struct PluginTryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "try", abstract: "Try one clause of a contract in this process.", shouldDisplay: false)

    @Argument var manifest: String
    @Argument(help: "Kind, id, task and clause.") var words: [String]

    func run() throws {
        let host = PluginHost(folders: [])
        try host.load(manifest)
        let verdict = try ContractSubject.attempt(words, host: host)
        Terminal.write(ContractTrial.encode(verdict) + "\n")
    }
}
