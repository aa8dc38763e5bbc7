import GRDB
import Glibc
import LyceumKit

extension LabStore {
    /// Starts a run that this process is doing.
    ///
    /// Prefer `record`, which goes on where the lab cannot be written.
    ///
    /// - Returns: its number.
    /// - Throws: `LyceumError.file` if it cannot be stored.
    public func startRun(_ start: RunStart) throws -> Int {
        let origin = try origin()
        return try write { db in try Self.insert(start, origin: origin, db) }
    }

    /// Ends a run.
    ///
    /// - Parameters:
    ///   - state: how it ended.
    ///   - problem: why it failed, in one line.
    /// - Throws: `LyceumError.unknownName` if there is no such run.
    public func finishRun(_ id: Int, _ state: RunState, problem: String? = nil) throws {
        try write { db in try Self.finish(id, state, problem: problem, at: .now, db) }
    }

    /// Records figures of a run; a figure that was recorded at the same step is replaced.
    ///
    /// - Parameter points: by name.
    /// - Throws: `LyceumError.unknownName` if there is no such run.
    public func addMetrics(_ points: [String: [TrainingReport.Point]], to run: Int) throws {
        try write { db in
            try Self.requireRun(run, db)
            for (name, points) in points {
                for point in points { try Self.insert(point, name: name, run: run, db) }
            }
        }
    }

    /// Records scores of a run.
    ///
    /// - Parameter pairs: what was scored, row by row, if it should be kept: two runs are tested against each
    ///   other on it.
    /// - Throws: `LyceumError.unknownName` if there is no such run.
    public func addEvaluation(
        _ evaluation: RunEvaluation, pairs: [EvaluatedPair] = [], to run: Int
    ) throws {
        try write { db in
            try Self.requireRun(run, db)
            let id = try Self.insert(evaluation, run: run, at: .now, db)
            try Self.insert(pairs, evaluation: id, db)
        }
    }

    /// Records a file or folder of a run with its SHA-256; it stays where it is.
    ///
    /// - Throws: `LyceumError.file` if it cannot be read, `LyceumError.unknownName` if there is no such run.
    @discardableResult
    public func addArtifact(kind: String, path: String, step: Int? = nil, to run: Int) throws -> RunArtifact {
        let artifact = try artifact(kind: kind, path: path, step: step)
        try write { db in
            try Self.requireRun(run, db)
            try insert(artifact, run: run, db)
        }
        return artifact
    }

    /// The folder for what a run leaves behind; made where it is missing. `deleteRun` removes what is recorded of it
    /// with `addArtifact`, and the folder when nothing else is in it.
    ///
    /// - Throws: `LyceumError.file` if it cannot be made.
    public func makeArtifactsFolder(of run: Int) throws -> String {
        let folder = artifactsFolder(of: run)
        try Files.makeFolder(folder)
        return folder
    }

    /// Replaces a run's note.
    ///
    /// - Throws: `LyceumError.unknownName` if there is no such run.
    public func note(_ text: String, run: Int) throws {
        try write { db in
            try Self.requireRun(run, db)
            try db.execute(sql: "UPDATE runs SET note = ? WHERE id = ?", arguments: [text.storable, run])
        }
    }

    /// Gives a run tags, or takes them away.
    ///
    /// - Throws: `LyceumError.unknownName` if there is no such run.
    public func tag(run: Int, add: [String] = [], remove: [String] = []) throws {
        try write { db in
            try Self.requireRun(run, db)
            for tag in remove {
                try db.execute(sql: "DELETE FROM tags WHERE run = ? AND tag = ?", arguments: [run, tag])
            }
            for tag in add where !tag.isEmpty {
                try db.execute(sql: "INSERT OR IGNORE INTO tags VALUES (?, ?)", arguments: [run, tag])
            }
        }
    }

    /// Forgets a run, its figures, its scores and the artifacts in its folder. Replies stay: they were paid for.
    ///
    /// - Throws: `LyceumError.unknownName` if there is no such run, `LyceumError.failed` if it is going on,
    ///   `LyceumError.file` if its artifacts cannot be removed; then nothing is forgotten.
    public func deleteRun(_ id: Int) throws {
        let dead = try sweepAbandoned()
        try write { db in
            try Self.requireRun(id, db)
            let row = try Row.fetchOne(
                db, sql: "SELECT state, process FROM runs WHERE id = ?", arguments: [id])
            let process: String? = try row?.optional("process")
            let state: String? = try row?.optional("state")
            if state == RunState.running.rawValue, !dead.contains(process ?? "") {
                throw LyceumError.failed("run \(id) is still going on", remedy: "end it first")
            }
            let kept = try String.fetchAll(
                db, sql: "SELECT path FROM artifacts WHERE run = ?", arguments: [id])
            try db.execute(sql: "DELETE FROM runs WHERE id = ?", arguments: [id])
            try Self.forgetWorkshopsWithoutRuns(db)
            try removeArtifacts(kept, of: id)
        }
    }

