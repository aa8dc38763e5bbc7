import LyceumKit

/// Tries clauses of a contract in processes of their own: a student that dies breaks one clause, not the table.
public struct ContractTrial {
    private let executable: String
    private static let mark = "verdict "

    /// - Parameter executable: the program that `lyceum plugin try` is run with.
    public init(executable: String) { self.executable = executable }

    /// What the trial of one clause shows.
    ///
    /// - Throws: `LyceumError.cancelled`.
    public func verdict(
        on clause: StudentContract.Clause, task: StudentTask, student: String, manifest: String, job: Job
    ) throws -> StudentContract.Outcome.Verdict {
        var verdict: StudentContract.Outcome.Verdict?
        var said = ""
        let child = ChildProcess(
            command: [executable, "plugin", "try", manifest, student, task.rawValue, clause.rawValue],
            environment: ["SWIFT_BACKTRACE": "enable=no"])
        let ending = try child.run(job: job) { line in
            if line.hasPrefix(Self.mark) {
                verdict = Self.decode(line.dropFirst(Self.mark.count))
            } else {
                said = line
            }
        }
        if let verdict, ending.status == 0 { return verdict }
        return .broken("the process ended by \(ending.description)" + (said.isEmpty ? "" : ": \(said)"))
    }

    /// A verdict as one line.
    public static func encode(_ verdict: StudentContract.Outcome.Verdict) -> String {
        switch verdict {
        case .kept: return mark + "[\"kept\"]"
        case .broken(let why): return mark + JSON.encode(["broken", .string(why)])
        case .notApplicable(let why): return mark + JSON.encode(["notApplicable", .string(why)])
        }
    }

    private static func decode(_ line: Substring) -> StudentContract.Outcome.Verdict? {
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
