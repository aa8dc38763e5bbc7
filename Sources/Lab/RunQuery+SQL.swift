import GRDB

extension RunQuery {
    /// The query as SQL over `runs`, with a column `true_state` that calls runs of dead processes abandoned.
    ///
    /// - Parameter dead: the marks of the processes that are known to have ended.
    func sql(dead: [String]) -> (text: String, arguments: StatementArguments) {
        var conditions: [String] = []
        var arguments = StatementArguments(dead)
        func condition(_ sql: String, _ values: [any DatabaseValueConvertible]) {
            conditions.append(sql)
            arguments += StatementArguments(values)
        }
        if !kinds.isEmpty {
            condition("kind IN \(Self.places(kinds.count))", kinds.map(\.rawValue))
        }
        if !states.isEmpty {
            condition("true_state IN \(Self.places(states.count))", states.map(\.rawValue))
        }
        for tag in tags { condition("id IN (SELECT run FROM tags WHERE tag = ?)", [tag]) }
        if !text.isEmpty {
            let pattern = "%" + text.flatMap { "%_\\".contains($0) ? ["\\", $0] : [$0] } + "%"
            condition("(title LIKE ? ESCAPE '\\' OR note LIKE ? ESCAPE '\\')", [pattern, pattern])
        }
        let key: String
        switch order {
        case .number: key = "id"
        case .title: key = "title COLLATE NOCASE"
        case .seconds: key = "julianday(finished) - julianday(started)"
        case .figure(let name):
            key = """
                coalesce(
                    (SELECT value FROM scores JOIN evaluations ON evaluations.id = evaluation
                     WHERE run = run_states.id AND scores.name = ? ORDER BY evaluations.id DESC LIMIT 1),
                    (SELECT value FROM metrics
                     WHERE run = run_states.id AND name = ? ORDER BY step DESC LIMIT 1))
                """
            arguments += [name, name]
        }
        let filter = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        let direction = descending ? "DESC" : "ASC"
        let cut = limit.map { "LIMIT \(max($0, 0))" } ?? ""
        let sql = """
            WITH run_states AS (
                SELECT *, CASE WHEN state = 'running' AND process IN \(Self.places(dead.count))
                    THEN 'abandoned' ELSE state END AS true_state
                FROM runs)
            SELECT * FROM run_states \(filter) ORDER BY \(key) \(direction) NULLS LAST, id \(direction) \(cut)
            """
        return (sql, arguments)
    }

    private static func places(_ count: Int) -> String {
        "(" + repeatElement("?", count: count).joined(separator: ",") + ")"
    }
}
