import CLab
import GRDB
import GRDBSQLite
import LyceumKit

/// One question to the lab's tables in the user's own SQL.
///
/// The SQL may come from a script that nobody has read, and the tables from a file that somebody sent. So the
/// connection is one of its own, which only reads; an authorizer lets through what a SELECT needs and a list of
/// functions; time, memory and the size of values are bounded; and Ctrl-C ends it at any step.
final class LabQuery {
    /// Steps of SQLite's virtual machine that a query may take: about a minute.
    private static let mostSteps = 5_000_000_000
    /// Bytes that a result may take.
    private static let mostBytes = 256 << 20
    /// Bytes that SQLite may allocate in this process.
    private static let mostMemory: Int64 = 1 << 30
    private static let stride: Int32 = 1000

    private let database: OpaquePointer
    /// What the authorizer refused, for the message.
    private var refused: String?
    private var steps = 0
    private var isTooLong = false

    /// Prepares a connection, which must serve nothing else from now on.
    init(_ database: OpaquePointer) {
        self.database = database
        clab_bound_memory(Self.mostMemory)
        clab_prepare_queries(database)
        sqlite3_exec(database, "PRAGMA temp_store = MEMORY; PRAGMA query_only = ON", nil, nil, nil)
    }

    /// Runs one statement.
    ///
    /// - Parameter values: one for each `?`: text, number, Boolean or null.
    /// - Throws: `LyceumError`, or a database error that is not the query's fault.
    func run(_ query: String, _ values: [Value]) throws -> QueryResult {
        let context = Unmanaged.passUnretained(self).toOpaque()
        sqlite3_set_authorizer(
            database,
            { context, action, first, second, _, _ in
                guard let context else { return SQLITE_DENY }
                let query = Unmanaged<LabQuery>.fromOpaque(context).takeUnretainedValue()
                return query.authorize(action, first, second)
            }, context)
        sqlite3_progress_handler(
            database, Self.stride,
            { context in
                guard let context else { return 1 }
                return Unmanaged<LabQuery>.fromOpaque(context).takeUnretainedValue().mustStop() ? 1 : 0
            }, context)
        defer {
            sqlite3_progress_handler(database, 0, nil, nil)
            sqlite3_set_authorizer(database, nil, nil)
        }
        let statement = try prepare(query)
        defer { sqlite3_finalize(statement) }
        try bind(values, to: statement)
        return try rows(of: statement)
    }

    // MARK: What is allowed

    private func authorize(
        _ action: Int32, _ first: UnsafePointer<CChar>?, _ second: UnsafePointer<CChar>?
    ) -> Int32 {
        func name(_ text: UnsafePointer<CChar>?) -> String { text.map { String(cString: $0) } ?? "" }
        switch action {
        case SQLITE_SELECT, SQLITE_READ, SQLITE_RECURSIVE: return SQLITE_OK
        case SQLITE_FUNCTION:
            if Self.functions.contains(name(second).lowercased()) { return SQLITE_OK }
            refused = "the function '\(name(second))' is not there in queries of the lab"
        case SQLITE_PRAGMA:
            if Self.pragmas.contains(name(first).lowercased()) { return SQLITE_OK }
            refused = "PRAGMA \(name(first)) is not there in queries of the lab"
        case SQLITE_UPDATE where name(first) == "sqlite_master":
            // SQLite asks so when it makes the columns of json_each known; a statement that writes is refused later.
            return SQLITE_OK
        default: refused = refused ?? "the lab's tables can only be read"
        }
        return SQLITE_DENY
    }

    private func mustStop() -> Bool {
        steps += Int(Self.stride)
        if steps > Self.mostSteps { isTooLong = true }
        return isTooLong || Interrupt.isRaised
    }

    /// What tells of tables and columns, as `pragma_table_info('runs')`.
    private static let pragmas: Set<String> = [
        "table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo",
        "foreign_key_list",
    ]

    /// The functions that only compute, and whose time is bounded by the size of their arguments. Left out are those
    /// with pointers (fts3_tokenizer), files and extensions, and json_patch, whose time is quadratic.
    private static let functions: Set<String> = Set(
        """
        abs char coalesce concat concat_ws format glob hex ifnull iif instr length like likelihood likely lower ltrim \
        max min nullif octet_length printf quote random randomblob replace round rtrim sign soundex substr substring \
        trim typeof unhex unicode unlikely upper zeroblob \
        date time datetime julianday strftime timediff unixepoch current_date current_time current_timestamp \
        avg count group_concat string_agg sum total \
        row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value \
        json json_array json_array_length json_each json_error_position json_extract json_group_array \
        json_group_object json_insert json_object json_quote json_remove json_replace json_set json_tree json_type \
        json_valid -> ->> \
        acos acosh asin asinh atan atan2 atanh ceil ceiling cos cosh degrees exp floor ln log log10 log2 mod pi pow \
        power radians sin sinh sqrt tan tanh trunc \
        sqlite_version
        """.split(separator: " ").map(String.init))

    // MARK: Running

