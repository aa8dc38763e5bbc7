import GRDB
import GRDBSQLite
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
    ///   that is refused, `LyceumError.empty` if there is no lab yet, `LyceumError.cancelled` after Ctrl-C.
    public func sql(_ query: String, arguments: [Value] = []) throws -> QueryResult {
        let word = Self.firstWord(of: query)
        guard ["SELECT", "WITH", "VALUES", "EXPLAIN"].contains(word) else {
            throw LyceumError.unsupported(
                word.isEmpty
                    ? "the query is empty" : "the lab's tables can only be read, not changed by \(word)",
                remedy: "ask with SELECT")
        }
        let values = try arguments.enumerated().map { place, value in
            try Self.databaseValue(value, place: place + 1)
        }
        let result: QueryResult? = try read(ifMissing: nil) { db in
            // A query may take long: let Ctrl-C end it.
            sqlite3_progress_handler(db.sqliteConnection, 10_000, { _ in Interrupt.isRaised ? 1 : 0 }, nil)
            defer { sqlite3_progress_handler(db.sqliteConnection, 0, nil, nil) }
            do {
                return try Self.fetch(db, query, values)
            } catch let fault as DatabaseError where Self.isUsersFault(fault) {
                throw LyceumError.failed(
                    "the query cannot be run (\(fault.message ?? "\(fault.resultCode)"))",
                    remedy: "`select name, sql from sqlite_master` lists the tables")
            }
        }
        guard let result else {
            throw LyceumError.empty("the lab '\(folder)'", remedy: "it is made with the first run or reply")
        }
        return result
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

    private static func fetch(_ db: Database, _ query: String, _ values: [DatabaseValue]) throws
        -> QueryResult
    {
        let statement = try db.makeStatement(sql: query)
        guard sqlite3_stmt_readonly(statement.sqliteStatement) != 0 else {
            throw LyceumError.unsupported("the lab's tables can only be read", remedy: "ask with SELECT")
        }
        try statement.setArguments(StatementArguments(values))
        let rows = try Row.fetchAll(statement).map { row in Array(row.databaseValues).map { Value($0) } }
        return QueryResult(columns: statement.columnNames, rows: rows)
    }

    /// Whether the query is wrong, not the database.
    private static func isUsersFault(_ fault: DatabaseError) -> Bool {
        [.SQLITE_ERROR, .SQLITE_MISUSE, .SQLITE_RANGE, .SQLITE_TOOBIG, .SQLITE_MISMATCH].contains(
            fault.resultCode)
    }

    private static func databaseValue(_ value: Value, place: Int) throws -> DatabaseValue {
        switch value {
        case .null: return .null
        case .bool(let flag): return flag.databaseValue
        case .integer(let number): return number.databaseValue
        case .number(let number): return number.databaseValue
        case .string(let text): return text.databaseValue
        case .list, .object:
            throw LyceumError.invalid(
                "argument \(place) of the query", expected: "a string, number or boolean",
                got: value.typeName,
                remedy: nil)
        }
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

extension Value {
    fileprivate init(_ stored: DatabaseValue) {
        switch stored.storage {
        case .null: self = .null
        case .int64(let number): self = .integer(Int(number))
        case .double(let number): self = .number(number)
        case .string(let text): self = .string(text)
        case .blob(let bytes): self = .string(ContentDigest.hexadecimal(bytes))
        }
    }
}
