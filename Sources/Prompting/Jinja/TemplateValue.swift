import Glibc
import LyceumKit

/// A value while a template is rendered: what Python has where Lyceum's own values have nothing of the kind (tuples,
/// functions, namespaces, what is not defined, names in their order).
enum TemplateValue {
    /// A variable or an element that is not there; only templates of chats go on with it.
    case undefined
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    /// A text that is safe in HTML, as `escape` makes it.
    case markup(String)
    case list(TemplateList)
    case table(TemplateTable)
    case namespace(TemplateNamespace)
    case function(TemplateFunction)
    case loop(TemplateLoopState)

    /// How deep values may be in values, as in data: what is deeper could not be compared, printed or freed.
    static let deepest = 1024

    /// How many values are inside each other here, at most.
    var depth: Int {
        switch self {
        case .list(let list): return list.depth
        case .table(let table): return table.depth
        default: return 0
        }
    }

    /// The text of a string, safe or not.
    var string: String? {
        switch self {
        case .string(let text), .markup(let text): return text
        default: return nil
        }
    }

    /// The number of an integer, of a Boolean, or of a floating-point number that is whole.
    var integer: Int? {
        switch self {
        case .integer(let number): return number
        case .bool(let flag): return flag ? 1 : 0
        case .number(let number): return Int(exactly: number)
        default: return nil
        }
    }

    /// The number that it is to Python, where true is 1; nil for what is none.
    var number: TemplateNumber? {
        switch self {
        case .bool(let flag): return .integer(flag ? 1 : 0)
        case .integer(let number): return .integer(number)
        case .number(let number): return .real(number)
        default: return nil
        }
    }

    var list: TemplateList? {
        if case .list(let list) = self { return list }
        return nil
    }

    var table: TemplateTable? {
        if case .table(let table) = self { return table }
        return nil
    }

    var isNull: Bool {
        if case .null = self { return true }
        return false
    }

    var isUndefined: Bool {
        if case .undefined = self { return true }
        return false
    }

    /// Whether Python takes it for true: not none, false, 0 or empty.
    var isTrue: Bool {
        switch self {
        case .undefined, .null: return false
        case .bool(let flag): return flag
        case .integer(let number): return number != 0
        case .number(let number): return number != 0
        case .string(let text), .markup(let text): return !text.isEmpty
        case .list(let list): return !list.elements.isEmpty
        case .table(let table): return !table.keys.isEmpty
        case .namespace, .function, .loop: return true
        }
    }

    /// The name of its type, as error messages use it.
    var typeName: String {
        switch self {
        case .undefined: return "value that is not there"
        case .null: return "nil"
        case .bool: return "boolean"
        case .integer, .number: return "number"
        case .string, .markup: return "string"
        case .list: return "list"
        case .table: return "table"
        case .namespace: return "namespace"
        case .function: return "function"
        case .loop: return "loop"
        }
    }
}

extension TemplateValue: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral, ExpressibleByBooleanLiteral
{
    init(integerLiteral value: Int) { self = .integer(value) }
    init(stringLiteral value: String) { self = .string(value) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
}

/// A whole number or another.
enum TemplateNumber {
    case integer(Int)
    case real(Double)

    var real: Double {
        switch self {
        case .integer(let number): return Double(number)
        case .real(let number): return number
        }
    }

    var value: TemplateValue {
        switch self {
        case .integer(let number): return .integer(number)
        case .real(let number): return .number(number)
        }
    }
}

/// A list or a tuple; it never changes.
final class TemplateList {
    let elements: [TemplateValue]
    /// Whether Python has a tuple there; it looks different and equals no list.
    let isTuple: Bool
    let depth: Int

    /// - Parameter depth: of the elements, at most.
    init(_ elements: [TemplateValue], isTuple: Bool = false, depth: Int) {
        self.elements = elements
        self.isTuple = isTuple
        self.depth = depth + 1
    }
}

/// Values by key, in the order in which the keys came; it never changes.
final class TemplateTable {
    let keys: [TemplateValue]
    let values: [TemplateValue]
    let depth: Int
    private let places: [TemplateKey: Int]

    init(_ pairs: [(key: TemplateValue, value: TemplateValue)], depth: Int) {
        var keys: [TemplateValue] = []
        var values: [TemplateValue] = []
        var places: [TemplateKey: Int] = [:]
        places.reserveCapacity(pairs.count)
        for (key, value) in pairs {
            if let place = places[TemplateKey(key)] {
                values[place] = value
            } else {
                places[TemplateKey(key)] = keys.count
                keys.append(key)
                values.append(value)
            }
        }
        (self.keys, self.values, self.places) = (keys, values, places)
        self.depth = depth + 1
    }

    subscript(_ key: TemplateValue) -> TemplateValue? { places[TemplateKey(key)].map { values[$0] } }
    subscript(_ name: String) -> TemplateValue? { self[.string(name)] }

    var pairs: [(key: TemplateValue, value: TemplateValue)] { zip(keys, values).map { ($0, $1) } }

    /// The keys that are texts.
    var names: [String] { keys.compactMap(\.string) }
}

/// A value as the key of a table: 1, 1.0 and true are one key, and texts are compared by code points.
struct TemplateKey: Hashable {
    let value: TemplateValue

