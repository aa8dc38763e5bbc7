import LyceumKit

/// A Lua value as Swift sees it.
///
/// Tables and functions are references: they keep the Lua value alive and are used on the state's thread only.
public enum LuaValue {
    /// `nil`, also the value of an absent field.
    case `nil`
    /// `true` or `false`.
    case boolean(Bool)
    /// A number with integer representation.
    case integer(Int)
    /// A number with floating-point representation.
    case number(Double)
    /// A string that is valid UTF-8.
    case string(String)
    /// A string that is not valid UTF-8, byte for byte.
    case bytes([UInt8])
    /// A table.
    case table(LuaTable)
    /// A function, written in Lua, C or Swift.
    case function(LuaClosure)
    /// An object of the host, whose class was registered with a `LuaType`.
    case object(AnyObject)
    /// The `null` inside a list, which Lua's `nil` cannot represent.
    case null
    /// A coroutine, a file, or userdata of another library.
    case other(LuaReference)
    /// Data on its way to Lua, where it becomes new tables; it never comes back in this form.
    case data(Value)
    /// A record on its way to Lua, where it becomes a table that cannot be changed; it comes back as a table of its
    /// fields.
    case record(Record)
}

extension LuaValue {
    /// The value of an optional text: `nil` if there is none.
    public init(_ text: String?) { self = text.map(LuaValue.string) ?? .nil }

    /// Whether this is `nil`.
    public var isNil: Bool {
        if case .nil = self { return true }
        return false
    }

    /// Whether Lua takes it for true: everything except `nil` and `false`.
    public var isTrue: Bool {
        switch self {
        case .nil, .boolean(false): return false
        default: return true
        }
    }

    /// The text of a valid string; nil for anything else (numbers are not converted).
    public var string: String? {
        if case .string(let text) = self { return text }
        return nil
    }

    /// The integer, also of a floating-point number that is whole; nil for anything else.
    public var integer: Int? {
        switch self {
        case .integer(let number): return number
        case .number(let number): return Int(exactly: number)
        default: return nil
        }
    }

    /// The number, integers converted; nil for anything else.
    public var number: Double? {
        switch self {
        case .integer(let number): return Double(number)
        case .number(let number): return number
        default: return nil
        }
    }

    /// The truth value of a Boolean; nil for anything else.
    public var boolean: Bool? {
        if case .boolean(let flag) = self { return flag }
        return nil
    }

    /// The table; nil for anything else.
    public var table: LuaTable? {
        if case .table(let table) = self { return table }
        return nil
    }

    /// The function; nil for anything else.
    public var function: LuaClosure? {
        if case .function(let function) = self { return function }
        return nil
    }

    /// The host object; nil for anything else.
    public var object: AnyObject? {
        if case .object(let object) = self { return object }
        return nil
    }
}

extension LuaValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral
{
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// An integer.
    public init(integerLiteral value: Int) { self = .integer(value) }
    /// A floating-point number.
    public init(floatLiteral value: Double) { self = .number(value) }
    /// A Boolean.
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
}
