import LyceumKit

extension TemplateEvaluator {
    /// The text of a value, as it is printed: of a prompt with lists and tables as JSON, of a chat as Python's `str`.
    func text(_ value: TemplateValue) throws -> String {
        switch value {
        case .string(let text), .markup(let text): return text
        case .integer(let number): return String(number)
        case .number(let number): return number.description
        case .undefined: return ""
        case .null: return style == .chat ? "None" : "nil"
        case .bool(let flag): return style == .chat ? (flag ? "True" : "False") : (flag ? "true" : "false")
        default: return try written(value, style == .chat ? .python : .json(JSONStyle()))
        }
    }

    /// How values in values are written.
    enum Writing {
        /// As Python's `repr`.
        case python
        case json(JSONStyle)
    }

    /// How JSON is written; the standard is Lyceum's own, without spaces.
    struct JSONStyle {
        var itemSeparator = ","
        var keySeparator = ":"
        /// What each level is indented by; nil writes one line.
        var indent: String?
        var escapesNonASCII = false
        var sortsKeys = false
    }

    /// A value written out; the length is checked while it grows.
    func written(_ value: TemplateValue, _ writing: Writing) throws -> String {
        var bytes: [UInt8] = []
        switch writing {
        case .python: try appendPython(value, to: &bytes)
        case .json(let style): try appendJSON(value, to: &bytes, style, depth: 0)
        }
        return try bounded(String(decoding: bytes, as: UTF8.self))
    }

    private func step(_ bytes: [UInt8]) throws {
        try count(1)
        try checkStack()
        guard bytes.count <= Self.longestText else { throw tooLong() }
    }

    // MARK: Python

    private func appendPython(_ value: TemplateValue, to bytes: inout [UInt8]) throws {
        try step(bytes)
        switch value {
        case .undefined: bytes += "Undefined".utf8
        case .null: bytes += "None".utf8
        case .bool(let flag): bytes += (flag ? "True" : "False").utf8
        case .integer(let number): bytes += String(number).utf8
        case .number(let number): bytes += number.description.utf8
        case .string(let text): try appendPython(text, to: &bytes)
        case .markup(let text):
            bytes += "Markup(".utf8
            try appendPython(text, to: &bytes)
            bytes.append(UInt8(ascii: ")"))
        case .list(let list):
            bytes.append(UInt8(ascii: list.isTuple ? "(" : "["))
            for (i, element) in list.elements.enumerated() {
                if i > 0 { bytes += ", ".utf8 }
                try appendPython(element, to: &bytes)
            }
            if list.isTuple, list.elements.count == 1 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(UInt8(ascii: list.isTuple ? ")" : "]"))
        case .table(let table): try appendPython(table.pairs, to: &bytes)
        case .namespace(let namespace):
            bytes += "<Namespace ".utf8
            try appendPython(
                namespace.names.map { (.string($0), namespace.fields[$0] ?? .null) }, to: &bytes)
            bytes.append(UInt8(ascii: ">"))
        case .function(let function): bytes += "<Macro '\(function.name)'>".utf8
        case .loop(let loop): bytes += "<LoopContext \(loop.index + 1)/\(loop.elements.count)>".utf8
        }
    }

