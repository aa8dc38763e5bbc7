import GRDB
import LyceumKit

/// What a query of the lab's tables gave.
public struct QueryResult: Sendable, Equatable {
    /// The columns' names, in order.
    public let columns: [String]
    /// The rows, one value a column; a blob is shown as hexadecimal digits.
    public let rows: [[Value]]
}

extension LabStore {
    /// Asks the lab's tables in SQL, over a connection that cannot write.
    ///
    /// - Parameters:
    ///   - query: one SELECT, WITH, VALUES or EXPLAIN; anything else is refused.
    ///   - arguments: one value for each `?`.
    /// - Throws: `LyceumError.failed` with what SQLite finds wrong, `LyceumError.unsupported` for a statement
    ///   or function that is refused, `LyceumError.empty` if there is no lab yet, `LyceumError.cancelled` after
    ///   Ctrl-C.
    public func sql(_ query: String, arguments: [Value] = []) throws -> QueryResult {
        let word = Self.firstWord(of: query)
        guard ["SELECT", "WITH", "VALUES", "EXPLAIN"].contains(word) else {
            throw LyceumError.unsupported(
                word.isEmpty
                    ? "the query is empty" : "the lab's tables can only be read, not changed by \(word)",
                remedy: "ask with SELECT")
        }
        // Opening for writing brings an older lab up to date.
        guard try read(ifMissing: false, { _ in true }) else {
            throw LyceumError.empty("the lab '\(folder)'", remedy: "it is made with the first run or reply")
        }
        return try explaining {
            let connection = try LabConnection.openReadOnly(path, reason: "", patience: patience)
            return try connection.reader.unsafeRead { db in
                guard let handle = db.sqliteConnection else {
                    throw LyceumError.failed("\(path): cannot be opened", remedy: "try again")
                }
                return try LabQuery(handle).run(query, arguments)
            }
        }
    }

    /// Looks for damage.
    ///
    /// - Returns: what SQLite finds, one line each; empty if all is well or there is no lab.
    /// - Throws: `LyceumError.file` if it cannot even be opened.
    public func check() throws -> [String] {
        try read(ifMissing: []) { db in
            do {
                return try Row.fetchAll(db, sql: "PRAGMA quick_check").map {
                    try $0.value("quick_check") as String
                }
            } catch let fault as DatabaseError where fault.resultCode == .SQLITE_CORRUPT {
                // So damaged that it cannot even be checked.
                return [fault.message ?? "damaged"]
            }
        }.filter { $0 != "ok" }
    }

    /// The first word in capitals, behind white space and comments.
    private static func firstWord(of query: String) -> String {
        var rest = query[...]
        while true {
            rest = rest.drop { $0.isWhitespace || $0 == ";" }
            if rest.hasPrefix("--") {
                rest = rest.drop { !$0.isNewline }
            } else if rest.hasPrefix("/*") {
                guard let end = rest.firstRange(of: "*/") else { return "" }
                rest = rest[end.upperBound...]
            } else {
                return rest.prefix { $0.isLetter }.uppercased()
            }
        }
    }
}
