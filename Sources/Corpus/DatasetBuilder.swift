import LyceumKit

/// Collects rows into columns. A key that a row lacks is null there; columns keep the order of first appearance.
struct DatasetBuilder {
    private var names: [String] = []
    private var places: [String: Int] = [:]
    private var columns: [Column] = []
    /// How many rows there are.
    private(set) var count = 0

    /// - Parameter columns: names that come first, in this order.
    init(columns: [String] = []) {
        for name in columns { _ = place(of: name) }
    }

    /// Adds a row; of two equal names the later wins.
    mutating func append(_ fields: some Sequence<JSON.Field>) {
        var row = [Value](repeating: .null, count: columns.count)
        for field in fields {
            let place = place(of: field.name)
            if place == row.count { row.append(field.value) } else { row[place] = field.value }
        }
        for place in columns.indices { columns[place].append(row[place]) }
        count += 1
    }

    /// Adds a record.
    mutating func append(_ record: Record) {
        append(zip(record.columns, record.values).lazy.map { JSON.Field(name: $0, value: $1) })
    }

    /// The dataset of all rows so far.
    func dataset() -> Dataset {
        Dataset(
            views: zip(names, columns).map { ColumnView(name: $0, column: $1, rows: nil) }, count: count)
    }

    private mutating func place(of name: String) -> Int {
        if let place = places[name] { return place }
        places[name] = names.count
        names.append(name)
        columns.append(Column(nulls: count))
        return names.count - 1
    }
}

extension Column {
    /// A column of nulls.
    init(nulls count: Int) {
        var column = TextColumn()
        for _ in 0..<count { column.append(nil) }
        self = .text(column)
    }

    /// A column of these values.
    init(_ values: [Value]) {
        self.init(nulls: 0)
        for value in values { append(value) }
    }

    /// Adds a value; the first that is neither text nor null makes this a column of values.
    mutating func append(_ value: Value) {
        switch self {
        case .text(var column):
            // A column that is held twice while it grows would be copied with every value.
            self = .values([])
            switch value {
            case .string(let text): column.append(text)
            case .null: column.append(nil)
            default:
                let texts = Column.text(column)
                self = .values((0..<column.count).map { texts[$0] } + [value])
                return
            }
            self = .text(column)
        case .values(var values):
            self = .values([])
            values.append(value)
            self = .values(values)
        }
    }
}
