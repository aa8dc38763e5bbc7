import LyceumKit

/// One call of a declared function: its arguments, by position from 1.
///
/// The receiver of a method is not counted. A wrong argument is a `LyceumError.invalid` that names function,
/// position and parameter.
public struct LuaCall {
    /// The interpreter that calls.
    public let state: LuaState
    let declared: DeclaredFunction
    /// The object before the colon; nil for plain functions.
    public let receiver: AnyObject?
    /// The arguments, the receiver left out.
    public let arguments: [LuaValue]

    /// The declaration of the function.
    public var declaration: LuaFunction { declared.function }

    /// The full name: "data.load", "dataset:filter".
    public var name: String { declared.name }

    /// The argument at a position; `nil` if it was not given.
    public func value(_ position: Int) -> LuaValue {
        arguments.indices.contains(position - 1) ? arguments[position - 1] : .nil
    }

    /// Whether the argument was given and is not `nil`.
    public func isGiven(_ position: Int) -> Bool { !value(position).isNil }

    /// The object before the colon.
    ///
    /// - Throws: `LyceumError.invalid` if it is of another class.
    public func receiver<T>(_ type: T.Type) throws -> T {
        guard let typed = receiver as? T else {
            throw LyceumError.invalid(
                name, expected: "an object of the right type before ':'", got: "something else", remedy: nil)
        }
        return typed
    }

    // MARK: Required arguments

    /// A text.
    public func string(_ position: Int) throws -> String {
        guard let text = try optionalString(position) else { throw mismatch(position, .string) }
        return text
    }

    /// A whole number.
    public func integer(_ position: Int) throws -> Int {
        guard let number = try optionalInteger(position) else { throw mismatch(position, .integer) }
        return number
    }

    /// A number.
    public func number(_ position: Int) throws -> Double {
        guard let number = try optionalNumber(position) else { throw mismatch(position, .number) }
        return number
    }

    /// A truth value.
    public func boolean(_ position: Int) throws -> Bool {
        guard let flag = try optionalBoolean(position) else { throw mismatch(position, .boolean) }
        return flag
    }

    /// A table.
    public func table(_ position: Int) throws -> LuaTable {
        guard let table = try optionalTable(position) else { throw mismatch(position, .table) }
        return table
    }

    /// A function.
    public func function(_ position: Int) throws -> LuaClosure {
        guard let function = try optionalFunction(position) else { throw mismatch(position, .function("")) }
        return function
    }

    /// A host object of class (or protocol) `T`.
    public func object<T>(_ position: Int, _ type: T.Type) throws -> T {
        guard let object = try optionalObject(position, type) else { throw mismatch(position, nil) }
        return object
    }

    /// A value as data.
    ///
    /// - Throws: `LyceumError.invalid` if it holds a function or an object.
    public func data(_ position: Int) throws -> Value { try state.data(value(position)) }

    // MARK: Optional arguments

    /// A text, or nil if it was not given.
    public func optionalString(_ position: Int) throws -> String? {
        if case .bytes = value(position) {
            throw LyceumError.invalid(
                place(position), expected: "UTF-8 text", got: "bytes that are not valid UTF-8",
                remedy: "convert the text to UTF-8")
        }
        let text = try optional(position, .string, \.string)
        if case .files? = parameter(position)?.names { return text.map(Files.expandingHome) }
        return text
    }

    /// A whole number, or nil if it was not given.
    public func optionalInteger(_ position: Int) throws -> Int? {
        try optional(position, .integer, \.integer)
    }

    /// A number, or nil if it was not given.
    public func optionalNumber(_ position: Int) throws -> Double? {
        try optional(position, .number, \.number)
    }

    /// A truth value, or nil if it was not given.
    public func optionalBoolean(_ position: Int) throws -> Bool? {
        try optional(position, .boolean, \.boolean)
    }

    /// A table, or nil if it was not given.
    public func optionalTable(_ position: Int) throws -> LuaTable? { try optional(position, .table, \.table) }

    /// A function, or nil if it was not given.
    public func optionalFunction(_ position: Int) throws -> LuaClosure? {
        try optional(position, .function(""), \.function)
    }

    /// A host object, or nil if it was not given.
    public func optionalObject<T>(_ position: Int, _ type: T.Type) throws -> T? {
        let given = value(position)
        if given.isNil { return nil }
        guard let object = given.object as? T else { throw mismatch(position, nil) }
        return object
    }

    // MARK: Errors

    /// The error for an argument of the wrong type.
    ///
    /// - Parameter kind: what was expected; the declared kind if that is nil or says more.
    public func mismatch(_ position: Int, _ kind: LuaParameter.Kind?) -> LyceumError {
        let declared = parameter(position)?.kind
        let expected = (declared ?? kind)?.expectation ?? "another value"
        return .invalid(
            place(position), expected: expected, got: state.typeName(value(position)), remedy: nil)
    }

    /// "data.load: argument 1 (path)".
    public func place(_ position: Int) -> String {
        let label = parameter(position).map { " (\($0.name))" } ?? ""
        return "\(name): argument \(position)\(label)"
    }

    func parameter(_ position: Int) -> LuaParameter? {
        declaration.parameters.indices.contains(position - 1) ? declaration.parameters[position - 1] : nil
    }

    private func optional<T>(
        _ position: Int, _ kind: LuaParameter.Kind, _ convert: (LuaValue) -> T?
    ) throws -> T? {
        let given = value(position)
        if given.isNil { return nil }
        guard let converted = convert(given) else { throw mismatch(position, kind) }
        return converted
    }

    /// Whether the first argument may be a list.
    private var takesList: Bool {
        switch declared.function.parameters.first?.kind {
        case .list?: true
        case .either(let kinds)?: kinds.contains { if case .list = $0 { true } else { false } }
        default: false
        }
    }

    /// Refuses arguments beyond the declared ones, which would otherwise pass silently.
    func checkCount() throws {
        let allowed = declared.function.parameters.count
        guard arguments.count > allowed, !declared.function.isVariadic,
            arguments.dropFirst(allowed).contains(where: { !$0.isNil })
        else { return }
        throw LyceumError.invalid(
            name, expected: allowed == 1 ? "1 argument" : "at most \(allowed) arguments",
            got: "\(arguments.count)", remedy: takesList ? listInstead : nil)
    }

    /// How a call is written whose first argument is a list, if what belongs into the list stands one after the other;
    /// nil if the arguments are something else.
    public var listInstead: String? {
        let elements = arguments.prefix { $0.table == nil }
        let rest = arguments.dropFirst(elements.count)
        guard elements.count > 1, rest.count <= 1 else { return nil }
        var objects = 0
        let written = elements.compactMap { element -> String? in
            if element.object != nil {
                objects += 1
                return objects <= 26 ? String(UnicodeScalar(UInt8(96 + objects))) : "x\(objects)"
            }
            return element.string.map { "\"\($0)\"" } ?? element.integer.map { String($0) }
        }
        guard written.count == elements.count else { return nil }
        let options = rest.isEmpty ? "" : ", { … }"
        return
            "put several into one list, in braces: write \(name)({ \(written.joined(separator: ", ")) }\(options))"
    }
}
