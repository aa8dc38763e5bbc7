import LyceumKit

extension Dataset {
    /// The rows of this dataset, then those of others; texts are shared. Columns of this one come first; where
    /// one lacks a column, its rows hold null.
    public func concat(_ others: [Dataset]) -> Dataset {
        let detail = others.map { "\($0.count) rows (\($0.origin))" }.joined(separator: ", ")
        return Dataset.joining([self] + others, history: history + [HistoryStep(HistoryStep.concat, detail)])
    }

    /// Where the rows come from, in a few words.
    var origin: String {
        history.first.map { $0.detail.isEmpty ? $0.operation : $0.detail } ?? ""
    }

    /// The rows of these datasets, one after the other.
    static func joining(_ datasets: [Dataset], history: [HistoryStep]) -> Dataset {
        Dataset(
            views: joinedViews(datasets, \.views), count: datasets.reduce(0) { $0 + $1.count },
            history: history, origins: joinedViews(datasets, \.origins))
    }

    /// Columns one below the other; where a dataset lacks one, its rows hold null.
    private static func joinedViews(
        _ datasets: [Dataset], _ views: (Dataset) -> [ColumnView]
    ) -> [ColumnView] {
        var names: [String] = []
        var seen: Set<String> = []
        for name in datasets.flatMap({ views($0).map(\.name) }) where seen.insert(name).inserted {
            names.append(name)
        }
        var lists: [[Part]: RowList] = [:]
        return names.map { name -> ColumnView in
            let sources = datasets.map { dataset in
                views(dataset).first { $0.name == name }
                    ?? ColumnView(name: name, column: Column([.nulls(dataset.count)]), rows: nil)
            }
            let column = Column(sources.flatMap(\.column.segments))
            if sources.allSatisfy({ $0.rows == nil }) {
                return ColumnView(name: name, column: column, rows: nil)
            }
            // Columns that were selected together in every dataset share one list here, too.
            let key = sources.map { Part(rows: $0.rows.map(ObjectIdentifier.init), stored: $0.column.count) }
            let rows = lists[key] ?? joinedRows(sources)
            lists[key] = rows
            return ColumnView(name: name, column: column, rows: rows)
        }
    }

    /// What decides a joined row list: which rows of how long a column.
    private struct Part: Hashable {
        let rows: ObjectIdentifier?
        let stored: Int
    }

    private static func joinedRows(_ sources: [ColumnView]) -> RowList {
        var rows: [Int] = []
        var start = 0
        for source in sources {
            if let chosen = source.rows?.rows {
                rows.append(contentsOf: chosen.lazy.map { $0 + start })
            } else {
                rows.append(contentsOf: start..<(start + source.column.count))
            }
            start += source.column.count
        }
        return RowList(rows)
    }
}
