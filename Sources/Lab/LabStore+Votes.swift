import GRDB
import LyceumKit

/// What a person said about two answers to one task.
public struct Vote: Sendable, Equatable {
    /// Names the task and the two texts, the same in either order.
    public let key: String
    /// Who said it.
    public let voter: String
    /// "first", "second" or "tie", of the texts in the order of the key.
    public let verdict: String
    /// What the systems were called.
    public let systems: [String]

    /// Describes a vote.
    public init(key: String, voter: String, verdict: String, systems: [String]) {
        self.key = key
        self.voter = voter
        self.verdict = verdict
        self.systems = systems
    }

    /// The name of a task and two texts.
    ///
    /// - Parameter texts: in an order that does not depend on who wrote them.
    public static func key(task: String, texts: [String]) -> String {
        SHA256.hash(JSON.encode(.list(([task] + texts).map(Value.string)))).hexadecimal
    }
}

extension LabStore {
    /// Keeps a vote; an earlier one of the same voter on the same texts is replaced.
    ///
    /// - Throws: `LyceumError.file` if it cannot be stored.
    public func keep(_ vote: Vote) throws {
        try write { db in
            try db.execute(
                sql:
                    "INSERT OR REPLACE INTO votes (key, voter, verdict, systems, created) VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    vote.key, vote.voter.storable, vote.verdict,
                    JSON.encode(.list(vote.systems.map(Value.string))), Timestamp.now.text,
                ])
        }
    }

    /// Forgets a vote.
    public func removeVote(key: String, voter: String) throws {
        try write { db in
            try db.execute(
                sql: "DELETE FROM votes WHERE key = ? AND voter = ?", arguments: [key, voter.storable])
        }
    }

    /// The verdicts of a voter, by key.
    public func votes(by voter: String) throws -> [String: String] {
        try read(ifMissing: [:]) { db in
            var votes: [String: String] = [:]
            for row in try Row.fetchAll(
                db, sql: "SELECT key, verdict FROM votes WHERE voter = ?", arguments: [voter.storable])
            {
                votes[try row.value("key")] = try row.value("verdict") as String
            }
            return votes
        }
    }

    /// The runs that asked a prompt, oldest first.
    ///
    /// - Parameter hash: of the prompt, whole or its beginning.
    public func runs(ofPrompt hash: String) throws -> [Int] {
        try read(ifMissing: []) { db in
            try Row.fetchAll(
                db, sql: "SELECT run FROM generations WHERE substr(prompt_hash, 1, ?) = ? ORDER BY run",
                arguments: [hash.count, hash]
            ).map { try $0.value("run") }
        }
    }
}
