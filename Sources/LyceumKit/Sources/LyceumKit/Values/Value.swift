/// A value of a record, an option or a JSON document.
public enum Value: Sendable, Hashable {
    /// JSON's `null`, Lua's `nil`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A whole number of 64 bits.
    case integer(Int)
    /// A floating-point number.
    case number(Double)
    /// A text.
    case string(String)
    /// A list of values.
    case list([Value])
    /// Named values, in the order of the file that they come from.
    case object(ObjectFields)

    /// Named values without an order of their own.
    public static func object(_ values: [String: Value]) -> Value { .object(ObjectFields(values)) }
}

extension Value {
    /// The text of a string; nil for anything else.
    public var string: String? {
        if case .string(let text) = self { return text }
        return nil
    }

    /// The number of an integer, or of a floating-point number that is whole; nil for anything else.
    public var integer: Int? {
        switch self {
        case .integer(let number): return number
        case .number(let number): return Int(exactly: number)
        default: return nil
        }
    }

    /// The number of an integer or a floating-point number; nil for anything else.
    public var number: Double? {
        switch self {
        case .integer(let number): return Double(number)
        case .number(let number): return number
        default: return nil
        }
    }

    /// The truth value of a Boolean; nil for anything else.
    public var bool: Bool? {
        if case .bool(let flag) = self { return flag }
        return nil
    }

    /// The elements of a list; nil for anything else.
    public var list: [Value]? {
        if case .list(let values) = self { return values }
        return nil
    }

    /// The values of an object by name; nil for anything else.
    public var object: [String: Value]? { fields?.values }

    /// The fields of an object in their order; nil for anything else.
    public var fields: ObjectFields? {
        if case .object(let fields) = self { return fields }
        return nil
    }

    /// The first NaN or infinity in this value, however deep; nil if there is none.
    public var firstNonFinite: Double? {
        switch self {
        case .number(let number): return number.isFinite ? nil : number
        case .list(let values): return values.lazy.compactMap(\.firstNonFinite).first
        case .object(let fields): return fields.values.values.lazy.compactMap(\.firstNonFinite).first
        case .null, .bool, .integer, .string: return nil
        }
    }

    /// Whether this is `null`.
    public var isNull: Bool { self == .null }

    /// The name of this value's type, as error messages use it.
    public var typeName: String {
        switch self {
        case .null: return "nil"
        case .bool: return "boolean"
        case .integer, .number: return "number"
        case .string: return "string"
        case .list: return "list"
        case .object: return "table"
        }
    }

    /// The value as a text: strings as they are, numbers as Lua writes them, the rest as JSON.
    public var text: String {
        switch self {
        case .null: return "nil"
        case .bool(let flag): return flag ? "true" : "false"
        case .integer(let number): return String(number)
        case .number(let number): return String(number)
        case .string(let text): return text
        case .list, .object: return JSON.encode(self)
        }
    }
}

extension Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A whole number.
    public init(integerLiteral value: Int) { self = .integer(value) }
    /// A floating-point number.
    public init(floatLiteral value: Double) { self = .number(value) }
    /// A Boolean.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// A list.
    public init(arrayLiteral elements: Value...) { self = .list(elements) }
    /// An object; of two equal keys the later wins.
    public init(dictionaryLiteral elements: (String, Value)...) {
        self = .object(Dictionary(elements, uniquingKeysWith: { _, later in later }))
    }
}
