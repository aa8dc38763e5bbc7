import GRDB
import LyceumKit

extension LabStore {
    /// Records that a teacher starts to go over a dataset.
    ///
    /// - Returns: the number of its run; `finishRun` ends it.
    /// - Throws: `LyceumError.file` if it cannot be stored.
    public func startGeneration(_ start: GenerationStart) throws -> Int {
        let run = RunStart(
            kind: .generate, title: start.title, options: start.options, seed: start.seed,
            data: ["input": start.inputData], versions: start.versions, parents: start.parents)
        let origin = try origin()
        return try write { db in
            let id = try Self.insert(run, origin: origin, db)
            try db.execute(
                sql: """
                    INSERT INTO generations (run, teacher, model, prompt, prompt_hash, input_data, rows)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    id, start.teacher, start.model, start.prompt.storable,
                    start.promptHash, start.inputData, start.rows,
                ])
            return id
        }
    }

    /// Keeps what came of rows of a generation, replies included; when this returns it survives the end of the
    /// process. A row that was kept before is replaced: its reply stays.
    ///
    /// - Returns: the numbers of the rows' replies, in order; nil for a row that failed.
    /// - Throws: `LyceumError.unknownName` if there is no such generation, `LyceumError.file` if it cannot be
    ///   stored; then none of the rows is.
    @discardableResult
    public func keep(_ rows: [GenerationRow], of generation: Int) throws -> [Int?] {
        if rows.isEmpty { return [] }
        return try write { db in
            try Self.requireGeneration(generation, db)
            let statement = try db.cachedStatement(
                sql: """
                    INSERT OR REPLACE INTO generation_rows (run, row, sample, reply, reused, problem)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """)
            return try rows.map { row in
                var reply: Int?
                var isReused = false
                var problem = row.defect?.storable
                switch row.outcome {
                case .reply(let request, let new): reply = try Self.insert(new, to: request, db)
                case .stored(let id): reply = id
                case .reused(let id): (reply, isReused) = (id, true)
                case .failed(let reason): problem = reason.storable
                }
                try statement.execute(
                    arguments: [generation, row.row, row.sample, reply, isReused, problem])
                return reply
            }
        }
    }

    /// Records which dataset a generation has made, so that the lab can tell what that dataset cost.
    ///
    /// - Parameter fingerprint: the dataset's.
    /// - Throws: `LyceumError.unknownName` if there is no such generation.
    public func setOutput(_ fingerprint: String, of generation: Int) throws {
        try write { db in
            try Self.requireGeneration(generation, db)
            try db.execute(
                sql: "UPDATE generations SET output_data = ? WHERE run = ?",
                arguments: [fingerprint, generation])
        }
    }

    /// A generation by the number of its run.
    ///
    /// - Throws: `LyceumError.unknownName` if there is none.
    public func generation(_ id: Int) throws -> GenerationRecord {
        let found = try read(ifMissing: nil) { db in
            try Row.fetchOne(db, sql: "SELECT * FROM generations WHERE run = ?", arguments: [id]).map { row in
                try GenerationRecord.fetch(db, row)
            }
        }
        guard let found else { throw Self.noGeneration(id) }
        return found
    }

    /// Why rows of a generation have no answer.
    ///
    /// - Returns: the rows in order, counted from 0, with the sample and the reason.
    public func failures(of generation: Int) throws -> [(row: Int, sample: Int, reason: String)] {
        try read(ifMissing: []) { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT row, sample, problem FROM generation_rows
                    WHERE run = ? AND problem IS NOT NULL ORDER BY row, sample
                    """,
                arguments: [generation]
            ).map { (try $0.value("row"), try $0.value("sample"), try $0.value("problem")) }
        }
    }

    /// What a dataset cost: the replies of every generation that made it, or, if none did, of every generation
    /// that was made from it.
    ///
    /// - Parameter fingerprint: the dataset's.
    /// - Returns: nil if the lab knows of no such generation.
    public func spending(ofDataset fingerprint: String) throws -> Spending? {
        try read(ifMissing: nil) { db in
            for column in ["output_data", "input_data"] {
                let runs: [Int] = try Row.fetchAll(
                    db, sql: "SELECT run FROM generations WHERE \(column) = ?", arguments: [fingerprint]
                ).map { try $0.value("run") }
                if !runs.isEmpty { return try Spending.fetch(db, generations: runs) }
            }
            return nil
        }
    }

