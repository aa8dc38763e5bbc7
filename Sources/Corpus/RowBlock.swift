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
///
/// Only what rows have is collected, so that rows that have nothing in common cost no more than others.
struct RowBlockBuilder {
    /// The values of one column, and the rows that have them.
    private struct Column {
        var values = Segment.nulls(0)
        var rows: [Int32] = []

        /// One value a row.
        func filled(to count: Int) -> Segment {
            if rows.count == count { return values }
            if case .text(let texts) = values { return .text(filled(texts, to: count)) }
            var segment = Segment.nulls(0)
            var row = 0
            for (place, next) in rows.enumerated() {
                while row < Int(next) {
                    segment.append(.null)
                    row += 1
                }
                segment.append(values[place])
                row += 1
            }
            while row < count {
                segment.append(.null)
                row += 1
            }
            return segment
        }

        /// The same of texts, whose bytes are copied as they are.
        private func filled(_ texts: TextSegment, to count: Int) -> TextSegment {
            var segment = TextSegment()
            for (place, next) in rows.enumerated() {
                while segment.count < Int(next) { segment.append(nil) }
                if texts.isNull(place) {
                    segment.append(nil)
                } else {
                    texts.withText(place) { segment.append(utf8: $0) }
                }
            }
            while segment.count < count { segment.append(nil) }
            return segment
        }
    }

    private var names: [String] = []
    private var places: [String: Int] = [:]
    private var columns: [Column] = []
    /// How many rows there are.
    private(set) var count = 0
    /// How many values they have.
    private var present = 0

    /// Adds a row; of two equal names the later wins.
    mutating func append(_ fields: some Sequence<JSON.Field>) {
        let row = Int32(truncatingIfNeeded: count)
        for field in fields {
            let place = place(of: field.name)
            if columns[place].rows.last == row {
                columns[place].values.removeLast()
            } else {
                columns[place].rows.append(row)
                present += 1
            }
            columns[place].values.append(field.value)
        }
        count += 1
    }

    /// The rows so far; they leave the builder.
    mutating func finish() -> RowBlock {
        // Nulls are written out as long as they are few.
        let isWide = Dataset.isWide(columns: names.count, rows: count, present: present)
        let segments = columns.map { column -> Segment in
            isWide && column.rows.count * 8 < count
                ? .sparse(rows: column.rows, values: column.values, count: count) : column.filled(to: count)
        }
        let block = RowBlock(names: names, segments: segments, count: count)
        self = RowBlockBuilder()
        return block
    }

    private mutating func place(of name: String) -> Int {
        if let place = places[name] { return place }
        places[name] = names.count
        names.append(name)
        columns.append(Column())
        return names.count - 1
    }
}

extension Dataset {
    /// Whether most of the cells of a table would be nulls that no row has written.
    static func isWide(columns: Int, rows: Int, present: Int) -> Bool {
        columns.multipliedReportingOverflow(by: rows).partialValue > 8 * present + (1 << 16)
    }

    /// The rows of these blocks, one after the other. Columns keep the order of first appearance; a block that
    /// lacks one is null there.
    ///
    /// - Parameters:
    ///   - columns: names that come first, in this order.
    ///   - step: what made the dataset.
    init(blocks: [RowBlock], columns: [String] = [], step: HistoryStep) {
        var names: [String] = []
        var places: [String: Int] = [:]
        // By column, its segments and the rows in them; blocks that lack it are made up for when one has it again.
        var found: [(segments: [Segment], count: Int)] = []
        func place(of name: String) -> Int {
            if let place = places[name] { return place }
            places[name] = names.count
            names.append(name)
            found.append(([], 0))
            return names.count - 1
        }
        for name in columns { _ = place(of: name) }
        var total = 0
        for block in blocks {
            for (name, segment) in zip(block.names, block.segments) {
                let place = place(of: name)
                if found[place].count < total {
                    found[place].segments.append(.nulls(total - found[place].count))
                }
                found[place].segments.append(segment)
                found[place].count = total + block.count
            }
            total += block.count
        }
        let present = found.map { column in column.segments.reduce(0) { $0 + $1.present } }
        let isWide = Self.isWide(columns: names.count, rows: total, present: present.reduce(0, +))
        let views = names.indices.map { place in
            let column = found[place]
            let rest = column.count < total ? [Segment.nulls(total - column.count)] : []
            let isSparse = isWide && present[place] * 8 < total
            return ColumnView(
                name: names[place], column: Column(column.segments + rest, isSparse: isSparse), rows: nil)
        }
        self.init(views: views, count: total, history: [step])
    }
}
