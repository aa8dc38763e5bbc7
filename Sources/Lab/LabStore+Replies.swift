import GRDB
import LyceumKit

extension LabStore {
    /// Keeps replies; when this returns they survive the end of the process.
    ///
    /// A reply to a question that was answered before does not replace the earlier one, which was paid for too:
    /// the newest is the one that is found.
    ///
    /// - Returns: the replies' numbers, in order.
    /// - Throws: `LyceumError.file` if they cannot be stored; then none of them is.
    @discardableResult
    public func keep(_ replies: [(request: SentRequest, reply: StoredReply)]) throws -> [Int] {
        if replies.isEmpty { return [] }
        return try write { db in try replies.map { try Self.insert($0.reply, to: $0.request, db) } }
    }

    /// Looks up many requests at once.
    ///
    /// - Returns: the newest reply to each request that was answered; the others are missing.
    /// - Throws: `LyceumError.file` if the lab cannot be read.
    public func replies(for keys: some Sequence<ReplyKey>) throws -> [ReplyKey: StoredReply] {
        let wanted = Array(Set(keys))
        if wanted.isEmpty { return [:] }
        return try read(ifMissing: [:]) { db in
            var found: [ReplyKey: StoredReply] = [:]
            for start in stride(from: 0, to: wanted.count, by: Self.keysPerQuery) {
                let some = wanted[start..<min(start + Self.keysPerQuery, wanted.count)]
                let places = repeatElement("?", count: some.count).joined(separator: ",")
                let sql = """
                    SELECT * FROM replies
                    WHERE id IN (SELECT max(id) FROM replies WHERE key IN (\(places)) GROUP BY key)
                    """
                let rows = try Row.fetchCursor(
                    db, sql: sql, arguments: StatementArguments(some.map(\.digest)))
                while let row = try rows.next() {
                    // One that cannot be read is asked for again; its neighbours are not.
                    guard let key: String = try? row.value("key"), let reply = try? StoredReply(row) else {
                        continue
                    }
                    found[ReplyKey(digest: key)] = reply
                }
            }
            return found
        }
    }

    /// What all replies in the lab have cost.
    public func spending() throws -> Spending {
        try read(ifMissing: .none) { db in
            try Spending.fetch(db, from: "replies", arguments: [])
        }
    }

    /// How long questions and replies of a model have been, over its newest replies.
    ///
    /// - Parameter newest: how many to look at.
    /// - Returns: nil if none of them was metered.
    public func tokenRates(kind: String, model: String, newest: Int = 500) throws -> TokenRates? {
        try read(ifMissing: nil) { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT prompt_tokens, completion_tokens, length(CAST(messages AS BLOB)) AS bytes FROM replies
                    WHERE kind = ? AND model = ? AND prompt_tokens > 0 AND completion_tokens > 0
                    ORDER BY id DESC LIMIT ?
                    """, arguments: [kind, model, newest])
            var tokens = 0
            var bytes = 0
            var replies: [Int] = []
            for row in rows {
                tokens += try row.value("prompt_tokens")
                bytes += try row.value("bytes")
                replies.append(try row.value("completion_tokens"))
            }
            return TokenRates(promptTokens: tokens, messageBytes: bytes, completionTokens: replies)
        }
    }

    static func insert(_ new: StoredReply, to request: SentRequest, _ db: Database) throws -> Int {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO replies (key, kind, server, model, messages, parameters, sample, text, answered_by,
                    finish_reason, prompt_tokens, completion_tokens, cost, seconds, created, logprobs,
                    estimated, reasoning)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        let reply = new.reply
        try statement.execute(arguments: [
            request.key.digest, request.kind, request.server, request.model,
            JSON.encode(request.messagesValue), JSON.encode(.object(request.parameters)), request.sample,
            reply.text.storable, reply.model, reply.finishReason, reply.promptTokens, reply.completionTokens,
            new.cost.flatMap { $0.isFinite ? $0 : nil }, reply.seconds.isFinite ? reply.seconds : 0,
            new.created.text, reply.logprobs.map { JSON.encode(.list($0.map(\.value))) },
            reply.isEstimated, reply.reasoning?.storable,
        ])
        return Int(db.lastInsertedRowID)
    }

    private static let keysPerQuery = 500
}

extension StoredReply {
    init(_ row: Row) throws {
        // Only the text must be there: an odd number next to it does not lose it.
        func number<T: DatabaseValueConvertible>(_ column: String) -> T? {
            (try? row.optional(column)).flatMap(\.self)
        }
        var reply = TeacherReply(
            text: try row.value("text"), model: number("answered_by") ?? "?",
            finishReason: number("finish_reason") ?? "stop", promptTokens: number("prompt_tokens"),
            completionTokens: number("completion_tokens"), seconds: number("seconds") ?? 0)
        // A lab of an older version that cannot be written is read as it is.
        if row.hasColumn("logprobs") { reply.logprobs = (try? row.logprobs("logprobs")).flatMap(\.self) }
        if row.hasColumn("reasoning") { reply.reasoning = number("reasoning") }
        if row.hasColumn("estimated") { reply.isEstimated = number("estimated") ?? false }
        self.init(
            reply, cost: number("cost"), id: try row.value("id"),
            created: (try? row.moment("created")) ?? .unknown)
    }
}

extension Spending {
    static let none = Spending(replies: 0, promptTokens: 0, completionTokens: 0, cost: nil, unpriced: 0)

    /// Sums over replies.
    ///
    /// - Parameter source: what follows FROM: rows of `replies`, each once.
    static func fetch(_ db: Database, from source: String, arguments: StatementArguments) throws -> Spending {
        let sql = """
            SELECT count(*) AS replies, sum(prompt_tokens) AS prompt_tokens,
                sum(completion_tokens) AS completion_tokens, sum(cost) AS cost,
                count(*) - count(cost) AS unpriced
            FROM \(source)
            """
        guard let row = try Row.fetchOne(db, sql: sql, arguments: arguments) else { return .none }
        return Spending(
            replies: try row.value("replies"), promptTokens: try row.optional("prompt_tokens") ?? 0,
            completionTokens: try row.optional("completion_tokens") ?? 0, cost: try row.optional("cost"),
            unpriced: try row.value("unpriced"))
    }
}

extension String {
    /// The text as SQLite can hold it: its texts end at U+0000, which becomes U+FFFD, so that nothing behind it
    /// is lost.
    var storable: String {
        utf8.contains(0)
            ? String(String.UnicodeScalarView(unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 })) : self
    }
}
