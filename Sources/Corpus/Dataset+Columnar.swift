import LyceumKit
import Parquet

// Parquet and Arrow files as datasets: texts go from the helper's pipe into the dataset's own buffers as they are.
extension ColumnarFormat {
    /// The format that the end of a name says; nil if it says another, or nothing.
    static func named(_ path: String) -> ColumnarFormat? {
        let name = path.lowercased()
        return allCases.first { $0.suffixes.contains(where: name.hasSuffix) }
    }

    /// Reads a file.
    ///
    /// - Parameters:
    ///   - columns: to read, in this order; nil reads all.
    ///   - rowGroups: numbers counted from 1; nil reads all.
    func read(
        _ path: String, columns: [String]? = nil, rowGroups: [Int]? = nil, step: HistoryStep, job: Job
    ) throws -> Dataset {
        var names: [String] = []
        var total: Int?
        var count = 0
        var segments: [[Segment]] = []
        try ColumnarFile.read(
            path, format: self, columns: columns, rowGroups: rowGroups, job: job,
            begin: { header in
                var seen: Set<String> = []
                if let twice = header.columns.first(where: { !seen.insert($0).inserted }) {
                    throw LyceumError.file(
                        path: path, line: nil, problem: "names column '\(twice)' twice",
                        remedy: "give each column a name of its own")
                }
                names = header.columns
                total = header.rows
                segments = names.map { _ in [] }
            }
        ) { rows, nodes in
            for (place, node) in nodes.enumerated() { segments[place].append(Segment(node)) }
            count += rows
            job.update(done: count, of: total, unit: "rows")
        }
        var views = zip(names, segments).map { name, segments in
            ColumnView(name: name, column: Column(segments.filter { $0.count > 0 }), rows: nil)
        }
        if let columns { views = columns.compactMap { name in views.first { $0.name == name } } }
        return Dataset(views: views, count: count, history: [step])
    }

    /// Writes a dataset; see `Dataset.save`.
    func write(_ dataset: Dataset, to path: String, compression: String, rowGroup: Int, job: Job) throws {
        let shapes = try dataset.views.map { view in try ValueShape(of: view, count: dataset.count, job: job)
        }
        var row = 0
        var isFirst = true
        try Files.writeAtomically(path) { write in
            try ColumnarFile.write(
                path, format: self, columns: dataset.columns, compression: compression, rowGroup: rowGroup,
                job: job,
                to: write
            ) {
                guard isFirst || row < dataset.count else { return nil }
                isFirst = false
                let rows = row..<min(row + Self.rowsPerBatch, dataset.count)
                row = rows.upperBound
                job.update(done: row, of: dataset.count, unit: "rows")
                return (rows.count, zip(dataset.views, shapes).map { view, shape in shape.node(view, rows) })
            }
            try job.checkCancelled(kept: "\(path) is as it was")
        }
    }

    private static let rowsPerBatch = 4096
}

extension Segment {
    /// The values of a column of one batch.
    init(_ node: ColumnNode) {
        switch node {
        case .texts(let offsets, let bytes, let valid):
            self = .text(TextSegment(bytes: bytes, offsets: offsets, valid: valid))
        case .nulls(let count): self = .nulls(count)
        default: self = .values(node.values())
        }
    }
}

extension ColumnNode {
    /// The values one by one.
    func values() -> [Value] {
        let valid = valid
        func each(_ make: (Int) -> Value) -> [Value] {
            (0..<count).map { row in valid?[row] == false ? .null : make(row) }
        }
        switch self {
        case .nulls(let count): return [Value](repeating: .null, count: count)
        case .booleans(let values, _): return each { .bool(values[$0]) }
        case .integers(let values, _): return each { .integer(values[$0]) }
        case .numbers(let values, _): return each { .number(values[$0]) }
        case .texts(let offsets, let bytes, _):
            return bytes.withUnsafeBufferPointer { bytes in
                each { .string(String(decoding: bytes[offsets[$0]..<offsets[$0 + 1]], as: UTF8.self)) }
            }
        case .lists(let offsets, let elements, _):
            let all = elements.values()
            return each { .list(Array(all[offsets[$0]..<offsets[$0 + 1]])) }
        case .structs(_, let fields, _):
            let all = fields.map { (name: $0.name, values: $0.values.values()) }
            return each { row in
                .object(
                    Dictionary(all.map { ($0.name, $0.values[row]) }, uniquingKeysWith: { _, last in last }))
            }
        }
    }
}
