import GRDB
import LyceumKit

/// One row of a generation: what was asked and what came.
public struct GenerationAnswer: Sendable, Equatable {
    /// The dataset's row, counted from 0.
    public let row: Int
    /// Which of several answers to the row.
    public let sample: Int
    /// What was asked, as it was sent; nothing if no reply came.
    public let messages: [ChatMessage]
    /// The reply; nil if none came.
    public let text: String?
    /// What it cost, in USD; nil if that is not known.
    public let cost: Double?
    /// Whether an earlier reply was used again.
    public let isReused: Bool
    /// Why there is no reply that can be used; nil for a good one.
    public let problem: String?
}

extension LabStore {
    /// Rows of a generation, in order.
    ///
    /// - Parameters:
    ///   - text: only rows whose question or reply contains it, without regard to the case of ASCII letters.
    ///   - limit: at most so many.
    ///   - offset: so many are left out before them.
    /// - Returns: the rows, and how many fit in all.
    /// - Throws: `LyceumError.file` if the lab cannot be read.
    public func answers(
        of generation: Int, containing text: String = "", limit: Int = 20, offset: Int = 0
    ) throws -> (rows: [GenerationAnswer], count: Int) {
        try read(ifMissing: ([], 0)) { db in
            let pattern = "%" + text.flatMap { "%_\\".contains($0) ? ["\\", $0] : [$0] } + "%"
            let source = """
                FROM generation_rows LEFT JOIN replies ON replies.id = reply WHERE run = :run
                AND (:text = '' OR replies.messages LIKE :pattern ESCAPE '\\' OR replies.text LIKE :pattern ESCAPE '\\')
                """
            let arguments: StatementArguments = ["run": generation, "text": text, "pattern": pattern]
            let count = try Int.fetchOne(db, sql: "SELECT count(*) \(source)", arguments: arguments) ?? 0
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT row, generation_rows.sample AS sample, messages, text, cost, reused, problem \(source)
                    ORDER BY row, generation_rows.sample LIMIT \(max(limit, 0)) OFFSET \(max(offset, 0))
                    """, arguments: arguments)
            return (try rows.map(GenerationAnswer.init), count)
        }
    }
}

extension GenerationAnswer {
    fileprivate init(_ found: Row) throws {
        row = try found.value("row")
        sample = try found.value("sample")
        text = try found.optional("text")
        cost = try found.optional("cost")
        isReused = try found.value("reused")
        problem = try found.optional("problem")
        let stored: String? = try found.optional("messages")
        let list = stored.flatMap { try? JSON.decode($0, name: "messages").list } ?? []
        messages = list.compactMap { message in
            guard let fields = message.object,
                let role = fields["role"]?.string.flatMap(ChatMessage.Role.init)
            else { return nil }
            return ChatMessage(role, fields["content"]?.string ?? "")
        }
    }
}
