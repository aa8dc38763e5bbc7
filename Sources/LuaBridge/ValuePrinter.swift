import LyceumKit

/// Writes Lua values for a person, within limits: data the way one would type it, records as column and text,
/// chats as they are sent, objects by their preview.
///
/// The prompt, `print` and `show` all use it, so that a script shows what the prompt shows.
public struct ValuePrinter {
    /// What is left out of large tables.
    public struct Limits: Sendable {
        /// Tables inside tables that are written out.
        public var depth = 3
        /// Elements of one table that are written out.
        public var elements = 20
        /// Characters of a string inside a table.
        public var characters = 200
        /// Characters of one text of a record; nil is all of it.
        public var recordCharacters: Int? = 600

        /// The limits of the prompt.
        public init() {}

        /// The limits of `show`: whole texts, and as much of the rest as was asked for.
        public init(_ options: ShowOptions) {
            depth = options.depth ?? 6
            elements = options.rowLimit ?? 1000
            characters = .max
            recordCharacters = nil
        }
    }

    private let state: LuaState
    private let style: Style
    private let width: Int
    private let limits: Limits

    /// Prepares to print.
    ///
    /// - Parameter width: of the screen, in columns.
    public init(_ state: LuaState, style: Style, width: Int, limits: Limits = Limits()) {
        self.state = state
        self.style = style
        self.width = max(width, 20)
        self.limits = limits
    }

    /// A value as `print` writes it: texts and numbers as Lua does, everything else as the prompt shows it.
    ///
    /// - Throws: `LuaError` or what a preview throws.
    public func printed(_ value: LuaValue) throws -> String {
        switch value {
        case .string, .bytes, .integer, .number, .other: return try state.describe(value)
        case .table(let table) where table.record == nil:
            // A metatable may know how the table wants to be written.
            if try table.hasMetatable(), try state.hasToString(table) { return try state.describe(value) }
            return try text(value)
        default: return try text(value)
        }
    }

    /// A result as the prompt shows it; may have several lines.
    ///
    /// - Throws: `LuaError` or what a preview throws.
    public func text(_ value: LuaValue) throws -> String {
        switch value {
        case .object(let object): return ShownText.colouredSafe(try state.preview(of: object, width: width))
        case .integer, .number: return style.number(try state.describe(value))
        case .table(let table):
            if let columns = try table.columns() { return ShownText.colouredSafe(try card(table, columns)) }
            if let chat = try chat(table) { return ShownText.colouredSafe(chat) }
            var open: [UnsafeRawPointer] = []
            return try piece(value, depth: 0, indent: 0, open: &open).text
        case .string(let text) where text.contains("\n"): return longBracket(text)
        case .string(let text): return style.string(Self.quote(text, limit: nil))
        default:
            var open: [UnsafeRawPointer] = []
            return try piece(value, depth: 0, indent: 0, open: &open).text
        }
    }

    // MARK: Records and chats

    /// A record: a column a line, whole texts below each other.
    private func card(_ record: LuaTable, _ columns: [String]) throws -> String {
        if columns.isEmpty { return "(a record without columns)" }
        let widest = min(columns.map { DisplayWidth.of(DisplayWidth.oneLine($0)) }.max() ?? 0, width / 3)
        var lines: [String] = []
        for column in columns {
            let value = try record.get(column)
            let label = DisplayWidth.fit(DisplayWidth.oneLine(column), to: widest)
            let margin = String(repeating: " ", count: widest + 2)
            let text = try fieldText(value, named: column)
            for (position, line) in text.enumerated() {
                lines.append((position == 0 ? style.faint(label) + "  " : margin) + line)
            }
        }
        return lines.joined(separator: "\n")

        func fieldText(_ value: LuaValue, named name: String) throws -> [String] {
            guard let text = value.string else {
                var open: [UnsafeRawPointer] = []
                return try piece(value, named: name, depth: 1, indent: widest + 2, open: &open).text
                    .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            }
            let limit = limits.recordCharacters ?? .max
            let shown = DisplayWidth.wrapped(text.prefix(limit), to: width - widest - 2)
            let count = text.utf8.count > limit ? text.count : 0
            return count > limit
                ? shown + [style.faint("… \(count - limit) more characters: show(x)")] : shown
        }
    }

    /// A list of messages, as they are sent: role and whole text; nil if it is something else.
    private func chat(_ table: LuaTable) throws -> String? {
        let elements = try table.elements()
        guard !elements.isEmpty, try table.entries().count == elements.count else { return nil }
        var lines: [String] = []
        for element in elements {
            guard let message = element.table, try message.entries().count == 2,
                let role = try message.get("role").string, let content = try message.get("content").string
            else { return nil }
            lines.append(style.faint(DisplayWidth.oneLine(role) + ":") + " " + ShownText.safe(content))
        }
        return lines.joined(separator: "\n")
    }

    // MARK: Data

    /// A part of the output with the columns its last form takes on one line; nil if it has several.
    private struct Piece {
        var text: String
        var columns: Int?
    }

    private func plain(_ text: String, _ paint: (String) -> String = { $0 }) -> Piece {
        Piece(text: paint(text), columns: DisplayWidth.of(text))
    }

