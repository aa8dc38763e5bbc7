import GRDB

/// The tables of the lab, as a list of migrations.
///
/// A migration that was released is never edited: a change of the tables is a new migration at the end. The
/// number of migrations is the database's `user_version`, by which an older Lyceum knows that it must not write.
///
/// Texts that hold a list or an object are JSON. Moments are UTC text (`Timestamp.text`). A NULL in `metrics`
/// and `scores` is not-a-number, which SQLite cannot store.
enum LabSchema {
    /// SQLite's `application_id` of a lab: "LYCM".
    static let applicationID = 0x4C59_434D

    /// The version that this code reads and writes.
    static let version = 7

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 replies, runs, generations") { db in
            try db.execute(sql: replies)
            try db.execute(sql: runs)
            try db.execute(sql: generations)
            try db.execute(sql: outputs)
            try db.execute(sql: "PRAGMA application_id = \(applicationID); PRAGMA user_version = 1")
        }
        migrator.registerMigration("2 logprobs") { db in
            try db.execute(sql: logprobs)
            try db.execute(sql: "PRAGMA user_version = 2")
        }
        migrator.registerMigration("3 batches") { db in
            try db.execute(sql: batches)
            try db.execute(sql: "PRAGMA user_version = 3")
        }
        migrator.registerMigration("4 estimated tokens") { db in
            try db.execute(sql: estimates)
            try db.execute(sql: "PRAGMA user_version = 4")
        }
        migrator.registerMigration("5 reasoning") { db in
            try db.execute(sql: reasoning)
            try db.execute(sql: "PRAGMA user_version = 5")
        }
        migrator.registerMigration("6 votes") { db in
            try db.execute(sql: votes)
            try db.execute(sql: "PRAGMA user_version = 6")
        }
        migrator.registerMigration("7 workshops") { db in
            try db.execute(sql: workshops)
            try db.execute(sql: "PRAGMA user_version = 7")
        }
        return migrator
    }

    /// Every reply that was bought. The newest of a key answers; older ones stay, because they were paid for
    /// and generations point to them.
    private static let replies = """
        CREATE TABLE replies (
            id INTEGER PRIMARY KEY,
            key TEXT NOT NULL,
            kind TEXT NOT NULL,
            server TEXT NOT NULL,
            model TEXT NOT NULL,
            messages TEXT NOT NULL,
            parameters TEXT NOT NULL,
            sample INTEGER NOT NULL,
            text TEXT NOT NULL,
            answered_by TEXT NOT NULL,
            finish_reason TEXT NOT NULL,
            prompt_tokens INTEGER,
            completion_tokens INTEGER,
            cost REAL,
            seconds REAL NOT NULL,
            created TEXT NOT NULL
        ) STRICT;
        CREATE INDEX replies_by_key ON replies (key, id);
        """

    /// How probable the tokens of a reply were: a JSON list of `{ token, logprob, top }`; NULL if that was not told.
    private static let logprobs = "ALTER TABLE replies ADD COLUMN logprobs TEXT"

    /// Whether the tokens of a reply are estimates, because the server did not say them; its cost is then one too.
    private static let estimates = "ALTER TABLE replies ADD COLUMN estimated INTEGER NOT NULL DEFAULT 0"

    /// What the model thought before the answer; NULL if nothing is known of that.
    private static let reasoning = "ALTER TABLE replies ADD COLUMN reasoning TEXT"

    /// What people said about two answers to one task: "first", "second" or "tie", of the texts in the order of `key`.
    private static let votes = """
        CREATE TABLE votes (
            key TEXT NOT NULL,
            voter TEXT NOT NULL,
            verdict TEXT NOT NULL,
            systems TEXT NOT NULL,
            created TEXT NOT NULL,
            PRIMARY KEY (key, voter)
        ) STRICT, WITHOUT ROWID;
        """

    /// What a workshop found, as a JSON object that a report shows, and the runs of its variants.
    private static let workshops = """
        CREATE TABLE workshops (
            id INTEGER PRIMARY KEY,
            page TEXT NOT NULL,
            created TEXT NOT NULL
        ) STRICT;
        CREATE TABLE workshop_runs (
            run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
            workshop INTEGER NOT NULL REFERENCES workshops ON DELETE CASCADE,
            PRIMARY KEY (run, workshop)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX workshop_runs_by_workshop ON workshop_runs (workshop);
        """

    private static let runs = """
        CREATE TABLE runs (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL,
            title TEXT NOT NULL,
            state TEXT NOT NULL,
            options TEXT NOT NULL,
            seed INTEGER,
            data TEXT NOT NULL,
            versions TEXT NOT NULL,
            git_commit TEXT,
            host TEXT NOT NULL,
            process TEXT,
            started TEXT NOT NULL,
            finished TEXT,
            problem TEXT,
            note TEXT NOT NULL DEFAULT ''
        ) STRICT;
        CREATE INDEX runs_by_state ON runs (state);
        CREATE TABLE tags (
            run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
            tag TEXT NOT NULL,
            PRIMARY KEY (run, tag)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE metrics (
            run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
            name TEXT NOT NULL,
            step INTEGER NOT NULL,
            value REAL,
            PRIMARY KEY (run, name, step)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE artifacts (
            id INTEGER PRIMARY KEY,
            run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
            kind TEXT NOT NULL,
            path TEXT NOT NULL,
            sha256 TEXT,
            bytes INTEGER,
            step INTEGER,
            created TEXT NOT NULL
        ) STRICT;
        CREATE INDEX artifacts_by_run ON artifacts (run);
        CREATE TABLE evaluations (
            id INTEGER PRIMARY KEY,
            run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
            name TEXT NOT NULL,
            data TEXT NOT NULL,
            signature TEXT NOT NULL,
            created TEXT NOT NULL
        ) STRICT;
        CREATE INDEX evaluations_by_run ON evaluations (run);
        CREATE TABLE scores (
            evaluation INTEGER NOT NULL REFERENCES evaluations ON DELETE CASCADE,
            place INTEGER NOT NULL,
            name TEXT NOT NULL,
            value REAL,
            low REAL,
            high REAL,
            PRIMARY KEY (evaluation, place)
        ) STRICT, WITHOUT ROWID;
        """

    private static let generations = """
        CREATE TABLE generations (
            run INTEGER PRIMARY KEY REFERENCES runs ON DELETE CASCADE,
            teacher TEXT NOT NULL,
            model TEXT NOT NULL,
            prompt TEXT NOT NULL,
            prompt_hash TEXT NOT NULL,
            input_data TEXT NOT NULL,
            output_data TEXT,
            rows INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX generations_by_input ON generations (input_data);
        CREATE INDEX generations_by_output ON generations (output_data);
        CREATE TABLE generation_rows (
            run INTEGER NOT NULL REFERENCES generations ON DELETE CASCADE,
            row INTEGER NOT NULL,
            sample INTEGER NOT NULL,
            reply INTEGER REFERENCES replies,
            reused INTEGER NOT NULL,
            problem TEXT,
            PRIMARY KEY (run, row, sample)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX generation_rows_by_reply ON generation_rows (reply);
        """

    /// `lineage`: whose data a run read. `outputs` and `predictions`: what a student wrote over a dataset.
    /// `pairs`: what an evaluation compared, row by row, with the figures of each row as a JSON object, from which
    /// two runs are tested against each other; `reference` is a JSON list.
    private static let outputs = """
        CREATE TABLE lineage (
            run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
            parent INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
            PRIMARY KEY (run, parent)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX lineage_by_parent ON lineage (parent);
        CREATE TABLE outputs (
            id INTEGER PRIMARY KEY,
            run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
            task TEXT NOT NULL,
            data TEXT NOT NULL,
            options TEXT NOT NULL,
            rows INTEGER NOT NULL,
            seconds REAL NOT NULL,
            created TEXT NOT NULL
        ) STRICT;
        CREATE INDEX outputs_by_run ON outputs (run);
        CREATE TABLE predictions (
            output INTEGER NOT NULL REFERENCES outputs ON DELETE CASCADE,
            row INTEGER NOT NULL,
            text TEXT NOT NULL,
            PRIMARY KEY (output, row)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE pairs (
            evaluation INTEGER NOT NULL REFERENCES evaluations ON DELETE CASCADE,
            row INTEGER NOT NULL,
            input TEXT,
            prediction TEXT NOT NULL,
            reference TEXT NOT NULL,
            figures TEXT NOT NULL,
            PRIMARY KEY (evaluation, row)
        ) STRICT, WITHOUT ROWID;
        """

    /// Batches that were handed to a server, and the questions whose replies have not been fetched from there.
    ///
    /// A question leaves `batch_requests` in the transaction that stores its reply, so no reply is stored twice.
    /// `process` is the mark of who hands it over, `creating` says that the server may have been told to start.
    private static let batches = """
        CREATE TABLE batches (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            mark TEXT NOT NULL,
            server TEXT NOT NULL,
            process TEXT,
            file TEXT,
            creating INTEGER NOT NULL DEFAULT 0,
            batch TEXT,
            state TEXT NOT NULL,
            requests INTEGER NOT NULL,
            replies INTEGER NOT NULL DEFAULT 0,
            created TEXT NOT NULL,
            ended TEXT
        ) STRICT;
        CREATE TABLE batch_requests (
            batch INTEGER NOT NULL REFERENCES batches ON DELETE CASCADE,
            key TEXT NOT NULL,
            kind TEXT NOT NULL,
            server TEXT NOT NULL,
            model TEXT NOT NULL,
            messages TEXT NOT NULL,
            parameters TEXT NOT NULL,
            sample INTEGER NOT NULL,
            PRIMARY KEY (batch, key)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX batch_requests_by_key ON batch_requests (key);
        """
}
