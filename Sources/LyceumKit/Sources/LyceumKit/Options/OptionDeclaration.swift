/// One option of a function or an architecture, declared once: checking, help and completion all read it.
public struct OptionDeclaration: Sendable, Equatable {
    /// What an option may hold.
    public indirect enum Kind: Sendable, Equatable {
        /// `true` or `false`.
        case boolean
        /// A whole number.
        case integer
        /// A number.
        case number
        /// A text.
        case string
        /// One of these texts.
        case choice([String])
        /// A list of elements of one kind.
        case list(Kind)
        /// A table of named values, checked by whoever receives it.
        case table
        /// One of several kinds: a Boolean or a word.
        case either([Kind])
        /// Something that only the scripting layer knows (a dataset, a prompt, a student); named here for help.
        case object(String)
    }

    /// The name, as typed in Lua.
    public let name: String
    /// What it may hold.
    public let kind: Kind
    /// The value when it is not given; nil means "not set".
    public let defaultValue: Value?
    /// Whether it must be given.
    public let isRequired: Bool
    /// The smallest and largest number allowed; for numbers only.
    public let range: ClosedRange<Double>?
    /// The unit of a number ("tokens", "seconds").
    public let unit: String?
    /// One line for help.
    public let doc: String
    /// Whether its text names a column of the data that the function is given; for completion.
    public let namesColumn: Bool

    /// Declares an option; the static functions below read better.
    public init(
        _ name: String, kind: Kind, default defaultValue: Value? = nil, required: Bool = false,
        range: ClosedRange<Double>? = nil, unit: String? = nil, doc: String, namesColumn: Bool = false
    ) {
        self.name = name
        self.kind = kind
        self.defaultValue = defaultValue
        self.isRequired = required
        self.range = range
        self.unit = unit
        self.doc = doc
        self.namesColumn = namesColumn
    }

    /// An on/off option.
    public static func boolean(_ name: String, default value: Bool?, _ doc: String) -> OptionDeclaration {
        OptionDeclaration(name, kind: .boolean, default: value.map(Value.bool), doc: doc)
    }

    /// A whole number within `range`.
    public static func integer(
        _ name: String, default value: Int?, in range: ClosedRange<Int>? = nil, unit: String? = nil,
        _ doc: String
    ) -> OptionDeclaration {
        OptionDeclaration(
            name, kind: .integer, default: value.map(Value.integer),
            range: range.map { Double($0.lowerBound)...Double($0.upperBound) }, unit: unit, doc: doc)
    }

    /// A number within `range`.
    public static func number(
        _ name: String, default value: Double?, in range: ClosedRange<Double>? = nil, unit: String? = nil,
        _ doc: String
    ) -> OptionDeclaration {
        OptionDeclaration(
            name, kind: .number, default: value.map(Value.number), range: range, unit: unit, doc: doc)
    }

    /// A text.
    public static func string(
        _ name: String, default value: String? = nil, required: Bool = false, _ doc: String
    ) -> OptionDeclaration {
        OptionDeclaration(
            name, kind: .string, default: value.map(Value.string), required: required, doc: doc)
    }

    /// The name of a column of the data that the function is given.
    public static func column(
        _ name: String, default value: String? = nil, required: Bool = false, _ doc: String
    ) -> OptionDeclaration {
        OptionDeclaration(
            name, kind: .string, default: value.map(Value.string), required: required, doc: doc,
            namesColumn: true)
    }

    /// One of several texts.
    public static func choice(
        _ name: String, _ choices: [String], default value: String?, _ doc: String
    ) -> OptionDeclaration {
        OptionDeclaration(name, kind: .choice(choices), default: value.map(Value.string), doc: doc)
    }

    /// A list of elements of one kind.
    public static func list(
        _ name: String, of kind: Kind, default value: [Value]? = nil, _ doc: String
    ) -> OptionDeclaration {
        OptionDeclaration(name, kind: .list(kind), default: value.map(Value.list), doc: doc)
    }

    /// An object of the scripting layer (a dataset, a prompt, a student).
    public static func object(
        _ name: String, _ type: String, required: Bool = false, _ doc: String
    ) -> OptionDeclaration {
        OptionDeclaration(name, kind: .object(type), required: required, doc: doc)
    }
}

extension OptionDeclaration.Kind: CustomStringConvertible {
    /// The kind in words: "a whole number", "one of 'auto', 'fp32'".
    public var description: String {
        switch self {
        case .boolean: return "true or false"
        case .integer: return "a whole number"
        case .number: return "a number"
        case .string: return "a string"
        case .choice(let choices):
            return (choices.count == 1 ? "" : "one of ") + choices.map { "'\($0)'" }.joined(separator: ", ")
        case .list(let element): return "a list (each element \(element))"
        case .table: return "a table"
        case .either(let kinds): return kinds.map(\.description).joined(separator: " or ")
        case .object(let type): return "a \(type)"
        }
    }

    /// The kind in one word, as signatures show it.
    public var shortName: String {
        switch self {
        case .boolean: return "boolean"
        case .integer: return "integer"
        case .number: return "number"
        case .string: return "string"
        case .choice(let choices): return choices.joined(separator: "|")
        case .list(let element): return element.shortName + "[]"
        case .table: return "table"
        case .either(let kinds): return kinds.map(\.shortName).joined(separator: "|")
        case .object(let type): return type
        }
    }
}

extension [OptionDeclaration] {
    /// The options of two tasks of one architecture: of equal names the first, with the choices of both.
    public func joined(with others: [OptionDeclaration]) -> [OptionDeclaration] {
        let other = Dictionary(others.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let own = Set(map(\.name))
        return map { declaration in
            guard case .choice(let mine) = declaration.kind,
                case .choice(let further)? = other[declaration.name]?.kind
            else { return declaration }
            return OptionDeclaration(
                declaration.name, kind: .choice(mine + further.filter { !mine.contains($0) }),
                default: declaration.defaultValue, required: declaration.isRequired, doc: declaration.doc,
                namesColumn: declaration.namesColumn)
        } + others.filter { !own.contains($0.name) }
    }
}