    /// Removes what a run left behind in its artifacts folder and recorded; what else somebody put there stays, and
    /// so does what lies behind a symbolic link.
    private func removeArtifacts(_ paths: [String], of run: Int) throws {
        let home = "artifacts/\(run)"
        for path in paths where path.hasPrefix(home + "/") {
            try Files.removeWritten(path, below: folder)
        }
        rmdir(Files.join(folder, home))
    }

    func artifactsFolder(of run: Int) -> String { Files.join(artifactsFolder, String(run)) }

    /// Hashes what is at `path`; inside the lab's folder the path is kept relative, so that the lab can move.
    func artifact(kind: String, path: String, step: Int?) throws -> RunArtifact {
        let absolute = Self.absolute(path)
        let digest = try ContentDigest(of: absolute)
        return RunArtifact(
            kind: kind, path: absolute, sha256: digest.sha256, byteCount: digest.byteCount, step: step,
            created: .now)
    }
}

/// Where and by whom a run is done.
struct RunOrigin: Sendable {
    let commit: String?
    let host: String
    /// The name of the process's mark; nil where it cannot be marked.
    let process: String?
}

extension LabStore {
    /// Marks this process as living and says where it is.
    func origin() throws -> RunOrigin {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        let host = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return RunOrigin(
            commit: GitCommit.current(in: Self.absolute("")), host: host, process: try processMark())
    }

    static func insert(_ start: RunStart, origin: RunOrigin, at moment: Timestamp = .now, _ db: Database)
        throws
        -> Int
    {
        try db.execute(
            sql: """
                INSERT INTO runs (kind, title, state, options, seed, data, versions, git_commit, host, process,
                    started)
                VALUES (?, ?, 'running', ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                start.kind.rawValue, start.title.storable,
                JSON.encode(.object(Secrets.redacted(start.options))), start.seed,
                JSON.encode(.object(start.data.mapValues(Value.string))),
                JSON.encode(.object(start.versions.mapValues(Value.string))), origin.commit, origin.host,
                origin.process, moment.text,
            ])
        let id = Int(db.lastInsertedRowID)
        for parent in start.parents {
            // One that was deleted meanwhile is not a parent any more.
            try db.execute(
                sql: "INSERT OR IGNORE INTO lineage SELECT ?, id FROM runs WHERE id = ?",
                arguments: [id, parent])
        }
        return id
    }

    static func finish(_ id: Int, _ state: RunState, problem: String?, at moment: Timestamp, _ db: Database)
        throws
    {
        try requireRun(id, db)
        try db.execute(
            sql: "UPDATE runs SET state = ?, finished = ?, problem = ? WHERE id = ?",
            arguments: [state.rawValue, moment.text, problem?.storable, id])
    }

    static func insert(_ point: TrainingReport.Point, name: String, run: Int, _ db: Database) throws {
        let statement = try db.cachedStatement(sql: "INSERT OR REPLACE INTO metrics VALUES (?, ?, ?, ?)")
        try statement.execute(arguments: [run, name, point.step, point.value])
    }

    @discardableResult
    static func insert(_ evaluation: RunEvaluation, run: Int, at moment: Timestamp, _ db: Database) throws
        -> Int
    {
        try db.execute(
            sql: "INSERT INTO evaluations (run, name, data, signature, created) VALUES (?, ?, ?, ?, ?)",
            arguments: [run, evaluation.name, evaluation.data, evaluation.signature, moment.text])
        let id = db.lastInsertedRowID
        for (place, score) in evaluation.scores.enumerated() {
            try db.execute(
                sql: "INSERT INTO scores VALUES (?, ?, ?, ?, ?, ?)",
                arguments: [id, place, score.name, score.value, score.low, score.high])
        }
        return Int(id)
    }

    func insert(_ artifact: RunArtifact, run: Int, _ db: Database) throws {
        let inside = folder + "/"
        let path =
            artifact.path.hasPrefix(inside) ? String(artifact.path.dropFirst(inside.count)) : artifact.path
        try db.execute(
            sql: """
                INSERT INTO artifacts (run, kind, path, sha256, bytes, step, created) VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                run, artifact.kind, path, artifact.sha256, artifact.byteCount, artifact.step,
                artifact.created.text,
            ])
    }

    static func requireRun(_ id: Int, _ db: Database) throws {
        let statement = try db.cachedStatement(sql: "SELECT 1 FROM runs WHERE id = ?")
        if try Int.fetchOne(statement, arguments: [id]) == nil { throw noRun(id) }
    }

    static func noRun(_ id: Int) -> LyceumError {
        .unknownName(kind: "run", name: String(id), known: [], remedy: "runs.list() shows what there is")
    }
}
