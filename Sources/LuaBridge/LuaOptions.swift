import LyceumKit

/// A table of options that was checked against its declarations.
///
/// Plain options are read from `values`; options that hold functions or host objects by the methods here.
public struct LuaOptions {
    /// The plain options, defaults filled in.
    public let values: Options
    /// The list part of the table: `teacher.open { "openai", … }`.
    public let positional: [LuaValue]
    private let references: [String: LuaValue]
    private let state: LuaState

    /// Checks a table.
    ///
    /// - Parameters:
    ///   - table: what the user wrote; nil is an empty table.
    ///   - declared: every option there is. Of kind `.object` may be any Lua value: a host object of that type,
    ///     or a function for the type "function".
    ///   - function: named in errors, as the user typed it.
    ///   - positionals: how many elements the list part may have.
    ///   - paths: the options that name files, in which `~` is the home folder.
    ///   - notes: what to say about a name that is not declared, where the caller knows.
    /// - Throws: `LyceumError.unknownOptions`, `LyceumError.badOption`.
    public init(
        _ table: LuaTable?, declared: [OptionDeclaration], function: String, state: LuaState,
        positionals: Int = 0, paths: Set<String> = [], notes: (String) -> String? = { _ in nil }
    ) throws {
        let byName = Dictionary(declared.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var plain: [String: Value] = [:]
        var references: [String: LuaValue] = [:]
        var unknown: [String] = []
        for (key, value) in try table?.entries() ?? [] {
            if let position = key.integer, position >= 1, position <= positionals { continue }
            guard let name = key.string else {
                throw LyceumError.badOption(
                    function: function, option: try state.describe(key), expected: "name = value",
                    got: "a value without a name (\(state.typeName(value)))")
            }
            if case .object(let type)? = byName[name]?.kind {
                guard state.typeName(value) == type || type == "value" else {
                    throw LyceumError.badOption(
                        function: function, option: name,
                        expected: LuaParameter.Kind.object(type).expectation, got: state.typeName(value))
                }
                references[name] = value
            } else if byName[name] == nil {
                unknown.append(name)
            } else {
                let read = try Self.plain(value, option: name, function: function, state: state)
                plain[name] = paths.contains(name) ? read.expandingHome : read
            }
        }
        if !unknown.isEmpty {
            throw LyceumError.unknownOptions(
                function: function, options: unknown.sorted(), known: declared.map(\.name),
                notes: Dictionary(
                    unknown.compactMap { name in notes(name).map { (name, $0) } },
                    uniquingKeysWith: { first, _ in first }))
        }
        for option in declared where option.isRequired && references[option.name] == nil {
            guard case .object(let type) = option.kind else { continue }
            throw LyceumError.badOption(
                function: function, option: option.name,
                expected: LuaParameter.Kind.object(type).expectation, got: "nothing (it is required)")
        }
        // Options that hold objects never enter `Options`, which knows data only.
        values = try Options(plain, declared: declared.filter(\.isPlain), function: function)
        positional = try (0..<positionals).map { try table?.get($0 + 1) ?? .nil }
        self.references = references
        self.state = state
    }

    private static func plain(
        _ value: LuaValue, option: String, function: String, state: LuaState
    ) throws -> Value {
        do {
            return try state.data(value)
        } catch LyceumError.invalid(let subject, let expected, let got, _) {
            // "data at 'a.3'" is a place in the option's value.
            let place = subject.hasPrefix("data at '") ? "." + subject.dropFirst(9).dropLast() : ""
            throw LyceumError.badOption(
                function: function, option: option + place, expected: expected, got: got)
        }
    }

    /// A host object, or nil if it is not set.
    public func object<T>(_ name: String, _ type: T.Type) throws -> T? {
        guard let value = references[name] else { return nil }
        guard let object = value.object as? T else {
            throw LyceumError.badOption(
                function: values.function, option: name, expected: "another object",
                got: state.typeName(value))
        }
        return object
    }

    /// A function, or nil if it is not set.
    public func function(_ name: String) -> LuaClosure? { references[name]?.function }

    /// The Lua value of an option declared with kind `.object`; `nil` if it is not set.
    public func reference(_ name: String) -> LuaValue { references[name] ?? .nil }
}

extension OptionDeclaration {
    fileprivate var isPlain: Bool {
        if case .object = kind { return false }
        return true
    }
}

extension LuaCall {
    /// The table of options at a position, checked.
    ///
    /// - Parameters:
    ///   - position: of the table; if it is left out, every option has its default.
    ///   - declared: the options; those of the parameter's declaration if nil.
    ///   - adding: further options, known only now (those of an architecture).
    ///   - positionals: how many elements the list part may have.
    ///   - notes: what to say about a name that is not declared, where the caller knows.
    /// - Throws: `LyceumError` with the function, the option and the nearest name.
    public func options(
        _ position: Int, declared: [OptionDeclaration]? = nil, adding more: [OptionDeclaration] = [],
        positionals: Int = 0, notes: (String) -> String? = { _ in nil }
    ) throws -> LuaOptions {
        let given = value(position)
        guard given.isNil || given.table != nil else { throw mismatch(position, .options([])) }
        let parameter =
            declaration.parameters.indices.contains(position - 1) ? declaration.parameters[position - 1] : nil
        return try LuaOptions(
            given.table, declared: (declared ?? parameter?.kind.options ?? []) + more, function: name,
            state: state, positionals: positionals, paths: declaration.pathOptions, notes: notes)
    }
}

extension Value {
    /// A path, or a list of paths, with `~` replaced by the home folder.
    fileprivate var expandingHome: Value {
        switch self {
        case .string(let path): return .string(Files.expandingHome(path))
        case .list(let elements): return .list(elements.map(\.expandingHome))
        default: return self
        }
    }
}
