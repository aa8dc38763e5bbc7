import GRDB
import LyceumKit

extension LabStore {
    /// Keeps what a workshop found.
    ///
    /// - Parameters:
    ///   - page: a JSON object.
    ///   - runs: those of its variants; without any nothing is kept.
    /// - Throws: `LyceumError.unknownName` if there is no such run, `LyceumError.file` if it cannot be stored.
    public func keepWorkshop(_ page: LyceumKit.Value, runs: [Int]) throws {
        if runs.isEmpty { return }
        try write { db in
            for run in runs { try Self.requireRun(run, db) }
            try db.execute(
                sql: "INSERT INTO workshops (page, created) VALUES (?, ?)",
                arguments: [JSON.encode(page).storable, Timestamp.now.text])
            let workshop = db.lastInsertedRowID
            for run in runs {
                try db.execute(
                    sql: "INSERT OR IGNORE INTO workshop_runs (run, workshop) VALUES (?, ?)",
                    arguments: [run, workshop])
            }
        }
    }

    /// What the workshops found that compared any of these runs, oldest first.
    ///
    /// - Throws: `LyceumError.file` if the lab cannot be read.
    public func workshops(of runs: [Int]) throws -> [LyceumKit.Value] {
        try read(ifMissing: []) { db in
            // An older Lyceum's lab that may only be read has no such table.
            guard try db.tableExists("workshop_runs") else { return [] }
            var found: Set<Int> = []
            for run in runs {
                let numbers = try Row.fetchAll(
                    db, sql: "SELECT workshop FROM workshop_runs WHERE run = ?", arguments: [run])
                for row in numbers { found.insert(try row.value("workshop")) }
            }
            return try found.sorted().compactMap { number in
                let row = try Row.fetchOne(
                    db, sql: "SELECT page FROM workshops WHERE id = ?", arguments: [number])
                let text: String? = try row?.value("page")
                return text.flatMap { try? JSON.decode($0, name: "page") }
            }
        }
    }

    /// Forgets the workshops whose last run was forgotten.
    static func forgetWorkshopsWithoutRuns(_ db: Database) throws {
        try db.execute(sql: "DELETE FROM workshops WHERE id NOT IN (SELECT workshop FROM workshop_runs)")
    }
}
