extension JSON {
    /// Writes a value as JSON: keys in the object's order, else by name; the shortest digits that read back as the
    /// same number.
    ///
    /// JSON has no infinities and no NaN: they become `null`.
    ///
    /// - Parameters:
    ///   - value: what to write.
    ///   - pretty: whether to indent by two spaces; otherwise it is one line without spaces.
    public static func encode(_ value: Value, pretty: Bool = false) -> String {
        var bytes: [UInt8] = []
        append(value, to: &bytes, pretty: pretty)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Writes a value as JSON at the end of `bytes`.
    public static func append(_ value: Value, to bytes: inout [UInt8], pretty: Bool = false) {
        append(value, to: &bytes, indent: pretty ? 0 : nil)
    }

    /// Writes a string with its quotes at the end of `bytes`.
    public static func append(string: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        var text = string
        text.withUTF8 { utf8 in
            var start = 0
            for i in 0..<utf8.count where utf8[i] < 0x20 || utf8[i] == 0x22 || utf8[i] == 0x5C {
                bytes.append(contentsOf: utf8[start..<i])
                appendEscape(of: utf8[i], to: &bytes)
                start = i + 1
            }
            bytes.append(contentsOf: utf8[start...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func appendEscape(of byte: UInt8, to bytes: inout [UInt8]) {
        switch byte {
        case 0x22: bytes.append(contentsOf: "\\\"".utf8)
        case 0x5C: bytes.append(contentsOf: "\\\\".utf8)
        case 0x08: bytes.append(contentsOf: "\\b".utf8)
        case 0x09: bytes.append(contentsOf: "\\t".utf8)
        case 0x0A: bytes.append(contentsOf: "\\n".utf8)
        case 0x0C: bytes.append(contentsOf: "\\f".utf8)
        case 0x0D: bytes.append(contentsOf: "\\r".utf8)
        default:
            bytes.append(contentsOf: (byte < 0x10 ? "\\u000" : "\\u00").utf8)
            bytes.append(contentsOf: String(byte, radix: 16).utf8)
        }
    }

    /// - Parameter indent: the indentation of the line that `value` stands in; nil writes one line.
    private static func append(_ value: Value, to bytes: inout [UInt8], indent: Int?) {
        switch value {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let flag): bytes.append(contentsOf: (flag ? "true" : "false").utf8)
        case .integer(let number): bytes.append(contentsOf: String(number).utf8)
        case .number(let number):
            bytes.append(contentsOf: (number.isFinite ? number.description : "null").utf8)
        case .string(let text): append(string: text, to: &bytes)
        case .list(let values):
            appendGroup(values, open: "[", close: "]", to: &bytes, indent: indent) { element, bytes, indent in
                append(element, to: &bytes, indent: indent)
            }
        case .object(let fields):
            appendGroup(Array(fields), open: "{", close: "}", to: &bytes, indent: indent) {
                field, bytes, indent in
                append(string: field.key, to: &bytes)
                bytes.append(contentsOf: (indent == nil ? ":" : ": ").utf8)
                append(field.value, to: &bytes, indent: indent)
            }
        }
    }

    private static func appendGroup<Element>(
        _ elements: [Element], open: Character, close: Character, to bytes: inout [UInt8], indent: Int?,
        _ write: (Element, inout [UInt8], Int?) -> Void
    ) {
        func breakLine(_ indent: Int?) {
            guard let indent else { return }
            bytes.append(UInt8(ascii: "\n"))
            bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indent))
        }
        bytes.append(contentsOf: open.utf8)
        let inner = indent.map { $0 + 2 }
        for (i, element) in elements.enumerated() {
            if i > 0 { bytes.append(UInt8(ascii: ",")) }
            breakLine(inner)
            write(element, &bytes, inner)
        }
        if !elements.isEmpty { breakLine(indent) }
        bytes.append(contentsOf: close.utf8)
    }
}
