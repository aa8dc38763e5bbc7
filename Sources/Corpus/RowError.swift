import LyceumKit

/// An error that a function raised over one row of a dataset.
public struct RowError: Error, CustomStringConvertible {
    /// What was going on: "filter".
    public let operation: String
    /// The row, counted from 1 as Lua does.
    public let row: Int
    /// What the function threw.
    public let underlying: any Error

    /// The row and the underlying error, in one line.
    public var description: String { "\(operation), row \(row): \(underlying)" }

    /// Runs `body`, and names the row in what it throws; an interruption stays what it is.
    static func naming<T>(_ operation: String, row: Int, _ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch LyceumError.cancelled(let kept) {
            throw LyceumError.cancelled(kept)
        } catch {
            throw RowError(operation: operation, row: row + 1, underlying: error)
        }
    }
}