    /// What the replies of several generations cost, each by itself.
    ///
    /// - Returns: by the number of the run; runs that asked no teacher are missing.
    public func spendings(ofGenerations runs: [Int]) throws -> [Int: Spending] {
        try read(ifMissing: [:]) { db in
            var found: [Int: Spending] = [:]
            for run in runs {
                let statement = try db.cachedStatement(sql: "SELECT 1 FROM generations WHERE run = ?")
                if try Int.fetchOne(statement, arguments: [run]) == nil { continue }
                found[run] = try Spending.fetch(db, generations: [run])
            }
            return found
        }
    }

    /// What the replies of some runs cost, and of all runs whose work they read; each reply counts once.
    ///
    /// - Returns: nil if none of them asked a teacher.
    public func spending(ofRuns runs: [Int]) throws -> Spending? {
        if runs.isEmpty { return nil }
        return try read(ifMissing: nil) { db in
            let generations: [Int] = try Row.fetchAll(
                db,
                sql: """
                    WITH RECURSIVE ancestors (id) AS (
                        SELECT value FROM json_each(?)
                        UNION SELECT parent FROM lineage JOIN ancestors ON run = ancestors.id)
                    SELECT run FROM generations JOIN ancestors ON run = ancestors.id
                    """,
                arguments: [JSON.encode(.list(runs.map(Value.integer)))]
            ).map { try $0.value("run") }
            return generations.isEmpty ? nil : try Spending.fetch(db, generations: generations)
        }
    }

    /// The runs of generations that made a dataset.
    ///
    /// - Parameter fingerprint: the dataset's.
    public func generations(thatMade fingerprint: String) throws -> [Int] {
        try generations(where: "output_data", is: fingerprint)
    }

    /// The runs of generations that read a dataset.
    ///
    /// - Parameter fingerprint: the dataset's.
    public func generations(madeFrom fingerprint: String) throws -> [Int] {
        try generations(where: "input_data", is: fingerprint)
    }

    private func generations(where column: String, is fingerprint: String) throws -> [Int] {
        try read(ifMissing: []) { db in
            try Row.fetchAll(
                db, sql: "SELECT run FROM generations WHERE \(column) = ?", arguments: [fingerprint]
            ).map { try $0.value("run") }
        }
    }

    private static func requireGeneration(_ id: Int, _ db: Database) throws {
        let statement = try db.cachedStatement(sql: "SELECT 1 FROM generations WHERE run = ?")
        if try Int.fetchOne(statement, arguments: [id]) == nil { throw noGeneration(id) }
    }

    private static func noGeneration(_ id: Int) -> LyceumError {
        .unknownName(
            kind: "generation", name: String(id), known: [], remedy: "runs.list() shows what there is")
    }
}

extension Spending {
    static func fetch(_ db: Database, generations: [Int]) throws -> Spending {
        let places = repeatElement("?", count: generations.count).joined(separator: ",")
        return try fetch(
            db,
            from: """
                replies WHERE id IN (SELECT reply FROM generation_rows WHERE run IN (\(places)))
                """,
            arguments: StatementArguments(generations))
    }
}

extension GenerationRecord {
    static func fetch(_ db: Database, _ row: Row) throws -> GenerationRecord {
        let id: Int = try row.value("run")
        let counts = try Row.fetchOne(
            db,
            sql: """
                SELECT count(*) FILTER (WHERE problem IS NULL AND NOT reused) AS answered,
                    count(*) FILTER (WHERE problem IS NULL AND reused) AS reused,
                    count(*) FILTER (WHERE problem IS NOT NULL) AS failed
                FROM generation_rows WHERE run = ?
                """,
            arguments: [id])
        return GenerationRecord(
            id: id, teacher: try row.value("teacher"), model: try row.value("model"),
            prompt: try row.value("prompt"), promptHash: try row.value("prompt_hash"),
            inputData: try row.value("input_data"), outputData: try row.optional("output_data"),
            rows: try row.value("rows"), answered: try counts?.value("answered") ?? 0,
            reused: try counts?.value("reused") ?? 0, failed: try counts?.value("failed") ?? 0,
            spending: try Spending.fetch(db, generations: [id]))
    }
}
