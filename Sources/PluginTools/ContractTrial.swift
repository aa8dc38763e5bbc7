import LyceumKit

/// Tries clauses of a contract in processes of their own: what dies breaks one clause, not the table.
public struct ContractTrial {
    private let executable: String
    private static let mark = "verdict "

    /// - Parameter executable: the program that `lyceum plugin try` is run with.
    public init(executable: String) { self.executable = executable }

    /// What the trial of one clause shows.
    ///
    /// - Parameter limit: seconds after which it counts as broken.
    /// - Throws: `LyceumError.cancelled`.
    public func verdict(
        on clause: String, of subject: ContractSubject, manifest: String, limit: Double, job: Job
    ) throws -> ContractOutcome.Verdict {
        var verdict: ContractOutcome.Verdict?
        var said = ""
        let task = subject.task?.rawValue ?? "-"
        let child = ChildProcess(
            command: [executable, "plugin", "try", manifest, subject.kind, subject.id, task, clause],
            environment: ["SWIFT_BACKTRACE": "enable=no"])
        let ending = try child.run(job: job, limit: limit) { line in
            if line.hasPrefix(Self.mark) {
                verdict = Self.decode(line.dropFirst(Self.mark.count))
            } else if said.isEmpty || line.contains("Fatal") {
                said = line
            }
        }
        if ending.isTooLong {
            return .broken("it did not end within \(Int(limit)) s (--limit SECONDS allows more)")
        }
        if let verdict, ending.status == 0 { return verdict }
        return .broken("the process ended by \(ending.description)" + (said.isEmpty ? "" : ": \(said)"))
    }

    /// A verdict as one line.
    public static func encode(_ verdict: ContractOutcome.Verdict) -> String {
        switch verdict {
        case .kept: return mark + "[\"kept\"]"
        case .broken(let why): return mark + JSON.encode(["broken", .string(why)])
        case .notApplicable(let why): return mark + JSON.encode(["notApplicable", .string(why)])
        }
    }

    private static func decode(_ line: Substring) -> ContractOutcome.Verdict? {
        guard let parts = try? JSON.decode(Array(line.utf8), name: "verdict").list?.compactMap(\.string)
        else {
            return nil
        }
        let why = parts.last ?? ""
        switch parts.first {
        case "kept": return .kept
        case "broken": return .broken(why)
        case "notApplicable": return .notApplicable(why)
        default: return nil
        }
    }
}
