import GRDB
import LyceumKit

extension LabStore {
    private var processesFolder: String { Files.join(folder, "processes") }

    /// The name of this process's mark, made at the first run; nil where it cannot be made, so that its runs are
    /// never taken for abandoned.
    func processMark() throws -> String? {
        // Opens the lab, and with it forgets the mark in a folder that was removed.
        try write { _ in }
        return try state.withLock { state in
            if state.mark == nil { state.mark = try ProcessMark.make(in: processesFolder) }
            return state.mark?.name
        }
    }

    /// Records the runs whose process has ended without a word.
    ///
    /// - Returns: the marks of the ended processes that still have running runs in the lab: those that could not
    ///   be recorded, because the lab cannot be written.
    func sweepAbandoned() throws -> [String] {
        let own = state.withLock { $0.mark?.name }
        let processes = try read(ifMissing: []) { db in
            try Row.fetchAll(
                db,
                sql: "SELECT DISTINCT process FROM runs WHERE state = 'running' AND process IS NOT NULL"
            ).map { try $0.value("process") as String }
        }
        let dead = processes.filter { $0 != own && ProcessMark.isDead($0, in: processesFolder) }
        if dead.isEmpty { return [] }
        do {
            try write { db in
                for process in dead {
                    try db.execute(
                        sql: "UPDATE runs SET state = 'abandoned' WHERE state = 'running' AND process = ?",
                        arguments: [process])
                }
            }
            ProcessMark.sweep(processesFolder)
            return []
        } catch is LyceumError {
            return dead
        }
    }
}
