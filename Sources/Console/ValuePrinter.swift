import LuaBridge
import LyceumKit

/// Writes Lua values the way one would type them, within limits.
public struct ValuePrinter {
    /// What is left out of large tables.
    public struct Limits: Sendable {
        /// Tables inside tables that are written out.
        public var depth = 3
        /// Elements of one table that are written out.
        public var elements = 20
        /// Characters of a string inside a table.
        public var characters = 200

        /// The limits of the prompt.
        public init() {}
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

    /// A result as the prompt shows it; may have several lines.
    ///
    /// - Throws: `LuaError` or what a preview throws.
    public func text(_ value: LuaValue) throws -> String {
        switch value {
        case .object(let object): return try state.preview(of: object, width: width)
        case .string(let text) where text.contains("\n"): return longBracket(text)
        case .string(let text): return style.string(Self.quote(text, limit: nil))
        default:
            var open: [UnsafeRawPointer] = []
            return try piece(value, depth: 0, indent: 0, open: &open).text
        }
    }

    /// A part of the output with the columns its last form takes on one line; nil if it has several.
    private struct Piece {
        var text: String
        var columns: Int?
    }

    private func plain(_ text: String, _ paint: (String) -> String = { $0 }) -> Piece {
        Piece(text: paint(text), columns: DisplayWidth.of(text))
    }

    private func piece(
        _ value: LuaValue, depth: Int, indent: Int, open: inout [UnsafeRawPointer]
    ) throws -> Piece {
        switch value {
        case .nil: return plain("nil", style.keyword)
        case .null: return plain("null", style.keyword)
        case .boolean(let flag): return plain(flag ? "true" : "false", style.keyword)
        case .integer, .number: return plain(try state.describe(value), style.number)
        case .string(let text): return plain(Self.quote(text, limit: limits.characters), style.string)
        case .bytes(let bytes): return plain(Self.quote(bytes, limit: limits.characters), style.string)
        case .function:
            if case .function(_, let name)? = try state.documentation(for: value) {
                return plain("<function \(name)>", style.faint)
            }
            return plain("<function>", style.faint)
        case .object(let object):
            let line = try state.preview(of: object, width: width).split(whereSeparator: \.isNewline).first
            return plain("<\(state.typeName(value)): \(line.map(String.init) ?? "")>", style.faint)
        case .other: return plain("<\(try state.describe(value))>", style.faint)
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
        let sorted = try named.map { (label: try label($0.key), value: $0.value) }.sorted {
            $0.label < $1.label
        }
        for entry in sorted.prefix(max(limits.elements - parts.count, 0)) {
            let value = try piece(entry.value, depth: depth + 1, indent: indent + 2, open: &open)
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
        let safe = text.unicodeScalars.map { scalar in
            let isControl = scalar.properties.generalCategory == .control
            return isControl && scalar != "\n" && scalar != "\t" ? "·" : String(scalar)
        }.joined()
        return style.string("[\(level)[\(safe)]\(level)]")
    }

    // MARK: Literals

    /// The text in quotes, control characters escaped.
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
            case _ where scalar.properties.generalCategory == .control:
                result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\"" + (shown.utf8.count < text.utf8.count ? "…" : "")
    }

    /// Bytes that are no text, in quotes.
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
