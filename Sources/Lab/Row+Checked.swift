import GRDB
import LyceumKit

/// Reading that throws where the database does not hold what its tables promise: GRDB's own would trap, and a
/// damaged database must not end the session.
extension Row {
    /// The value of a column that is never NULL.
    func value<T: DatabaseValueConvertible>(_ column: String) throws -> T {
        guard let value: T = try optional(column) else { throw Self.damage(column) }
        return value
    }

    /// The value of a column that may be NULL.
    func optional<T: DatabaseValueConvertible>(_ column: String) throws -> T? {
        guard hasColumn(column) else { throw Self.damage(column) }
        let stored: DatabaseValue = self[column]
        if stored.isNull { return nil }
        guard let value = T.fromDatabaseValue(stored) else { throw Self.damage(column) }
        return value
    }

    /// A number whose NULL stands for not-a-number.
    func figure(_ column: String) throws -> Double { try optional(column) ?? .nan }

    /// A moment.
    func moment(_ column: String) throws -> Timestamp {
        guard let moment = Timestamp(text: try value(column)) else { throw Self.damage(column) }
        return moment
    }

    /// The fields of a JSON object.
    func fields(_ column: String) throws -> [String: LyceumKit.Value] {
        let text: String = try value(column)
        guard let fields = try? JSON.decode(text, name: column).object else { throw Self.damage(column) }
        return fields
    }

    /// The tokens of a JSON list; nil for NULL.
    func logprobs(_ column: String) throws -> [TokenLogprob]? {
        guard let text: String = try optional(column) else { return nil }
        guard let tokens = try? JSON.decode(text, name: column).list?.compactMap(TokenLogprob.init) else {
            throw Self.damage(column)
        }
        return tokens
    }

    /// The texts of a JSON object.
    func texts(_ column: String) throws -> [String: String] { try fields(column).compactMapValues(\.string) }

    private static func damage(_ column: String) -> DatabaseError {
        DatabaseError(resultCode: .SQLITE_CORRUPT, message: "column \(column)")
    }
}
