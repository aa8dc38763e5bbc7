/// Option values that were checked against their declarations, defaults filled in.
public struct Options: Sendable, Equatable {
    /// The function or architecture they belong to, for errors.
    public let function: String
    /// Every option that has a value.
    public let values: [String: Value]
    /// The names that the user gave.
    public let given: Set<String>

    /// Checks `given` against `declared` and fills in the defaults.
    ///
    /// - Parameters:
    ///   - given: what the user wrote.
    ///   - declared: every option there is.
    ///   - function: named in errors, as the user typed it.
    /// - Throws: `LyceumError.unknownOptions` (with the nearest names) or `LyceumError.badOption`.
    public init(
        _ given: [String: Value] = [:], declared: [OptionDeclaration], function: String
    ) throws {
        let byName = Dictionary(declared.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let unknown = given.filter { byName[$0.key] == nil && !$0.value.isNull }.keys.sorted()
        if !unknown.isEmpty {
            throw LyceumError.unknownOptions(
                function: function, options: unknown, known: declared.map(\.name))
        }
        var values: [String: Value] = [:]
        for (name, value) in given.sorted(by: { $0.key < $1.key }) where !value.isNull {
            guard let declaration = byName[name] else { continue }
            values[name] = try declaration.check(value, function: function)
        }
        for declaration in declared where values[declaration.name] == nil {
            if let value = declaration.defaultValue {
                values[declaration.name] = value
            } else if declaration.isRequired {
                throw LyceumError.badOption(
                    function: function, option: declaration.name,
                    expected: declaration.kind.description, got: "nothing (it is required)")
            }
        }
        self.function = function
        self.values = values
        self.given = Set(given.filter { !$0.value.isNull }.keys)
    }

    /// Checks what the user gave once more, against the options of one of several tasks.
    ///
    /// - Throws: `LyceumError.unknownOptions` or `LyceumError.badOption`.
    public func check(against declared: [OptionDeclaration]) throws {
        _ = try Options(values.filter { given.contains($0.key) }, declared: declared, function: function)
    }

    /// Whether the user gave this option.
    public func isGiven(_ name: String) -> Bool { given.contains(name) }

    /// A whole number that is given or has a default.
    public func int(_ name: String) throws -> Int { try require(name, optionalInt(name), "a whole number") }
    /// A number that is given or has a default.
    public func double(_ name: String) throws -> Double {
        try require(name, optionalDouble(name), "a number")
    }
    /// A Boolean that is given or has a default.
    public func bool(_ name: String) throws -> Bool {
        try require(name, values[name]?.bool, "true or false")
    }
    /// A text that is given or has a default.
    public func string(_ name: String) throws -> String {
        try require(name, optionalString(name), "a string")
    }
    /// A whole number, or nil if it is not set.
    public func optionalInt(_ name: String) -> Int? { values[name]?.integer }
    /// A number, or nil if it is not set.
    public func optionalDouble(_ name: String) -> Double? { values[name]?.number }
    /// A text, or nil if it is not set.
    public func optionalString(_ name: String) -> String? { values[name]?.string }
    /// The texts of a list, or nil if it is not set.
    public func optionalStrings(_ name: String) -> [String]? { values[name]?.list?.compactMap(\.string) }

    private func require<T>(_ name: String, _ value: T?, _ expected: String) throws -> T {
        guard let value else {
            throw LyceumError.badOption(function: function, option: name, expected: expected, got: "nothing")
        }
        return value
    }
}

extension OptionDeclaration {
    /// The value as this option holds it (a whole floating-point number becomes an integer).
    ///
    /// - Throws: `LyceumError.badOption` if the type or the range does not fit.
    public func check(_ value: Value, function: String) throws -> Value {
        func refuse(_ expected: String) -> LyceumError {
            .badOption(function: function, option: name, expected: expected, got: Self.show(value))
        }
        guard let fitting = kind.converted(value) else {
            // Of a list, the element that does not fit.
            if case .list(let element) = kind, let elements = value.list,
                let place = elements.firstIndex(where: { element.converted($0) == nil })
            {
                throw LyceumError.badOption(
                    function: function, option: "\(name).\(place + 1)", expected: element.description,
                    got: Self.show(elements[place]))
            }
            throw refuse(expectation)
        }
        if let number = fitting.number, let range, !range.contains(number) { throw refuse(expectation) }
        return fitting
    }

    /// What is allowed, in words, the range included.
    public var expectation: String {
        guard let range else { return kind.description }
        func show(_ bound: Double) -> String { Int(exactly: bound).map { String($0) } ?? String(bound) }
        if range.upperBound >= 1e15 { return "\(kind) of at least \(show(range.lowerBound))" }
        return "\(kind) from \(show(range.lowerBound)) to \(show(range.upperBound))"
    }

    private static func show(_ value: Value) -> String {
        switch value {
        case .string(let text): return text.count > 60 ? "'\(text.prefix(60))…'" : "'\(text)'"
        case .integer, .number, .bool: return value.text
        case .null, .list, .object: return "a \(value.typeName)"
        }
    }
}

extension OptionDeclaration.Kind {
    /// The value in the form that this kind stores, or nil if it does not fit.
    func converted(_ value: Value) -> Value? {
        switch self {
        case .boolean: return value.bool.map(Value.bool)
        case .integer: return value.integer.map(Value.integer)
        case .number: return value.number.flatMap { $0.isNaN ? nil : .number($0) }
        case .string: return value.string.map(Value.string)
        case .choice(let choices):
            return value.string.flatMap { choices.contains($0) ? .some(.string($0)) : .none }
        case .list(let element):
            // An empty Lua table is an object and a list at once.
            if value.object?.isEmpty == true { return .list([]) }
            guard let elements = value.list else { return nil }
            let converted = elements.compactMap { element.converted($0) }
            return converted.count == elements.count ? .list(converted) : nil
        case .table:
            if value.list?.isEmpty == true { return .object([:]) }
            return value.object.map(Value.object)
        case .either(let kinds): return kinds.lazy.compactMap { $0.converted(value) }.first
        case .object: return value
        }
    }
}
