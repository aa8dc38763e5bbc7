import CSimdjson

/// Builds values out of the shim's flat nodes, from the first to the last.
struct JSONNodeReader {
    var rest: Slice<UnsafeBufferPointer<CSimdjsonNode>>

    /// The next value; `null` behind the last.
    mutating func next() -> Value {
        guard let node = rest.popFirst() else { return .null }
        switch node.kind {
        case CSIMDJSON_FALSE: return .bool(false)
        case CSIMDJSON_TRUE: return .bool(true)
        case CSIMDJSON_INTEGER: return .integer(Int(node.integer))
        case CSIMDJSON_NUMBER: return .number(node.number)
        case CSIMDJSON_STRING: return .string(Self.text(of: node))
        case CSIMDJSON_LIST: return .list((0..<node.count).map { _ in next() })
        case CSIMDJSON_OBJECT:
            var fields: [String: Value] = [:]
            fields.reserveCapacity(Int(node.count))
            for _ in 0..<node.count {
                let name = nextText()
                fields[name] = next()
            }
            return .object(fields)
        default: return .null
        }
    }

    /// The fields of the next value in the order of the text; nil, and nothing read, if it is no object.
    mutating func nextFields() -> [JSON.Field]? {
        guard let node = rest.first, node.kind == CSIMDJSON_OBJECT else { return nil }
        rest.removeFirst()
        return (0..<node.count).map { _ in JSON.Field(name: nextText(), value: next()) }
    }

    /// The fields of the object to which keys lead from the next value; nil if there is none.
    mutating func nextFields(at path: ArraySlice<String>) -> [JSON.Field]? {
        guard let key = path.first else { return nextFields() }
        guard let node = rest.popFirst(), node.kind == CSIMDJSON_OBJECT else { return nil }
        for _ in 0..<node.count {
            if nextText() == key { return nextFields(at: path.dropFirst()) }
            _ = next()
        }
        return nil
    }

    /// The number of elements of the next value, which are then the next; nil, and nothing read, if it is no
    /// list.
    mutating func nextListCount() -> Int? {
        guard let node = rest.first, node.kind == CSIMDJSON_LIST else { return nil }
        rest.removeFirst()
        return Int(node.count)
    }

    private mutating func nextText() -> String { rest.popFirst().map(Self.text(of:)) ?? "" }

    private static func text(of node: CSimdjsonNode) -> String {
        guard let text = node.text else { return "" }
        return String(decoding: UnsafeRawBufferPointer(start: text, count: Int(node.count)), as: UTF8.self)
    }
}