    private func appendPython(
        _ pairs: [(key: TemplateValue, value: TemplateValue)], to bytes: inout [UInt8]
    ) throws {
        bytes.append(UInt8(ascii: "{"))
        for (i, pair) in pairs.enumerated() {
            if i > 0 { bytes += ", ".utf8 }
            try appendPython(pair.key, to: &bytes)
            bytes += ": ".utf8
            try appendPython(pair.value, to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    /// Python's `repr` of a string.
    private func appendPython(_ text: String, to bytes: inout [UInt8]) throws {
        try count(bytes: text.utf8.count)
        let quote: Unicode.Scalar = text.utf8.contains(0x27) && !text.utf8.contains(0x22) ? "\"" : "'"
        bytes.append(UInt8(ascii: quote))
        for scalar in text.unicodeScalars {
            switch scalar {
            case quote, "\\": bytes += "\\\(scalar)".utf8
            case "\n": bytes += "\\n".utf8
            case "\r": bytes += "\\r".utf8
            case "\t": bytes += "\\t".utf8
            case _ where scalar.isPrintableInPython:
                bytes += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
            case _ where scalar.value <= 0xFF: bytes += "\\x\(Self.digits(scalar, 2))".utf8
            case _ where scalar.value <= 0xFFFF: bytes += "\\u\(Self.digits(scalar, 4))".utf8
            default: bytes += "\\U\(Self.digits(scalar, 8))".utf8
            }
        }
        bytes.append(UInt8(ascii: quote))
    }

    private static func digits(_ scalar: Unicode.Scalar, _ count: Int) -> String {
        let digits = String(scalar.value, radix: 16)
        return String(repeating: "0", count: max(0, count - digits.count)) + digits
    }

    // MARK: JSON

    private func appendJSON(
        _ value: TemplateValue, to bytes: inout [UInt8], _ style: JSONStyle, depth: Int
    ) throws {
        try step(bytes)
        switch value {
        case .null: bytes += "null".utf8
        case .bool(let flag): bytes += (flag ? "true" : "false").utf8
        case .integer(let number): bytes += String(number).utf8
        case .number(let number):
            bytes +=
                (number.isNaN
                ? "NaN" : number.isInfinite ? (number > 0 ? "Infinity" : "-Infinity") : number.description)
                .utf8
        case .string(let text), .markup(let text): try appendJSON(text, to: &bytes, style)
        case .list(let list):
            try appendGroup(list.elements, ("[", "]"), to: &bytes, style, depth) { element, bytes in
                try appendJSON(element, to: &bytes, style, depth: depth + 1)
            }
        case .table(let table):
            var pairs = try table.pairs.map { (key: try keyText($0.key), value: $0.value) }
            if style.sortsKeys {
                pairs.sort {
                    Array($0.key.unicodeScalars.map(\.value)).lexicographicallyPrecedes(
                        $1.key.unicodeScalars.map(\.value))
                }
            }
            try appendGroup(pairs, ("{", "}"), to: &bytes, style, depth) { pair, bytes in
                try appendJSON(pair.key, to: &bytes, style)
                bytes += style.keySeparator.utf8
                try appendJSON(pair.value, to: &bytes, style, depth: depth + 1)
            }
        case .namespace(let namespace) where self.style == .prompt:
            try appendGroup(namespace.names, ("{", "}"), to: &bytes, style, depth) { name, bytes in
                try appendJSON(name, to: &bytes, style)
                bytes += style.keySeparator.utf8
                try appendJSON(namespace.fields[name] ?? .null, to: &bytes, style, depth: depth + 1)
            }
        default: throw fault("a \(value.typeName) cannot be written as JSON", nil)
        }
    }

    private func keyText(_ key: TemplateValue) throws -> String {
        switch key {
        case .string(let text), .markup(let text): return text
        case .null: return "null"
        case .bool(let flag): return flag ? "true" : "false"
        case .integer(let number): return String(number)
        case .number(let number): return number.description
        default: throw fault("a \(key.typeName) cannot be a key in JSON", nil)
        }
    }

    private func appendJSON(_ text: String, to bytes: inout [UInt8], _ style: JSONStyle) throws {
        try count(bytes: text.utf8.count)
        guard style.escapesNonASCII, text.utf8.contains(where: { $0 > 0x7F }) else {
            return JSON.append(string: text, to: &bytes)
        }
        var plain: [UInt8] = []
        JSON.append(string: text, to: &plain)
        for unit in String(decoding: plain, as: UTF8.self).utf16 {
            if unit < 0x80 {
                bytes.append(UInt8(unit))
            } else {
                let digits = String(unit, radix: 16)
                bytes += ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8
            }
        }
    }

    private func appendGroup<Element>(
        _ elements: [Element], _ marks: (String, String), to bytes: inout [UInt8], _ style: JSONStyle,
        _ depth: Int, _ write: (Element, inout [UInt8]) throws -> Void
    ) throws {
        func breakLine(_ depth: Int, _ bytes: inout [UInt8]) throws {
            guard let indent = style.indent else { return }
            bytes.append(UInt8(ascii: "\n"))
            try checkLength(indent.utf8.count, times: depth)
            for _ in 0..<depth { bytes += indent.utf8 }
        }
        bytes += marks.0.utf8
        for (i, element) in elements.enumerated() {
            if i > 0 { bytes += style.itemSeparator.utf8 }
            try breakLine(depth + 1, &bytes)
            try write(element, &bytes)
        }
        if !elements.isEmpty { try breakLine(depth, &bytes) }
        bytes += marks.1.utf8
    }
}

extension Unicode.Scalar {
    /// Whether Python's `repr` writes it as it is (`str.isprintable`).
    var isPrintableInPython: Bool {
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
            return false
        case .spaceSeparator: return self == " "
        default: return true
        }
    }
}
