import LyceumKit

/// Help as plain text.
public struct HelpText {
    private let documentation: LuaDocumentation
    private let width: Int

    /// Prepares to write help.
    ///
    /// - Parameter width: of the screen, in columns.
    public init(_ documentation: LuaDocumentation, width: Int = 100) {
        self.documentation = documentation
        self.width = max(width, 40)
    }

    /// What `help()` shows: everything there is, one line each.
    public func overview() -> String {
        var lines: [String] = []
        func section(_ title: String, _ rows: [(String, String)]) {
            if rows.isEmpty { return }
            if !lines.isEmpty { lines.append("") }
            lines.append(title)
            lines += table(rows)
        }
        section("modules", documentation.modules.map { ($0.name, $0.summary) })
        section("functions", documentation.functions.map { ($0.name + $0.signature, $0.summary) })
        section("objects", documentation.types.map { ($0.name, $0.summary) })
        section("topics", documentation.topics.map { ($0.name, $0.summary) })
        lines += ["", "help(x) explains a function, a module or an object; help \"name\" one of the above."]
        return lines.joined(separator: "\n")
    }

    /// The page of one entry.
    ///
    /// - Throws: what a topic throws while it writes its page.
    public func page(_ entry: LuaDocumentation.Entry) throws -> String {
        switch entry {
        case .module(let module): return page(module)
        case .type(let type): return page(type)
        case .function(let function, let name): return page(function, name: name)
        case .property(let property, let name): return "\(name)\n" + indented(property.summary, by: 2)
        case .topic(let topic): return try topic.text()
        }
    }

    private func page(_ module: LuaModule) -> String {
        var lines = [module.name, indented(module.summary, by: 2), ""]
        lines += table(
            (module.call.map { [("\(module.name)\($0.signature)", $0.summary)] } ?? [])
                + module.functions.map { ("\(module.name).\($0.name)\($0.signature)", $0.summary) }
                + module.constants.map { ("\(module.name).\($0.name)", $0.summary) })
        // What is called most deserves its options and its example here.
        if let call = module.call { lines += ["", page(call, name: module.name)] }
        return lines.joined(separator: "\n")
    }

    private func page(_ type: LuaType) -> String {
        var lines = [type.name, indented(type.summary, by: 2)]
        func section(_ title: String, _ rows: [(String, String)]) {
            if !rows.isEmpty { lines += ["", "  " + title] + table(rows, by: 4) }
        }
        section("call", type.call.map { [("object\($0.signature)", $0.summary)] } ?? [])
        section("methods", type.methods.map { (":\($0.name)\($0.signature)", $0.summary) })
        section("fields", type.properties.map { (".\($0.name)", $0.summary) })
        return lines.joined(separator: "\n")
    }

    private func page(_ function: LuaFunction, name: String) -> String {
        var lines = [name + function.signature, indented(function.summary, by: 2)]
        if !function.parameters.isEmpty {
            lines.append("")
            lines += table(
                function.parameters.map { parameter in
                    (
                        "\(parameter.name)  \(parameter.kind.shortName)",
                        parameter.summary + (parameter.isOptional ? " (optional)" : "")
                    )
                })
        }
        for (names, options) in function.optionTables {
            lines += ["", "  in \(names.joined(separator: " or ")):"] + table(Self.rows(options), by: 4)
        }
        if !function.returns.isEmpty {
            lines += ["", "  returns", indented(function.returns, by: 4)]
        }
        if !function.errors.isEmpty {
            lines += ["", "  errors"] + function.errors.map { indented($0, by: 4) }
        }
        if !function.example.isEmpty {
            let code = function.example.split(separator: "\n", omittingEmptySubsequences: false)
            let given = function.setUp.map { ", with \($0.summary)" } ?? ""
            lines += ["", "  example\(given)"] + code.map { "    \($0)" }
        }
        return lines.joined(separator: "\n")
    }

    /// Options as rows of a help table; topics about architectures use it too.
    public static func rows(_ options: [OptionDeclaration]) -> [(String, String)] {
        options.map { option in
            var notes: [String] = []
            if option.isRequired { notes.append("required") }
            if let value = option.defaultValue { notes.append("default \(value.literal)") }
            if option.range != nil { notes.append(option.expectation) }
            if let unit = option.unit { notes.append("in \(unit)") }
            let note = notes.isEmpty ? "" : " (\(notes.joined(separator: "; ")))"
            return ("\(option.name)  \(option.kind.shortName)", option.doc + note)
        }
    }

    // MARK: Layout

    /// Rows of two columns, the second wrapped to the screen.
    public func table(_ rows: [(String, String)], by indent: Int = 2) -> [String] {
        let widest = rows.map { $0.0.count }.max() ?? 0
        let column = min(widest, width * 2 / 5)
        let margin = String(repeating: " ", count: indent)
        return rows.flatMap { left, right -> [String] in
            let wrapped = wrap(right, to: max(width - indent - column - 2, 24))
            let gap = String(repeating: " ", count: indent + column + 2)
            if left.count > column { return [margin + left] + wrapped.map { gap + $0 } }
            let head = margin + left + String(repeating: " ", count: column + 2 - left.count)
            return [head + (wrapped.first ?? "")] + wrapped.dropFirst().map { gap + $0 }
        }
    }

    private func indented(_ text: String, by indent: Int) -> String {
        let margin = String(repeating: " ", count: indent)
        return wrap(text, to: width - indent).map { margin + $0 }.joined(separator: "\n")
    }

    private func wrap(_ text: String, to width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? word : " " + word
        }
        if !line.isEmpty || lines.isEmpty { lines.append(line) }
        return lines
    }
}

extension Value {
    /// The value as it would be typed: strings in quotes.
    fileprivate var literal: String {
        if case .string(let text) = self { return "\"\(text)\"" }
        return text
    }
}

extension LuaState {
    /// Creates the global function `help`.
    ///
    /// - Parameters:
    ///   - width: of the screen, in columns, asked each time.
    ///   - write: receives the finished page.
    public func registerHelp(width: @escaping () -> Int, write: @escaping (String) -> Void) throws {
        try register(
            LuaFunction(
                name: "help", summary: "Explains a function, a module, an object or a topic.",
                parameters: [
                    LuaParameter(
                        "what", .any, "a function, a module, an object, or the name of one", optional: true)
                ],
                errors: ["nothing is known under that name (the nearest names are given)"],
                example: "help(data.load)\nhelp \"dataset:filter\"",
                body: { call in
                    let help = HelpText(call.state.documentation, width: width())
                    let what = call.value(1)
                    if what.isNil {
                        write(help.overview())
                    } else if let entry = try call.state.documentation(for: what) {
                        write(try help.page(entry))
                    } else if let name = what.string {
                        throw LyceumError.unknownName(
                            kind: "help topic", name: name, known: call.state.documentation.names,
                            remedy: "help() lists everything")
                    } else {
                        throw LyceumError.failed(
                            "no help for this \(call.state.typeName(what))",
                            remedy: "help() lists everything")
                    }
                    return []
                }))
    }
}
