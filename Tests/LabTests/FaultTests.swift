import GRDB
import Glibc
import LyceumKit
import Synchronization
import Testing

@testable import Lab

/// Collects what a recorder tells the user.
private final class Notes: Sendable {
    private let all = Mutex<[String]>([])
    var texts: [String] { all.withLock { $0 } }
    func add(_ text: String) { all.withLock { $0.append(text) } }
}

private let train = RunStart(kind: .train, title: "t5")

@Suite struct FaultTests {
    private let folder = TemporaryFolder()

    // MARK: A full disk

    /// SQLite refuses to grow a database beyond `max_page_count` with the same error as on a full disk.
    @Test func fullDisk() throws {
        let lab = LabStore(folder: folder.lab)
        try lab.keep([newReply(1)])
        try limitPages(of: lab, to: 40)
        let big = String(repeating: "x", count: 400_000)
        let text = message { try lab.keep([newReply(2, text: big)]) }
        #expect(
            text
                == "\(lab.path): the disk is full; free some space and try again; what was stored before is safe"
        )
        // A run goes on, is told once, and records all when there is space again.
        let notes = Notes()
        let recorder = lab.record(train) { notes.add($0) }
        let id = try #require(recorder.id)
        recorder.evaluation(RunEvaluation(name: "test", signature: big, scores: []))
        for step in 1...5 { recorder.metrics(step: step, ["loss": Double(step)]) }
        #expect(notes.texts.count == 1)
        #expect(notes.texts.first?.contains("the disk is full") == true)
        #expect(recorder.problem != nil)
        #expect(try lab.run(id).metrics.isEmpty)
        #expect(try lab.replies(for: [request(1).key]).count == 1)
        try limitPages(of: lab, to: 100_000)
        #expect(recorder.retry())
        #expect(try lab.run(id).metrics["loss"] == .init(step: 5, value: 5))
        #expect(try lab.run(id).evaluations.count == 1)
        try lab.keep([newReply(2, text: big)])
        #expect(try lab.check().isEmpty)
    }

    private func limitPages(of lab: LabStore, to count: Int) throws {
        // The limit belongs to the writing connection.
        try lab.write { db in _ = try Int.fetchOne(db, sql: "PRAGMA max_page_count = \(count)") }
    }

    /// A file that the system refuses to let grow: what a quota does.
    @Test func refusedWrites() async throws {
        let (path, log) = (folder.lab, folder.file("log"))
        try LabStore(folder: path).keep([newReply(1)])
        await #expect(processExitsWith: .success) { [path = path as String, log = log as String] in
            signal(SIGXFSZ, SIG_IGN)
            let lab = LabStore(folder: path)
            try lab.keep([newReply(2)])
            var limit = rlimit(rlim_cur: 200_000, rlim_max: 200_000)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            let big = String(repeating: "x", count: 400_000)
            append(message { try lab.keep([newReply(3, text: big)]) } ?? "no error", to: log)
            try lab.keep([newReply(4)])
        }
        #expect(lines(of: log).first?.contains("what was stored before is safe") == true)
        let lab = LabStore(folder: path)
        #expect(try lab.replies(for: (1...4).map { request($0).key }).count == 3)
        #expect(try lab.check().isEmpty)
    }

    /// Not a byte can be written, not even to open the database in the usual way.
    @Test func readingGoesOnOnAFullDisk() async throws {
        let path = folder.lab
        try LabStore(folder: path).keep([newReply(1)])
        await #expect(processExitsWith: .success) { [path = path as String] in
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 0, rlim_max: 0)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            let lab = LabStore(folder: path)
            let before = try lab.replies(for: [request(1).key]).count
            let text = message { try lab.keep([newReply(2)]) }
            let after = try lab.replies(for: [request(1).key]).count
            #expect(before == 1)
            #expect(text?.contains("what was stored before is safe") == true)
            #expect(after == 1)
        }
    }

    // MARK: No permission

    @Test func readOnlyFolder() async throws {
        let (path, log) = (folder.lab, folder.file("log"))
        do {
            let lab = LabStore(folder: path)
            try lab.keep([newReply(1)])
            try lab.finishRun(try lab.startRun(train), .finished)
        }
        chmod(path + "/lab.sqlite", 0o444)
        chmod(path, 0o555)
        append("start", to: log)
        chmod(log, 0o666)
        await #expect(processExitsWith: .success) { [path = path as String, log = log as String] in
            // Root may write anywhere: give up its rights.
            if getuid() == 0 { setuid(65534) }
            let lab = LabStore(folder: path)
            append("\(try lab.replies(for: [request(1).key]).count) \(try lab.runs().count)", to: log)
            append("\(try lab.sql("select count(*) from runs").rows)", to: log)
            append(message { try lab.keep([newReply(2)]) } ?? "no error", to: log)
            let notes = Notes()
            let recorder = lab.record(train) { notes.add($0) }
            recorder.metrics(step: 1, ["loss": 1])
            recorder.finish(.finished)
            append("\(recorder.id as Int?, default: "none") \(notes.texts.count)", to: log)
            append(
                message { try LabStore(folder: path + "/inner").keep([newReply(2)]) } ?? "no error", to: log)
        }
        chmod(path, 0o755)
        let said = lines(of: log)
        #expect(said.count == 6)
        #expect(said[1] == "1 1")
        #expect(said[2] == "[[LyceumKit.Value.integer(1)]]")
        #expect(
            said[3]
                == "\(path)/lab.sqlite: is read-only here (Permission denied), so nothing new can be stored; "
                + "check the folder's permissions, or use another lab")
        #expect(said[4] == "none 1")
        #expect(said[5].contains("\(path)/inner: cannot be made (Permission denied)"))
    }

    // MARK: Somebody else's lock

    @Test func lockedByAnotherProcess() async throws {
        let path = folder.lab
        try LabStore(folder: path).keep([newReply(1)])
        let (locked, release) = (folder.file("locked"), folder.file("release"))
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await #expect(processExitsWith: .success) {
                    [path = path as String, locked = locked as String, release = release as String] in
                    let queue = try DatabaseQueue(path: path + "/lab.sqlite")
                    try queue.writeWithoutTransaction { db in
                        try db.execute(sql: "BEGIN IMMEDIATE")
                        append("now", to: locked)
                        wait(for: release)
                        try db.execute(sql: "COMMIT")
                    }
                }
            }
            group.addTask { [folder] in
                wait(for: locked)
                let lab = LabStore(folder: path, patience: 0.2)
                let text = message { try lab.keep([newReply(2)]) }
                #expect(
                    text == "\(lab.path): another process has kept it locked for 0.2 s; "
                        + "try again, or end that process (fuser '\(lab.path)' names it)")
                // Reading goes on.
                #expect((try? lab.replies(for: [request(1).key]).count) == 1)
                let notes = Notes()
                let recorder = lab.record(train) { notes.add($0) }
                recorder.metrics(step: 1, ["loss": 1])
                #expect(recorder.id == nil)
                #expect(notes.texts.count == 1)
                append("now", to: folder.file("release"))
                #expect(message { try LabStore(folder: path).keep([newReply(3)]) } == nil)
                #expect(recorder.retry())
                #expect(recorder.id != nil)
            }
        }
    }

    // MARK: Damage

    @Test func notADatabase() throws {
        try Files.makeFolder(folder.lab)
        let content = String(repeating: "This is not a database. ", count: 500)
        try Files.write(content, to: folder.lab + "/lab.sqlite")
        let lab = LabStore(folder: folder.lab)
        let text = message { try lab.keep([newReply(1)]) }
        #expect(text?.hasPrefix("\(lab.path): the database is damaged; move the folder away") == true)
        #expect(message { _ = try lab.runs() } == text)
        // Nothing was done to it.
        #expect(try Files.read(lab.path) == Array(content.utf8))
    }

    @Test func damagedPages() throws {
        do {
            let lab = LabStore(folder: folder.lab)
            try lab.keep((0..<300).map { newReply($0, text: String(repeating: "x", count: 1000)) })
            try lab.finishRun(try lab.startRun(train), .finished)
        }
        let path = folder.lab + "/lab.sqlite"
        var bytes = try Files.read(path)
        // All pages but the first are noise of which some parts look like pages.
        var random = SeededGenerator(seed: 5)
        for i in stride(from: 4096, to: bytes.count, by: 3) { bytes[i] = UInt8(random.index(below: 256)) }
        try Files.write(bytes, to: path)
        let lab = LabStore(folder: folder.lab)
        let texts = [
            message { _ = try lab.replies(for: (0..<300).map { request($0).key }) },
            message { _ = try lab.runs() },
            message { _ = try lab.sql("select * from replies") },
        ]
        for text in texts { #expect(text?.contains("the database is damaged") == true) }
        #expect(!((try? lab.check()) ?? ["cannot be opened"]).isEmpty)
        let recorder = lab.record(train) { _ in }
        recorder.metrics(step: 1, ["loss": 1])
        recorder.finish(.finished)
        #expect(recorder.problem?.contains("damaged") == true)
    }

    /// Whatever bytes are wrong, what is read is right or refused; nothing ends the process.
    @Test func scatteredDamage() throws {
        do {
            let lab = LabStore(folder: folder.lab)
            try lab.keep((0..<60).map { newReply($0) })
            let recorder = lab.record(train) { _ in }
            for step in 1...50 { recorder.metrics(step: step, ["loss": 1]) }
            recorder.evaluation(RunEvaluation(name: "test", scores: [RunScore("rouge1", 0.4)]))
            recorder.finish(.finished)
        }
        let path = folder.lab + "/lab.sqlite"
        let whole = try Files.read(path)
        var refusals = 0
        for seed in 0..<40 {
            var random = SeededGenerator(seed: seed)
            var bytes = whole
            for _ in 0..<(1 << (seed % 9)) {
                bytes[random.index(below: bytes.count)] = UInt8(random.index(below: 256))
            }
            try Files.write(bytes, to: path)
            let lab = LabStore(folder: folder.lab)
            let attempts: [() throws -> Void] = [
                { _ = try lab.replies(for: (0..<60).map { request($0).key }) },
                { _ = try lab.runs() },
                { _ = try lab.history(of: 1) },
                { _ = try lab.sql("select * from replies, runs") },
                { _ = try lab.check() },
                { try lab.keep([newReply(100)]) },
                { try lab.deleteRun(1) },
            ]
            refusals += attempts.count { message($0) != nil }
        }
        #expect(refusals > 20)
    }

    @Test func cutShort() throws {
        do { try LabStore(folder: folder.lab).keep((0..<300).map { newReply($0) }) }
        let path = folder.lab + "/lab.sqlite"
        let bytes = try Files.read(path)
        try Files.write(Array(bytes[..<(bytes.count / 2)]), to: path)
        let lab = LabStore(folder: folder.lab)
        let text = message { _ = try lab.replies(for: (0..<300).map { request($0).key }) }
        #expect(text?.contains("the database is damaged") == true)
        // So damaged that it cannot even be opened.
        #expect(message { _ = try lab.check() } == text)
    }

    // MARK: Not ours

    @Test func newerVersion() throws {
        do { try LabStore(folder: folder.lab).keep([newReply(1)]) }
        try change("PRAGMA user_version = 99")
        let lab = LabStore(folder: folder.lab)
        let expected =
            "\(lab.path): was written by a newer Lyceum (format 99; this one knows \(LabSchema.version)); update Lyceum, or use another lab"
        #expect(message { try lab.keep([newReply(2)]) } == expected)
        #expect(message { _ = try lab.runs() } == expected)
    }

    @Test func anotherProgramsDatabase() throws {
        try Files.makeFolder(folder.lab)
        try change("CREATE TABLE bookmarks (url TEXT)")
        let lab = LabStore(folder: folder.lab)
        #expect(message { try lab.keep([newReply(1)]) }?.contains("is a database of another program") == true)
    }

    @Test func anEmptyFileBecomesALab() throws {
        try Files.makeFolder(folder.lab)
        try Files.write("", to: folder.lab + "/lab.sqlite")
        try LabStore(folder: folder.lab).keep([newReply(1)])
        #expect(try LabStore(folder: folder.lab).replies(for: [request(1).key]).count == 1)
    }

    /// What remains of a process that was killed while it made the lab.
    @Test func aLabThatIsHalfMadeIsMade() throws {
        try Files.makeFolder(folder.lab)
        try change(
            "PRAGMA journal_mode = WAL; CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
        try LabStore(folder: folder.lab).keep([newReply(1)])
        #expect(try LabStore(folder: folder.lab).replies(for: [request(1).key]).count == 1)
    }

    @Test func theFolderIsAFile() throws {
        try Files.write("", to: folder.lab)
        let text = message { try LabStore(folder: folder.lab).keep([newReply(1)]) }
        #expect(text?.contains("cannot be made") == true)
    }

    /// A migration that was released is never edited: a change of the tables is a new migration.
    @Test func theTablesOfVersion1StayAsTheyAre() throws {
        let queue = try DatabaseQueue()
        try LabSchema.migrator.migrate(queue, upTo: "1 replies, runs, generations")
        let text = try queue.read { db in
            try String.fetchAll(
                db,
                sql:
                    "select sql from sqlite_master where sql is not null and name not like 'grdb%' order by name"
            )
        }.joined(separator: "\n")
        #expect(
            SHA256.hash(text).hexadecimal
                == "b56817e18870cc4482984859125a96e8ed55dea5a7ee82c827a759153ac359c0")
    }

    @Test func aLabOfVersion1IsTakenOver() throws {
        try Files.makeFolder(folder.lab)
        let path = folder.lab + "/lab.sqlite"
        do {
            let queue = try DatabaseQueue(path: path)
            try LabSchema.migrator.migrate(queue, upTo: "1 replies, runs, generations")
            try queue.write { db in
                try db.execute(
                    sql: """
                        INSERT INTO replies (key, kind, server, model, messages, parameters, sample, text,
                            answered_by, finish_reason, seconds, created)
                        VALUES (?, 'openai', '', 'm', '[]', '{}', 0, 'old', 'm', 'stop', 1,
                            '2026-01-02T03:04:05.678Z')
                        """, arguments: [request(1).key.digest])
            }
        }
        let lab = LabStore(folder: folder.lab)
        // Reading alone changes nothing.
        #expect(try lab.replies(for: [request(1).key])[request(1).key]?.reply.text == "old")
        try lab.keep([newReply(2)])
        let found = try lab.replies(for: [request(1).key, request(2).key])
        #expect(found.count == 2 && found.values.allSatisfy { $0.reply.logprobs == nil })
        let version = try DatabaseQueue(path: path).read { try Int.fetchOne($0, sql: "PRAGMA user_version") }
        #expect(version == LabSchema.version)
    }

    private func change(_ sql: String) throws {
        let queue = try DatabaseQueue(path: folder.lab + "/lab.sqlite")
        try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
    }
}
