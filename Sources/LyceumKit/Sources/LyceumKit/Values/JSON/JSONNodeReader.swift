import CSimdjson

/// Builds values out of the shim's flat nodes, from the first to the last.
struct JSONNodeReader {
    var rest: Slice<UnsafeBufferPointer<CSimdjsonNode>>
    /// Whether odd numbers are in strings that begin with a mark; see `JSONMarkedNumbers`.
    var isMarked = false
    /// What becomes of marked numbers.
    var numbers = JSON.Numbers.nearest
    /// The first number that is not held as it was written, where that matters.
    var inexact: String?

    init(rest: Slice<UnsafeBufferPointer<CSimdjsonNode>>) { self.rest = rest }

    /// The next value; `null` behind the last.
    mutating func next() -> Value {
        guard let node = rest.popFirst() else { return .null }
        switch node.kind {
        case CSIMDJSON_FALSE: return .bool(false)
        case CSIMDJSON_TRUE: return .bool(true)
        case CSIMDJSON_INTEGER: return .integer(Int(node.integer))
        case CSIMDJSON_NUMBER: return .number(node.number)
        case CSIMDJSON_STRING:
            if isMarked, let number = markedNumber(node) { return number }
            return .string(Self.text(of: node))
        case CSIMDJSON_LIST: return .list((0..<node.count).map { _ in next() })
        case CSIMDJSON_OBJECT:
            return .object(ObjectFields(ordered: (0..<node.count).map { _ in (nextText(), next()) }))
        default: return .null
        }
    }

    /// The next value with all keys of its objects; `null` behind the last.
    mutating func nextTree() -> JSON.Tree {
        guard let node = rest.first else { return .scalar(.null) }
        switch node.kind {
        case CSIMDJSON_LIST:
            rest.removeFirst()
            return .list((0..<node.count).map { _ in nextTree() })
        case CSIMDJSON_OBJECT:
            rest.removeFirst()
            return .object((0..<node.count).map { _ in (nextText(), nextTree()) })
        default: return .scalar(next())
        }
    }

    /// The fields of the next value in the order of the text; nil, and nothing read, if it is not an object.
    ///
    /// - Parameter willRead: called with the name of each field before its value is read.
    mutating func nextFields(
        _ willRead: ((_ reader: inout JSONNodeReader, _ name: String) -> Void)? = nil
    ) -> [JSON.Field]? {
        guard let node = rest.first, node.kind == CSIMDJSON_OBJECT else { return nil }
        rest.removeFirst()
        return (0..<node.count).map { _ in
            let name = nextText()
            willRead?(&self, name)
            return JSON.Field(name: name, value: next())
        }
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
        String(decoding: bytes(of: node), as: UTF8.self)
    }

    private static func bytes(of node: CSimdjsonNode) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: node.text, count: node.text == nil ? 0 : Int(node.count))
    }

    /// The number in a marked string; nil for any other string.
    private mutating func markedNumber(_ node: CSimdjsonNode) -> Value? {
        let bytes = Self.bytes(of: node)
        guard bytes.first == 0, bytes.starts(with: JSONMarkedNumbers.readMark) else { return nil }
        let text = String(decoding: bytes.dropFirst(JSONMarkedNumbers.readMark.count), as: UTF8.self)
        switch text {
        case "NaN": return .number(.nan)
        case "Infinity": return .number(.infinity)
        case "-Infinity": return .number(-.infinity)
        default: break
        }
        if numbers == .text { return .string(text) }
        if let number = JSONNumber.exact(text) { return number }
        if numbers == .exact, inexact == nil { inexact = text }
        return .number(Double(text) ?? .nan)
    }
}
