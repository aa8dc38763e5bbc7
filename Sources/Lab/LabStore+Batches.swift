import GRDB
import LyceumKit

// A batch is written down before its questions are uploaded, and each step after it: whenever the process ends,
// the next one knows what the server may have. Its replies are stored once, whoever fetches them.
extension LabStore {
    /// Writes down a batch that is about to be handed over.
    ///
    /// - Parameters:
    ///   - requests: its questions.
    ///   - mark: what the server is told to keep with it.
    ///   - server: the server's base URL.
    /// - Throws: `LyceumError.file` if it cannot be stored.
    public func openBatch(_ requests: [SentRequest], mark: String, server: String) throws -> BatchRecord {
        let process = try processMark()
        let created = Timestamp.now
        let id = try write { db in
            try db.execute(
                sql: """
                    INSERT INTO batches (mark, server, process, state, requests, created)
                    VALUES (?, ?, ?, 'open', ?, ?)
                    """, arguments: [mark, server, process, requests.count, created.text])
            let id = Int(db.lastInsertedRowID)
            let statement = try db.cachedStatement(
                sql: """
                    INSERT OR IGNORE INTO batch_requests
                        (batch, key, kind, server, model, messages, parameters, sample)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """)
            for request in requests {
                try statement.execute(arguments: [
                    id, request.key.digest, request.kind, request.server, request.model,
                    JSON.encode(request.messagesValue), JSON.encode(.object(request.parameters)),
                    request.sample,
                ])
            }
            return id
        }
        return BatchRecord(
            id: id, mark: mark, server: server, file: nil, mayExist: false, name: nil,
            requests: requests.count, created: created, isInOtherHands: false)
    }

    /// Takes over a batch whose process ended before it was handed over.
    ///
    /// - Returns: whether it is this process's now; false if another was faster.
    public func takeOverBatch(_ id: Int) throws -> Bool {
        let own = try processMark()
        return try write { db in
            let row = try Row.fetchOne(
                db, sql: "SELECT process FROM batches WHERE id = ? AND state = 'open'", arguments: [id])
            guard let row, !isInOtherHands(try row.optional("process"), own: own) else { return false }
            try db.execute(sql: "UPDATE batches SET process = ? WHERE id = ?", arguments: [own, id])
            return true
        }
    }

    /// Records the file that the server has.
    public func setFile(_ file: String, ofBatch id: Int) throws {
        try write { try $0.execute(sql: "UPDATE batches SET file = ? WHERE id = ?", arguments: [file, id]) }
    }

    /// Records that the server is about to be told to start a batch.
    public func setCreating(ofBatch id: Int) throws {
        try write { try $0.execute(sql: "UPDATE batches SET creating = 1 WHERE id = ?", arguments: [id]) }
    }

    /// Records the server's name for a batch.
    public func setName(_ name: String, ofBatch id: Int) throws {
        try write { try $0.execute(sql: "UPDATE batches SET batch = ? WHERE id = ?", arguments: [name, id]) }
    }

    /// The batches that hold questions whose replies have not been fetched.
    ///
    /// - Returns: the oldest first, with the keys that they hold of those asked for.
    public func openBatches(holding keys: some Sequence<ReplyKey>) throws
        -> [(batch: BatchRecord, keys: Set<ReplyKey>)]
    {
        let own = state.withLock { $0.mark?.name }
        let wanted = Array(Set(keys))
        return try read(ifMissing: []) { db in
            // A lab of an older Lyceum that cannot be written here has no such table.
            guard !wanted.isEmpty, try db.tableExists("batches") else { return [] }
            var held: [Int: Set<ReplyKey>] = [:]
            for start in stride(from: 0, to: wanted.count, by: 500) {
                let some = wanted[start..<min(start + 500, wanted.count)]
                let places = repeatElement("?", count: some.count).joined(separator: ",")
                let rows = try Row.fetchCursor(
                    db,
                    sql: """
                        SELECT batch_requests.batch AS batch, key
                        FROM batch_requests JOIN batches ON batches.id = batch_requests.batch
                        WHERE state = 'open' AND key IN (\(places))
                        """,
                    arguments: StatementArguments(some.map(\.digest)))
                while let row = try rows.next() {
                    held[try row.value("batch"), default: []].insert(
                        ReplyKey(digest: try row.value("key")))
                }
            }
            return try held.sorted { $0.key < $1.key }.compactMap { id, keys in
                try Row.fetchOne(db, sql: "SELECT * FROM batches WHERE id = ?", arguments: [id]).map {
                    (try batch($0, own: own), keys)
                }
            }
        }
    }

    /// The questions of a batch whose replies have not been stored, by the name they go under.
    public func requests(ofBatch id: Int) throws -> [String: SentRequest] {
        try read(ifMissing: [:]) { db in
            var requests: [String: SentRequest] = [:]
            let rows = try Row.fetchCursor(
                db, sql: "SELECT * FROM batch_requests WHERE batch = ?", arguments: [id])
            while let row = try rows.next() {
                let messages = try JSON.decode(try row.value("messages") as String, name: "messages")
                requests[try row.value("key")] = SentRequest(
                    kind: try row.value("kind"), server: try row.value("server"),
                    model: try row.value("model"), messages: SentRequest.messages(of: messages),
                    parameters: try row.fields("parameters"), sample: try row.value("sample"))
            }
            return requests
        }
    }

    /// Stores replies of a batch, those excepted that were stored from it before.
    ///
    /// - Returns: the numbers of the replies that were stored now, by key.
    /// - Throws: `LyceumError.file` if they cannot be stored; then none of them is.
    public func keep(
        _ replies: [(request: SentRequest, reply: StoredReply)], ofBatch id: Int
    ) throws -> [ReplyKey: Int] {
        try write { db in
            let statement = try db.cachedStatement(
                sql: "DELETE FROM batch_requests WHERE batch = ? AND key = ?")
            var stored: [ReplyKey: Int] = [:]
            for new in replies {
                let key = new.request.key
                try statement.execute(arguments: [id, key.digest])
                if db.changesCount == 1 { stored[key] = try Self.insert(new.reply, to: new.request, db) }
            }
            try db.execute(
                sql: "UPDATE batches SET replies = replies + ? WHERE id = ?", arguments: [stored.count, id])
            return stored
        }
    }

    /// Ends a batch: nothing more comes of it, and the questions without a reply may be asked again.
    ///
    /// - Parameter state: how it ended, in the server's word ("completed", "expired").
    public func endBatch(_ id: Int, state: String) throws {
        try write { db in
            try db.execute(sql: "DELETE FROM batch_requests WHERE batch = ?", arguments: [id])
            try db.execute(
                sql: "UPDATE batches SET state = ?, ended = ? WHERE id = ? AND state = 'open'",
                arguments: [state == "open" ? "ended" : state, Timestamp.now.text, id])
        }
    }

    private func batch(_ row: Row, own: String?) throws -> BatchRecord {
        let name: String? = try row.optional("batch")
        return BatchRecord(
            id: try row.value("id"), mark: try row.value("mark"), server: try row.value("server"),
            file: try row.optional("file"), mayExist: try row.value("creating"), name: name,
            requests: try row.value("requests"), created: try row.moment("created"),
            isInOtherHands: try name == nil && isInOtherHands(row.optional("process"), own: own))
    }

    private func isInOtherHands(_ process: String?, own: String?) -> Bool {
        process.map { $0 != own && !ProcessMark.isDead($0, in: Files.join(folder, "processes")) } ?? false
    }
}
