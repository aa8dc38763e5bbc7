import GRDB
import LyceumKit

extension LabStore {
    /// The runs that fit a query.
    ///
    /// - Throws: `LyceumError.file` if the lab cannot be read.
    public func runs(_ query: RunQuery = RunQuery()) throws -> [RunRecord] {
        let dead = try sweepAbandoned()
        return try read(ifMissing: []) { db in
            let (sql, arguments) = query.sql(dead: dead)
            // A run that nobody can read, of a newer version or damaged, does not hide the others.
            return try Row.fetchAll(db, sql: sql, arguments: arguments).compactMap { row in
                do {
                    return try RunRecord.fetch(db, row)
                } catch let fault as DatabaseError where fault.message?.hasPrefix("run ") == true {
                    return nil
                }
            }
        }
    }

    /// Returns a run by its number.
    ///
    /// - Throws: `LyceumError.unknownName` if there is none.
    public func run(_ id: Int) throws -> RunRecord {
        let dead = try sweepAbandoned()
        let found = try read(ifMissing: nil) { db in
            let (sql, arguments) = RunQuery().sql(dead: dead)
            return try Row.fetchOne(
                db, sql: "SELECT * FROM (\(sql)) WHERE id = ?", arguments: arguments + [id]
            ).map { try RunRecord.fetch(db, $0) }
        }
        guard let found else { throw Self.noRun(id) }
        return found
    }

    /// A run's curves by name, in the order of the steps.
    ///
    /// - Throws: `LyceumError.unknownName` if there is no such run.
    public func history(of run: Int) throws -> [String: [TrainingReport.Point]] {
        try details(of: run) { db in
            var curves: [String: [TrainingReport.Point]] = [:]
            let rows = try Row.fetchCursor(
                db, sql: "SELECT name, step, value FROM metrics WHERE run = ? ORDER BY name, step",
                arguments: [run])
            while let row = try rows.next() {
                let point = TrainingReport.Point(step: try row.value("step"), value: try row.figure("value"))
                curves[try row.value("name"), default: []].append(point)
            }
            return curves
        }
    }

    /// What a run left behind, oldest first.
    ///
    /// - Throws: `LyceumError.unknownName` if there is no such run.
    public func artifacts(of run: Int) throws -> [RunArtifact] {
        try details(of: run) { db in
            try Row.fetchAll(db, sql: "SELECT * FROM artifacts WHERE run = ? ORDER BY id", arguments: [run])
                .map {
                    RunArtifact(
                        kind: try $0.value("kind"), path: Files.join(folder, try $0.value("path")),
                        sha256: try $0.optional("sha256"), byteCount: try $0.optional("bytes"),
                        step: try $0.optional("step"), created: try $0.moment("created"))
                }
        }
    }

    func details<T>(of run: Int, _ body: (Database) throws -> T) throws -> T {
        let found = try read(ifMissing: nil) { db -> T? in
            try Self.requireRun(run, db)
            return try body(db)
        }
        guard let found else { throw Self.noRun(run) }
        return found
    }
}

extension RunRecord {
    fileprivate static func fetch(_ db: Database, _ row: Row) throws -> RunRecord {
        let id: Int = try row.value("id")
        let kind: String = try row.value("kind")
        let state: String = try row.value("true_state")
        guard let kind = RunKind(rawValue: kind), let state = RunState(rawValue: state) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "run \(id)")
        }
        var damaged: [String] = []
        func whole<T>(_ column: String, _ otherwise: T, _ read: () throws -> T) -> T {
            if let value = try? read() { return value }
            damaged.append(column)
            return otherwise
        }
        let options = whole("options", [:]) { try row.fields("options") }
        let data = whole("data", [:]) { try row.texts("data") }
        let versions = whole("versions", [:]) { try row.texts("versions") }
        let title = whole("title", "?") { try row.value("title") as String }
        let started = whole("started", Timestamp.unknown) { try row.moment("started") }
        let finished = whole("finished", nil) { try row.optional("finished").flatMap(Timestamp.init(text:)) }
        let seed = whole("seed", nil) { try row.optional("seed") as Int? }
        let problem = whole("problem", nil) { try row.optional("problem") as String? }
        let note = whole("note", "") { try row.value("note") as String }
        let commit = whole("git_commit", nil) { try row.optional("git_commit") as String? }
        let host = whole("host", "?") { try row.value("host") as String }
        let damage = damaged.isEmpty ? nil : "its record is damaged: \(damaged.joined(separator: ", "))"
        let tags = try Row.fetchAll(
            db, sql: "SELECT tag FROM tags WHERE run = ? ORDER BY tag", arguments: [id])
        return RunRecord(
            id: id, kind: kind, title: title, state: state, options: options, seed: seed, data: data,
            versions: versions,
            parents: try Row.fetchAll(
                db, sql: "SELECT parent FROM lineage WHERE run = ? ORDER BY parent", arguments: [id]
            ).map { try $0.value("parent") },
            commit: commit, host: host, started: started, finished: finished,
            problem: [problem, damage].compactMap(\.self).joined(separator: "; ").nonEmpty, note: note,
            tags: tags.compactMap { try? $0.value("tag") },
            metrics: try lastPoints(db, run: id), evaluations: try RunEvaluation.fetch(db, run: id))
    }

    private static func lastPoints(_ db: Database, run: Int) throws -> [String: TrainingReport.Point] {
        // One step down the index for each name, instead of a walk over every point of the run.
        let rows = try Row.fetchAll(
            db,
            sql: """
                WITH RECURSIVE names (name) AS (
                    SELECT min(name) FROM metrics WHERE run = :run
                    UNION ALL
                    SELECT (SELECT min(name) FROM metrics WHERE run = :run AND name > names.name)
                    FROM names WHERE name IS NOT NULL)
                SELECT metrics.name, step, value FROM names JOIN metrics
                    ON run = :run AND metrics.name = names.name
                    AND step = (SELECT max(step) FROM metrics WHERE run = :run AND name = names.name)
                """,
            arguments: ["run": run])
        // One odd point does not hide the others.
        return rows.reduce(into: [:]) { points, row in
            guard let name: String = try? row.value("name"), let step: Int = try? row.value("step"),
                let value = try? row.figure("value")
            else { return }
            points[name] = TrainingReport.Point(step: step, value: value)
        }
    }
}

extension RunEvaluation {
    fileprivate static func fetch(_ db: Database, run: Int) throws -> [RunEvaluation] {
        try Row.fetchAll(db, sql: "SELECT * FROM evaluations WHERE run = ? ORDER BY id", arguments: [run]).map
        {
            let id: Int = try $0.value("id")
            let scores = try Row.fetchAll(
                db, sql: "SELECT * FROM scores WHERE evaluation = ? ORDER BY place", arguments: [id])
            return RunEvaluation(
                name: try $0.value("name"), data: try $0.value("data"), signature: try $0.value("signature"),
                scores: try scores.map {
                    RunScore(
                        try $0.value("name"), try $0.figure("value"), low: try $0.optional("low"),
                        high: try $0.optional("high"))
                })
        }
    }
}

extension String {
    /// The text; nil for an empty one.
    fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
