import LyceumKit

/// One parameter of a function.
public struct LuaParameter {
    /// What a parameter may be.
    public indirect enum Kind {
        /// Anything, `nil` included.
        case any
        /// `true` or `false`.
        case boolean
        /// A whole number.
        case integer
        /// A number.
        case number
        /// A text.
        case string
        /// A function; the text shows how it is called: "record → boolean".
        case function(String)
        /// A table used as a list; the text names its elements: "strings".
        case list(String)
        /// A table of any shape.
        case table
        /// A table of named options, checked against their declarations.
        case options([OptionDeclaration])
        /// An object of the registered type of this name.
        case object(String)
        /// One of several kinds.
        case either([Kind])
    }

    /// The name, for help and errors.
    public let name: String
    /// What it may be.
    public let kind: Kind
    /// One line for help.
    public let summary: String
    /// Whether it may be left out.
    public let isOptional: Bool
    /// What a text given for it names (in a table: its first unnamed element), for completion.
    public let names: LuaNames?

    /// Declares a parameter.
    public init(
        _ name: String, _ kind: Kind, _ summary: String, optional: Bool = false, names: LuaNames? = nil
    ) {
        self.name = name
        self.kind = kind
        self.summary = summary
        isOptional = optional
        self.names = names
    }
}

extension LuaParameter.Kind {
    /// The kind in words for an error: "a string", "a dataset".
    public var expectation: String {
        switch self {
        case .any: return "a value"
        case .boolean: return "true or false"
        case .integer: return "a whole number"
        case .number: return "a number"
        case .string: return "a string"
        case .function(let shape): return shape.isEmpty ? "a function" : "a function (\(shape))"
        case .list(let elements): return elements.isEmpty ? "a list" : "a list of \(elements)"
        case .table: return "a table"
        case .options: return "a table of options"
        case .object(let type): return (type.first.map("aeiou".contains) == true ? "an " : "a ") + type
        case .either(let kinds): return kinds.map(\.expectation).joined(separator: " or ")
        }
    }

    /// The kind in one word for a signature.
    public var shortName: String {
        switch self {
        case .any: return "any"
        case .boolean: return "boolean"
        case .integer: return "integer"
        case .number: return "number"
        case .string: return "string"
        case .function: return "function"
        case .list: return "list"
        case .table, .options: return "table"
        case .object(let type): return type
        case .either(let kinds): return kinds.map(\.shortName).joined(separator: "|")
        }
    }

    /// The declared options, of this kind or one of its alternatives.
    public var options: [OptionDeclaration]? {
        switch self {
        case .options(let declared): return declared
        case .either(let kinds): return kinds.lazy.compactMap(\.options).first
        default: return nil
        }
    }
}

/// A function for Lua, declared with its documentation: registration, argument checks, help and completion all
/// read this one declaration.
public struct LuaFunction {
    /// The name, without its module: "load".
    public let name: String
    /// What it does, in a sentence.
    public let summary: String
    /// The parameters in order; the receiver of a method is not among them.
    public let parameters: [LuaParameter]
    /// Whether further arguments may follow the declared ones.
    public let isVariadic: Bool
    /// What it returns, for help; empty if nothing.
    public let returns: String
    /// What can go wrong, one line each.
    public let errors: [String]
    /// What an example finds, and the code that makes it; pages show the first alone.
    public struct SetUp: Sendable {
        /// What there is, in words: "`gold`, a dataset".
        public let summary: String
        /// Lua code that makes it.
        public let code: String

        /// Describes what is there before an example.
        public init(_ summary: String, code: String) {
            self.summary = summary
            self.code = code
        }
    }

    /// What is there before the example; nil for nothing.
    public let setUp: SetUp?
    /// Lua code that shows its use; may be empty.
    public let example: String
    /// The example with what it needs, as it can be run.
    public var runnableExample: String { (setUp?.code ?? "") + example }
    /// Further options of its table of options, known only when the call is; for completion.
    public let furtherOptions: ((LuaCallSite) -> [OptionDeclaration])?
    /// What the texts of options name, by option, for completion.
    public let optionNames: [String: LuaNames]
    /// Runs it.
    public let body: (LuaCall) throws -> [LuaValue]

    /// Declares a function.
    ///
    /// - Parameters:
    ///   - furtherOptions: what the body adds to the declared options, so that completion can offer it.
    ///   - optionNames: what the texts of options name, where the options themselves do not tell.
    ///   - body: gets the call and returns the results. Whatever it throws becomes a Lua error.
    public init(
        name: String, summary: String, parameters: [LuaParameter] = [], isVariadic: Bool = false,
        returns: String = "", errors: [String] = [], setUp: SetUp? = nil, example: String = "",
        furtherOptions: ((LuaCallSite) -> [OptionDeclaration])? = nil, optionNames: [String: LuaNames] = [:],
        body: @escaping (LuaCall) throws -> [LuaValue]
    ) {
        self.name = name
        self.summary = summary
        self.parameters = parameters
        self.isVariadic = isVariadic
        self.returns = returns
        self.errors = errors
        self.setUp = setUp
        self.example = example
        self.furtherOptions = furtherOptions
        self.optionNames = optionNames
        self.body = body
    }

    /// The options that name files.
    var pathOptions: Set<String> {
        Set(
            optionNames.compactMap { name, names in
                if case .files = names { return name }
                return nil
            })
    }

    /// The tables of options, each with the parameters that take it.
    var optionTables: [(parameters: [String], options: [OptionDeclaration])] {
        var tables: [(parameters: [String], options: [OptionDeclaration])] = []
        for parameter in parameters {
            guard let options = parameter.kind.options, !options.isEmpty else { continue }
            if let same = tables.firstIndex(where: { $0.options == options }) {
                tables[same].parameters.append(parameter.name)
            } else {
                tables.append(([parameter.name], options))
            }
        }
        return tables
    }

    /// The function as one types it: "(path, options?)".
    public var signature: String {
        var names = parameters.map { $0.isOptional ? "\($0.name)?" : $0.name }
        if isVariadic { names.append("…") }
        return "(\(names.joined(separator: ", ")))"
    }
}

/// A table of functions for Lua: `data`, `metrics`.
public struct LuaModule {
    /// The global variable that holds it.
    public let name: String
    /// What it is for, in a sentence.
    public let summary: String
    /// Its functions.
    public let functions: [LuaFunction]
    /// Its constants.
    public let constants: [(name: String, value: LuaValue, summary: String)]
    /// What calling the module itself does, if it can be called.
    public let call: LuaFunction?
    /// What a key is that names none of the functions: runs[11]; nil says that the module has no such field.
    public var index: ((LuaValue) throws -> LuaValue?)?

    /// Declares a module.
    public init(
        name: String, summary: String, functions: [LuaFunction],
        constants: [(name: String, value: LuaValue, summary: String)] = [], call: LuaFunction? = nil
    ) {
        self.name = name
        self.summary = summary
        self.functions = functions
        self.constants = constants
        self.call = call
    }
}
