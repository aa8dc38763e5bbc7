import GRDB
import LyceumKit

/// What a student wrote over a dataset, as part of the run that trained it.
public struct RunOutput: Sendable, Equatable {
    /// What it did: "generate", "classify".
    public let task: String
    /// The fingerprint of the texts it read.
    public let data: String
    /// The options in force.
    public let options: [String: Value]
    /// How long it took, in seconds.
    public let seconds: Double
    /// What it wrote, row by row.
    public let predictions: [String]

    /// Describes an output.
    public init(
        task: String, data: String, options: [String: Value], seconds: Double, predictions: [String]
    ) {
        self.task = task
        self.data = data
        self.options = options
        self.seconds = seconds
        self.predictions = predictions
    }
}

extension LabStore {
    /// Records what the student of a run wrote.
    ///
    /// - Throws: `LyceumError.unknownName` if there is no such run, `LyceumError.file` if it cannot be stored;
    ///   then none of the rows is.
    public func addOutput(_ output: RunOutput, to run: Int) throws {
        try write { db in
            try Self.requireRun(run, db)
            try db.execute(
                sql: """
                    INSERT INTO outputs (run, task, data, options, rows, seconds, created)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    run, output.task, output.data, JSON.encode(.object(Secrets.redacted(output.options))),
                    output.predictions.count, output.seconds.isFinite ? output.seconds : 0,
                    Timestamp.now.text,
                ])
            let id = db.lastInsertedRowID
            let statement = try db.cachedStatement(sql: "INSERT INTO predictions VALUES (?, ?, ?)")
            for (row, text) in output.predictions.enumerated() {
                try statement.execute(arguments: [id, row, text.storable])
            }
        }
    }

    /// What the student of a run wrote last.
    ///
    /// - Returns: nil if it wrote nothing.
    /// - Throws: `LyceumError.unknownName` if there is no such run.
    public func newestOutput(of run: Int) throws -> RunOutput? {
        try details(of: run) { db in
            let found = try Row.fetchOne(
                db, sql: "SELECT * FROM outputs WHERE run = ? ORDER BY id DESC LIMIT 1", arguments: [run])
            guard let row = found else { return nil }
            let id: Int = try row.value("id")
            return RunOutput(
                task: try row.value("task"), data: try row.value("data"), options: try row.fields("options"),
                seconds: try row.value("seconds"),
                predictions: try Row.fetchAll(
                    db, sql: "SELECT text FROM predictions WHERE output = ? ORDER BY row", arguments: [id]
                ).map { try $0.value("text") })
        }
    }

    /// What the replies have cost that went into a run: its own, and those of all runs whose work it read.
    ///
    /// - Returns: nil if no teacher was asked.
    /// - Throws: `LyceumError.unknownName` if there is no such run.
    public func spending(ofRun run: Int) throws -> Spending? {
        try details(of: run) { db in
            let generations: [Int] = try Row.fetchAll(
                db,
                sql: """
                    WITH RECURSIVE ancestors (id) AS (
                        SELECT ? UNION SELECT parent FROM lineage JOIN ancestors ON run = ancestors.id)
                    SELECT run FROM generations JOIN ancestors ON run = ancestors.id
                    """,
                arguments: [run]
            ).map { try $0.value("run") }
            return generations.isEmpty ? nil : try Spending.fetch(db, generations: generations)
        }
    }

    /// All tags that any run has, sorted.
    public func tagNames() throws -> [String] {
        try read(ifMissing: []) { db in
            try Row.fetchAll(db, sql: "SELECT DISTINCT tag FROM tags ORDER BY tag").map {
                try $0.value("tag")
            }
        }
    }

    /// The names of all figures and scores that any run has, sorted.
    public func figureNames() throws -> [String] {
        try read(ifMissing: []) { db in
            try Row.fetchAll(db, sql: "SELECT name FROM metrics UNION SELECT name FROM scores ORDER BY name")
                .map { try $0.value("name") }
        }
    }
}
