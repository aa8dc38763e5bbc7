import GRDB
import LyceumKit

/// One row of an evaluation: what was written, what a human wrote, and how near they are.
public struct EvaluatedPair: Sendable, Equatable {
    /// The text that was read; nil if it is not kept.
    public let input: String?
    /// What was written.
    public let prediction: String
    /// What should have been written.
    public let references: [String]
    /// Figures of this row by name, fractions from 0 to 1 ("rouge1.fmeasure").
    public let figures: [String: Double]

    /// Describes a row.
    public init(
        input: String? = nil, prediction: String, references: [String], figures: [String: Double]
    ) {
        self.input = input
        self.prediction = prediction
        self.references = references
        self.figures = figures
    }
}

extension LabStore {
    /// The rows of a run's newest evaluation of some data, in order.
    ///
    /// - Parameters:
    ///   - name: the evaluation's ("rouge").
    ///   - data: the fingerprint of what was scored.
    /// - Returns: nothing if the rows were not kept.
    /// - Throws: `LyceumError.unknownName` if there is no such run.
    public func pairs(of run: Int, evaluation name: String, data: String) throws -> [EvaluatedPair] {
        try details(of: run) { db in
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT input, prediction, reference, figures FROM pairs WHERE evaluation = (
                        SELECT max(id) FROM evaluations WHERE run = ? AND name = ? AND data = ?) ORDER BY row
                    """,
                arguments: [run, name, data])
            var pairs: [EvaluatedPair] = []
            while let row = try rows.next() {
                let references = try JSON.decode(try row.value("reference") as String, name: "reference")
                pairs.append(
                    EvaluatedPair(
                        input: try row.optional("input"), prediction: try row.value("prediction"),
                        references: references.list?.compactMap(\.string) ?? [],
                        figures: try row.fields("figures").compactMapValues(\.number)))
            }
            return pairs
        }
    }

    static func insert(_ pairs: [EvaluatedPair], evaluation: Int, _ db: Database) throws {
        if pairs.isEmpty { return }
        let statement = try db.cachedStatement(sql: "INSERT INTO pairs VALUES (?, ?, ?, ?, ?, ?)")
        for (row, pair) in pairs.enumerated() {
            try statement.execute(arguments: [
                evaluation, row, pair.input?.storable, pair.prediction.storable,
                JSON.encode(.list(pair.references.map(Value.string))),
                JSON.encode(.object(pair.figures.filter(\.value.isFinite).mapValues(Value.number))),
            ])
        }
    }
}
