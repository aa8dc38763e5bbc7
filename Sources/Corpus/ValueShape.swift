import LyceumKit
import Parquet

/// What all values of a column have in common: the type that a Parquet or Arrow column needs.
indirect enum ValueShape: Equatable {
    /// Nothing but nulls so far.
    case null
    case boolean
    case integer
    case number
    case text
    case list(ValueShape)
    case structure([String: ValueShape])

    /// Two values that no column can hold together.
    private struct Mixture: Error {
        let first: String
        let second: String
    }

    /// The shape of a column.
    ///
    /// - Throws: `LyceumError.invalid` naming the row whose value does not fit those before it.
    init(of view: ColumnView, count: Int, job: Job) throws {
        var shape = ValueShape.null
        for row in 0..<count {
            if row % 4096 == 0 { try job.checkCancelled() }
            if view.isText(row) {
                if shape == .text { continue }
                if shape == .null {
                    shape = .text
                    continue
                }
            }
            do {
                shape = try shape.joined(with: ValueShape(view[row]))
            } catch let mixture as Mixture {
                throw LyceumError.invalid(
                    "column '\(view.name)', row \(row + 1)",
                    expected: "\(mixture.first), as in the rows before it",
                    got: mixture.second,
                    remedy: "Parquet and Arrow need one type a column: change it with :map, or save as .jsonl"
                )
            }
        }
        self = shape
    }

    private init(_ value: Value) throws {
        switch value {
        case .null: self = .null
        case .bool: self = .boolean
        case .integer: self = .integer
        case .number: self = .number
        case .string: self = .text
        case .list(let elements):
            self = .list(try elements.reduce(.null) { try $0.joined(with: ValueShape($1)) })
        case .object(let fields): self = .structure(try fields.values.mapValues { try ValueShape($0) })
        }
    }

    private func joined(with other: ValueShape) throws -> ValueShape {
        switch (self, other) {
        case _ where self == other: return self
        case (.null, _): return other
        case (_, .null): return self
        case (.integer, .number), (.number, .integer): return .number
        case (.list(let a), .list(let b)): return .list(try a.joined(with: b))
        case (.structure(let a), .structure(let b)):
            return .structure(try a.merging(b) { try $0.joined(with: $1) })
        default: throw Mixture(first: name, second: other.name)
        }
    }

    private var name: String {
        switch self {
        case .null: return "nil"
        case .boolean: return "true or false"
        case .integer, .number: return "a number"
        case .text: return "a string"
        case .list: return "a list"
        case .structure: return "a table"
        }
    }

    /// The values of some rows.
    func node(_ view: ColumnView, _ rows: Range<Int>) -> ColumnNode {
        guard case .text = self else { return node(rows.map { view[$0] }) }
        var (offsets, bytes, valid) = ([0], [UInt8](), [Bool]())
        for row in rows {
            valid.append(view.withText(row) { bytes.append(contentsOf: $0) } != nil)
            offsets.append(bytes.count)
        }
        return .texts(offsets: offsets, bytes: bytes, valid: valid.contains(false) ? valid : nil)
    }

    private func node(_ values: [Value]) -> ColumnNode {
        let nulls = values.map { !$0.isNull }
        let valid = nulls.contains(false) ? nulls : nil
        switch self {
        case .null: return .nulls(values.count)
        case .boolean: return .booleans(values.map { $0.bool ?? false }, valid: valid)
        case .integer: return .integers(values.map { $0.integer ?? 0 }, valid: valid)
        case .number: return .numbers(values.map { $0.number ?? 0 }, valid: valid)
        case .text:
            var (offsets, bytes) = ([0], [UInt8]())
            for value in values {
                bytes += (value.string ?? "").utf8
                offsets.append(bytes.count)
            }
            return .texts(offsets: offsets, bytes: bytes, valid: valid)
        case .list(let element):
            var (offsets, all) = ([0], [Value]())
            for value in values {
                all += value.list ?? []
                offsets.append(all.count)
            }
            return .lists(offsets: offsets, elements: element.node(all), valid: valid)
        case .structure(let fields):
            return .structs(
                count: values.count,
                fields: fields.sorted { $0.key < $1.key }.map { name, shape in
                    (name, shape.node(values.map { $0.object?[name] ?? .null }))
                }, valid: valid)
        }
    }
}
