import LyceumKit

/// Consecutive rows, by column: what one piece of a file holds.
struct RowBlock: Sendable {
    /// The column names, in order of first appearance.
    let names: [String]
    /// One a column, each of `count` values.
    let segments: [Segment]
    let count: Int
}

/// Collects rows into a block. A key that a row lacks is null there.
struct RowBlockBuilder {
    private var names: [String] = []
    private var places: [String: Int] = [:]
    private var segments: [Segment] = []
    /// How many rows there are.
    private(set) var count = 0
    /// Buffer for one row.
    private var row: [Value] = []

    /// Adds a row; of two equal names the later wins.
    mutating func append(_ fields: some Sequence<JSON.Field>) {
        for i in row.indices { row[i] = .null }
        for field in fields { row[place(of: field.name)] = field.value }
        for place in row.indices { segments[place].append(row[place]) }
        count += 1
    }

    /// The rows so far; they leave the builder.
    mutating func finish() -> RowBlock {
        let block = RowBlock(names: names, segments: segments, count: count)
        self = RowBlockBuilder()
        return block
    }

    private mutating func place(of name: String) -> Int {
        if let place = places[name] { return place }
        places[name] = names.count
        names.append(name)
        segments.append(.nulls(count))
        row.append(.null)
        return names.count - 1
    }
}

extension Dataset {
    /// The rows of these blocks, one after the other. Columns keep the order of first appearance; a block that
    /// lacks one is null there.
    ///
    /// - Parameters:
    ///   - columns: names that come first, in this order.
    ///   - step: what made the dataset.
    init(blocks: [RowBlock], columns: [String] = [], step: HistoryStep) {
        var names: [String] = []
        var seen: Set<String> = []
        for name in columns + blocks.flatMap(\.names) where seen.insert(name).inserted { names.append(name) }
        let places = blocks.map { block in
            Dictionary(block.names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        }
        let views = names.map { name in
            let segments = zip(blocks, places).map { block, places in
                places[name].map { block.segments[$0] } ?? .nulls(block.count)
            }
            return ColumnView(name: name, column: Column(segments), rows: nil)
        }
        self.init(views: views, count: blocks.reduce(0) { $0 + $1.count }, history: [step])
    }
}
