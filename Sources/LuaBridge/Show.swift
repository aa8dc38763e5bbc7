import LyceumKit

/// How much of a value is to be shown: the options of `show`.
public struct ShowOptions: Sendable {
    /// Which rows of a table.
    public enum Rows: Sendable, Equatable {
        /// So many from the beginning.
        case first(Int)
        /// These, counted from 1.
        case numbers([Int])
    }

    /// Which rows; nil is as many as fit a screen.
    public var rows: Rows?
    /// Which columns, in this order; nil is all.
    public var columns: [String]?
    /// The width of the screen, in columns.
    public var width: Int
    /// How many tables inside tables are written out; nil is six.
    public var depth: Int?

    /// Describes what is to be shown.
    public init(rows: Rows? = nil, columns: [String]? = nil, width: Int, depth: Int? = nil) {
        self.rows = rows
        self.columns = columns
        self.width = width
        self.depth = depth
    }

    /// The number of rows, where it was given.
    public var rowLimit: Int? {
        switch rows {
        case .first(let count)?: return count
        case .numbers(let numbers)?: return numbers.count
        case nil: return nil
        }
    }
}

/// Where values are shown.
public struct Screen {
    /// Its width in columns, asked each time.
    let width: () -> Int
    /// Whether colours are used.
    let style: Style
    /// Writes to standard output.
    let write: (String) -> Void

    /// Describes a screen.
    public init(width: @escaping () -> Int, isColoured: Bool, write: @escaping (String) -> Void) {
        self.width = width
        style = Style(isColoured: isColoured)
        self.write = write
    }
}

extension LuaState {
    /// Creates the global functions `print` and `show`, the same for scripts and for the prompt.
    public func registerShow(on screen: Screen) throws {
        try register(printFunction(screen))
        try register(showFunction(screen))
    }

    private func printFunction(_ screen: Screen) -> LuaFunction {
        LuaFunction(
            name: "print",
            summary:
                "Writes values to standard output: texts and numbers as they are, everything else as the prompt "
                + "shows it.",
            parameters: [LuaParameter("value", .any, "what to write", optional: true)], isVariadic: true,
            returns: "nothing",
            example: "print(\"rows\", 3)\nprint(data.from { { text = \"a cat\", label = \"pet\" } })",
            body: { call in
                let printer = ValuePrinter(call.state, style: screen.style, width: screen.width())
                var line = ""
                for (position, value) in call.arguments.enumerated() {
                    let text = try printer.printed(value)
                    // A table of several lines begins on its own.
                    let isBlock = text.contains("\n") && value.string == nil
                    if position > 0 { line += isBlock ? "\n" : "\t" }
                    line += text
                }
                screen.write(line + "\n")
                return []
            })
    }

    private func showFunction(_ screen: Screen) -> LuaFunction {
        LuaFunction(
            name: "show",
            summary:
                "Writes all of a value: whole texts, side by side where the columns fit, else one below the other.",
            parameters: [
                LuaParameter("value", .any, "a dataset, a record, a list, a table, any object"),
                LuaParameter("options", .options(Self.showOptions), "how much", optional: true),
            ],
            returns: "nothing", errors: ["no such column, no such row"],
            example:
                "local d = data.from { { question = \"Two and two?\", zero = \"Four.\", few = \"4\" } }\n"
                + "show(d)\nshow(d, { rows = { 1 }, columns = { \"zero\", \"few\" } })\n"
                + "show({ a = { b = { c = { d = 1 } } } }, { depth = 2 })",
            optionNames: ["columns": .columns],
            body: { call in
                let options = try chosen(call, width: screen.width())
                let value = call.value(1)
                let text: String
                if let object = value.object {
                    text = try call.state.shown(object, options)
                } else if let string = value.string {
                    text = DisplayWidth.wrapped(string, to: options.width).joined(separator: "\n")
                } else {
                    text = try ValuePrinter(
                        call.state, style: screen.style, width: options.width, limits: .init(options)
                    ).text(value)
                }
                screen.write(text + "\n")
                return []
            })
    }

    private static let showOptions: [OptionDeclaration] = [
        .object("rows", "value", "how many rows or elements (20 if left out), or a list of row numbers"),
        .list("columns", of: .string, "these columns, in this order; all if left out"),
        .integer(
            "width", default: nil, in: 20...100_000, unit: "columns", "the width; the screen's if left out"),
        .integer("depth", default: nil, in: 1...100, "how many tables inside tables are written out (6)"),
    ]
}

private func chosen(_ call: LuaCall, width: Int) throws -> ShowOptions {
    let options = try call.options(2)
    func refuse() -> LyceumError {
        .badOption(
            function: "show", option: "rows",
            expected: "a number of rows, or a list of row numbers as in { 1, 5 }",
            got: call.state.typeName(options.reference("rows")))
    }
    var rows: ShowOptions.Rows?
    let given = options.reference("rows")
    if let count = given.integer {
        guard count >= 0 else { throw refuse() }
        rows = .first(count)
    } else if let elements = try given.table?.elements() {
        rows = .numbers(
            try elements.map { element in
                guard let number = element.integer else { throw refuse() }
                return number
            })
    } else if !given.isNil {
        throw refuse()
    }
    return ShowOptions(
        rows: rows, columns: options.values.optionalStrings("columns"),
        width: options.values.optionalInt("width") ?? width, depth: options.values.optionalInt("depth"))
}

extension LuaState {
    /// Whether a table's metatable has a `__tostring`, looked up raw.
    func hasToString(_ table: LuaTable) throws -> Bool {
        guard let metatable = try metatable(of: table) else { return false }
        return try !metatable.get("__tostring").isNil
    }
}