    private func piece(
        _ value: LuaValue, named name: String = "", depth: Int, indent: Int, open: inout [UnsafeRawPointer]
    ) throws -> Piece {
        switch value {
        case .nil: return plain("nil", style.keyword)
        case .null: return plain("null", style.keyword)
        case .boolean(let flag): return plain(flag ? "true" : "false", style.keyword)
        case .integer: return plain(try state.describe(value), style.number)
        case .number(let number):
            return plain(DisplayNumber.text(.number(number), named: name), style.number)
        case .string(let text): return plain(Self.quote(text, limit: limits.characters), style.string)
        case .bytes(let bytes): return plain(Self.quote(bytes, limit: limits.characters), style.string)
        case .function:
            if case .function(_, let name)? = try state.documentation(for: value) {
                return plain("<function \(name)>", style.faint)
            }
            return plain("<function>", style.faint)
        case .object(let object):
            let line = try state.preview(of: object, width: width).split(whereSeparator: \.isNewline).first
            return plain("<\(state.typeName(value)): \(ShownText.safe(line ?? ""))>", style.faint)
        case .other: return plain("<\(ShownText.safe(try state.describe(value)))>", style.faint)
        case .table(let table): return try piece(table, depth: depth, indent: indent, open: &open)
        case .data, .record: return plain("<data>", style.faint)
        }
    }

    private func piece(
        _ table: LuaTable, depth: Int, indent: Int, open: inout [UnsafeRawPointer]
    ) throws -> Piece {
        if case .module(let module)? = try state.documentation(for: .table(table)) {
            return plain("<module \(module.name): \(module.summary)>", style.faint)
        }
        guard let identity = try table.identity() else { return plain("{}") }
        if open.contains(identity) { return plain("<cycle>", style.faint) }
        let count = try table.count()
        let entries = try table.entries()
        if entries.isEmpty { return plain("{}") }
        if depth >= limits.depth { return plain("{…}", style.faint) }
        open.append(identity)
        defer { open.removeLast() }

        var parts: [Piece] = []
        for position in 0..<min(count, limits.elements) {
            let element = try table.get(position + 1)
            parts.append(try piece(element, depth: depth + 1, indent: indent + 2, open: &open))
        }
        let named = entries.filter { entry in
            guard case .integer(let position) = entry.key else { return true }
            return position < 1 || position > count
        }
        let order = Dictionary(
            (try table.columns() ?? []).enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first }
        )
        let sorted = try named.map {
            (label: try label($0.key), name: $0.key.string ?? "", value: $0.value)
        }.sorted { (order[$0.name] ?? 0, $0.label) < (order[$1.name] ?? 0, $1.label) }
        for entry in sorted.prefix(max(limits.elements - parts.count, 0)) {
            let value = try piece(
                entry.value, named: entry.name, depth: depth + 1, indent: indent + 2, open: &open)
            let lead = entry.label + " = "
            parts.append(
                Piece(text: lead + value.text, columns: value.columns.map { $0 + DisplayWidth.of(lead) }))
        }
        let missing = entries.count - parts.count
        if missing > 0 { parts.append(plain("… \(missing) more", style.faint)) }
        return join(parts, indent: indent)
    }

    /// On one line if it fits, else one part a line.
    private func join(_ parts: [Piece], indent: Int) -> Piece {
        let columns = parts.reduce(4 as Int?) { sum, part in
            guard let sum, let columns = part.columns else { return nil }
            return sum + columns + 2
        }
        if let columns, columns - 2 + indent <= width {
            return Piece(text: "{ " + parts.map(\.text).joined(separator: ", ") + " }", columns: columns - 2)
        }
        let margin = String(repeating: " ", count: indent)
        let lines = parts.map { "\(margin)  \($0.text)" }
        return Piece(text: "{\n" + lines.joined(separator: ",\n") + "\n\(margin)}", columns: nil)
    }

    /// A key as it stands before `=`.
    private func label(_ key: LuaValue) throws -> String {
        switch key {
        case .string(let name) where LuaSyntax.isName(name): return name
        case .string(let name): return "[\(Self.quote(name, limit: limits.characters))]"
        default: return "[\(try state.describe(key))]"
        }
    }

    private func longBracket(_ text: String) -> String {
        var level = ""
        while text.contains("]\(level)]") { level += "=" }
        return style.string("[\(level)[\(ShownText.safe(text))]\(level)]")
    }

    // MARK: Literals

    /// The text in quotes; what a terminal would obey is escaped.
    static func quote(_ text: String, limit: Int?) -> String {
        let shown = limit.map { String(text.prefix($0)) } ?? text
        var result = "\""
        for scalar in shown.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where ShownText.isObeyed(scalar):
                result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\"" + (shown.utf8.count < text.utf8.count ? "…" : "")
    }

    /// Bytes that are not text, in quotes.
    private static func quote(_ bytes: [UInt8], limit: Int) -> String {
        var result = "\""
        for byte in bytes.prefix(limit) {
            switch byte {
            case 0x22, 0x5C: result += "\\" + String(UnicodeScalar(byte))
            case 0x20..<0x7F: result.unicodeScalars.append(UnicodeScalar(byte))
            default:
                let digits = String(byte, radix: 16)
                result += "\\x" + (digits.count == 1 ? "0" + digits : digits)
            }
        }
        return result + "\"" + (bytes.count > limit ? "…" : "")
    }
}