    init(_ value: TemplateValue) { self.value = value }

    static func == (left: TemplateKey, right: TemplateKey) -> Bool {
        switch (left.value, right.value) {
        case (.null, .null), (.undefined, .undefined): return true
        case (.string(let a), .string(let b)), (.string(let a), .markup(let b)),
            (.markup(let a), .string(let b)),
            (.markup(let a), .markup(let b)):
            return a.hasSameScalars(as: b)
        case (.list(let a), .list(let b)):
            return a === b
                || (a.isTuple == b.isTuple && a.elements.count == b.elements.count
                    && zip(a.elements, b.elements).allSatisfy { TemplateKey($0) == TemplateKey($1) })
        case (.table(let a), .table(let b)): return a === b
        case (.namespace(let a), .namespace(let b)): return a === b
        case (.function(let a), .function(let b)): return a === b
        case (.loop(let a), .loop(let b)): return a === b
        default:
            switch (left.value.number, right.value.number) {
            case (.integer(let a)?, .integer(let b)?): return a == b
            case (.integer(let a)?, .real(let b)?), (.real(let b)?, .integer(let a)?):
                return Int(exactly: b) == a
            case (let a?, let b?): return a.real == b.real
            default: return false
            }
        }
    }

    func hash(into hasher: inout Hasher) {
        switch value {
        case .undefined, .null: hasher.combine(0)
        case .string(let text), .markup(let text):
            var text = text
            text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        case .list(let list):
            hasher.combine(list.elements.count)
            if let first = list.elements.first { TemplateKey(first).hash(into: &hasher) }
        case .table(let table): hasher.combine(ObjectIdentifier(table))
        case .namespace(let namespace): hasher.combine(ObjectIdentifier(namespace))
        case .function(let function): hasher.combine(ObjectIdentifier(function))
        case .loop(let loop): hasher.combine(ObjectIdentifier(loop))
        case .bool, .integer, .number: hasher.combine(value.number?.real ?? 0)
        }
    }
}

/// Jinja's `namespace()`: the only thing of a template that changes.
final class TemplateNamespace {
    var names: [String] = []
    var fields: [String: TemplateValue] = [:]

    func set(_ name: String, _ value: TemplateValue) {
        if fields.updateValue(value, forKey: name) == nil { names.append(name) }
    }

    /// Drops all that it holds, so that what holds itself is freed.
    func clear() {
        names = []
        fields = [:]
    }
}

/// Something that can be called.
final class TemplateFunction {
    /// What it is called with.
    struct Arguments {
        var positional: [TemplateValue] = []
        var named: [(name: String, value: TemplateValue)] = []
    }

    typealias Body = (_ evaluator: TemplateEvaluator, _ arguments: Arguments) throws -> TemplateValue

    let name: String
    let body: Body
    /// What a template may ask of it: `name`, `arguments`, `caller` of a macro, `current` of a cycler.
    var fields: [String: () -> TemplateValue] = [:]

    init(_ name: String, _ body: @escaping Body) {
        self.name = name
        self.body = body
    }
}

/// Jinja's `loop`.
final class TemplateLoopState {
    let elements: [TemplateValue]
    /// How many loops are around this one, by `recursive`.
    let level: Int
    var index = 0
    var lastChanged: [TemplateValue]?
    /// Renders the loop once more for other elements; nil unless it is recursive.
    var again: ((_ evaluator: TemplateEvaluator, _ elements: TemplateValue) throws -> TemplateValue)?

    init(_ elements: [TemplateValue], level: Int) {
        self.elements = elements
        self.level = level
    }

    static let fields = [
        "index", "index0", "length", "revindex", "revindex0", "first", "last", "previtem", "nextitem",
        "depth",
        "depth0",
    ]

    subscript(_ name: String) -> TemplateValue? {
        switch name {
        case "index": return .integer(index + 1)
        case "index0": return .integer(index)
        case "length": return .integer(elements.count)
        case "revindex": return .integer(elements.count - index)
        case "revindex0": return .integer(elements.count - index - 1)
        case "first": return .bool(index == 0)
        case "last": return .bool(index == elements.count - 1)
        case "previtem": return index > 0 ? elements[index - 1] : nil
        case "nextitem": return index + 1 < elements.count ? elements[index + 1] : nil
        case "depth": return .integer(level + 1)
        case "depth0": return .integer(level)
        default: return nil
        }
    }
}

extension String {
    /// Whether two texts are the same code points; Swift's `==` also takes é for e and an accent.
    func hasSameScalars(as other: String) -> Bool {
        utf8.count == other.utf8.count && compareBytes(to: other) == 0
    }

    /// Whether this text comes before another by code points, which is the order of the bytes of UTF-8.
    func precedes(_ other: String) -> Bool {
        let order = compareBytes(to: other)
        return order == 0 ? utf8.count < other.utf8.count : order < 0
    }

    /// How the bytes compare, as far as both texts go.
    private func compareBytes(to other: String) -> Int32 {
        var (a, b) = (self, other)
        return a.withUTF8 { a in
            b.withUTF8 { b in
                guard let x = a.baseAddress, let y = b.baseAddress else { return 0 }
                return memcmp(x, y, min(a.count, b.count))
            }
        }
    }
}
