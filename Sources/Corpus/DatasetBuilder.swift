import LyceumKit

/// Collects rows into a dataset. A key that a row lacks is null there; columns keep the order of first
/// appearance.
struct DatasetBuilder {
    /// Buffers that grow are copied: a block ends before they become large.
    private static let rowsPerBlock = 4096
    private let columns: [String]
    private var blocks: [RowBlock] = []
    private var block = RowBlockBuilder()
    private var finished = 0

    /// - Parameter columns: names that come first, in this order.
    init(columns: [String] = []) { self.columns = columns }

    /// How many rows there are.
    var count: Int { finished + block.count }

    /// Adds a row; of two equal names the later wins.
    mutating func append(_ fields: some Sequence<JSON.Field>) {
        block.append(fields)
        if block.count == Self.rowsPerBlock {
            finished += block.count
            blocks.append(block.finish())
        }
    }

    /// Adds a record.
    mutating func append(_ record: Record) {
        append(zip(record.columns, record.values).lazy.map { JSON.Field(name: $0, value: $1) })
    }

    /// The dataset of all rows so far; they leave the builder.
    mutating func dataset(_ step: HistoryStep) -> Dataset {
        let dataset = Dataset(blocks: blocks + [block.finish()], columns: columns, step: step)
        self = DatasetBuilder(columns: columns)
        return dataset
    }
}