    private func prepare(_ query: String) throws -> OpaquePointer {
        var statement: OpaquePointer?
        var isAlone = true
        let code = query.withCString { text in
            var tail: UnsafePointer<CChar>?
            let code = sqlite3_prepare_v2(database, text, -1, &statement, &tail)
            if code == SQLITE_OK, let tail {
                // Only white space and comments may follow.
                var second: OpaquePointer?
                let rest = sqlite3_prepare_v2(database, tail, -1, &second, nil)
                isAlone = rest == SQLITE_OK && second == nil
                sqlite3_finalize(second)
            }
            return code
        }
        guard code == SQLITE_OK else { throw fault(code) }
        guard let statement else {
            throw LyceumError.unsupported("the query is empty", remedy: "ask with SELECT")
        }
        guard isAlone, sqlite3_stmt_readonly(statement) != 0 else {
            sqlite3_finalize(statement)
            throw isAlone
                ? LyceumError.unsupported("the lab's tables can only be read", remedy: "ask with SELECT")
                : LyceumError.unsupported("several statements in one query", remedy: "ask one at a time")
        }
        return statement
    }

    private func bind(_ values: [Value], to statement: OpaquePointer) throws {
        let expected = Int(sqlite3_bind_parameter_count(statement))
        guard expected == values.count else {
            throw LyceumError.invalid(
                "the query", expected: "\(expected) value\(expected == 1 ? "" : "s"), one for each ?",
                got: "\(values.count)", remedy: nil)
        }
        for (place, value) in values.enumerated() {
            let place = Int32(clamping: place + 1)
            let code: Int32
            switch value {
            case .null: code = sqlite3_bind_null(statement, place)
            case .bool(let flag): code = sqlite3_bind_int64(statement, place, flag ? 1 : 0)
            case .integer(let number): code = sqlite3_bind_int64(statement, place, Int64(number))
            case .number(let number): code = sqlite3_bind_double(statement, place, number)
            case .string(var text):
                code = text.withUTF8 { bytes in
                    bytes.withMemoryRebound(to: CChar.self) {
                        sqlite3_bind_text64(
                            statement, place, $0.baseAddress, UInt64($0.count), Self.transient,
                            UInt8(SQLITE_UTF8))
                    }
                }
            case .list, .object:
                throw LyceumError.invalid(
                    "argument \(place) of the query", expected: "a string, number or boolean",
                    got: value.typeName, remedy: nil)
            }
            guard code == SQLITE_OK else { throw fault(code) }
        }
    }

    /// Has SQLite copy the text at once.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    private func rows(of statement: OpaquePointer) throws -> QueryResult {
        let width = sqlite3_column_count(statement)
        let columns = (0..<width).map { column in
            sqlite3_column_name(statement, column).map { String(cString: $0) } ?? ""
        }
        var rows: [[Value]] = []
        var bytes = 0
        while true {
            let code = sqlite3_step(statement)
            if code == SQLITE_DONE { return QueryResult(columns: columns, rows: rows) }
            guard code == SQLITE_ROW else { throw fault(code) }
            var row: [Value] = []
            row.reserveCapacity(Int(width))
            for column in 0..<width {
                let value = value(of: statement, column)
                bytes += 32
                if case .string(let text) = value { bytes += text.utf8.count }
                row.append(value)
            }
            rows.append(row)
            guard bytes <= Self.mostBytes else {
                throw LyceumError.failed(
                    "the result of the query takes more than \(Self.mostBytes >> 20) MiB",
                    remedy: "ask for fewer rows or columns, or add LIMIT")
            }
            // Rows without a step in between (VALUES) reach no progress handler.
            if rows.count % 1024 == 0, Interrupt.isRaised { throw LyceumError.cancelled("") }
        }
    }

    private func value(of statement: OpaquePointer, _ column: Int32) -> Value {
        switch sqlite3_column_type(statement, column) {
        case SQLITE_INTEGER: return .integer(Int(sqlite3_column_int64(statement, column)))
        case SQLITE_FLOAT: return .number(sqlite3_column_double(statement, column))
        case SQLITE_TEXT:
            let start = sqlite3_column_text(statement, column)
            let count = Int(sqlite3_column_bytes(statement, column))
            return .string(String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self))
        case SQLITE_BLOB:
            let start = sqlite3_column_blob(statement, column)
            let count = Int(sqlite3_column_bytes(statement, column))
            return .string(UnsafeRawBufferPointer(start: start, count: count).hexadecimal)
        default: return .null
        }
    }

    /// The error for a code of SQLite's.
    private func fault(_ code: Int32) -> any Error {
        let message = sqlite3_errmsg(database).map { String(cString: $0) } ?? ""
        switch code & 0xFF {
        case SQLITE_INTERRUPT where isTooLong:
            return LyceumError.failed(
                "the query was stopped after \(Self.mostSteps / 1_000_000_000) billion steps",
                remedy: "ask for less: add a condition, or LIMIT to a recursive WITH")
        case SQLITE_INTERRUPT, SQLITE_ABORT: return LyceumError.cancelled("")
        case SQLITE_AUTH,
            SQLITE_ERROR where refused != nil:
            return LyceumError.unsupported(refused ?? message, remedy: "ask with SELECT")
        case SQLITE_TOOBIG:
            return LyceumError.failed(
                "a value of the query is larger than \(LabConnection.mostBytes >> 20) MiB",
                remedy: "ask for a part of it: substr(x, 1, 1000)")
        case SQLITE_NOMEM:
            return LyceumError.failed(
                "the query takes more than \(Self.mostMemory >> 20) MiB of memory",
                remedy: "ask for less: add a condition or LIMIT")
        case SQLITE_AUTH, SQLITE_ERROR, SQLITE_MISUSE, SQLITE_RANGE, SQLITE_MISMATCH:
            return LyceumError.failed(
                "the query cannot be run (\(message))",
                remedy: "`select name, sql from sqlite_master` lists the tables")
        default: return DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
        }
    }
}
