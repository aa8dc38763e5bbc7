import LyceumKit

/// Declarations for editors, in the annotations of LuaLS: a file that is read, never run.
public struct StubFile {
    private let documentation: LuaDocumentation

    /// Prepares to write.
    public init(_ documentation: LuaDocumentation) { self.documentation = documentation }

    /// The whole file.
    ///
    /// - Parameter heading: a comment that stands above it, without dashes.
    public func text(heading: String) -> String {
        var parts = ["---@meta\n-- \(heading)"]
        for type in documentation.types { parts += declaration(of: type) }
        for module in documentation.modules { parts += declaration(of: module) }
        for function in documentation.functions { parts += declaration(function, name: function.name) }
        return parts.joined(separator: "\n\n") + "\n"
    }

    // MARK: Modules and types

    private func declaration(of module: LuaModule) -> [String] {
        // The module `prompt` is a table, what it makes is an object of the class `prompt`.
        let isType = documentation.types.contains { $0.name == module.name }
        var lines = comment(module.summary) + ["---@class \(module.name)\(isType ? "lib" : "")"]
        lines += module.constants.map { "---@field \($0.name) any \(line($0.summary))" }
        lines += overload(module.call)
        lines.append("\(module.name) = {}")
        let calls = module.call.map { optionClass($0, name: module.name) } ?? []
        return calls + [lines.joined(separator: "\n")]
            + module.functions.flatMap { declaration($0, name: "\(module.name).\($0.name)") }
    }

    private func declaration(of type: LuaType) -> [String] {
        var lines = comment(type.summary) + ["---@class \(type.name)"]
        lines += type.properties.map { "---@field \($0.name) any \(line($0.summary))" }
        lines += overload(type.call)
        lines.append("local \(type.name) = {}")
        let body =
            [lines.joined(separator: "\n")]
            + type.methods.flatMap { declaration($0, name: "\(type.name):\($0.name)") }
        // A block, so that the name of the class is not a global.
        return (type.call.map { optionClass($0, name: type.name) } ?? []) + [
            "do\n" + body.joined(separator: "\n\n") + "\nend"
        ]
    }

    private func overload(_ call: LuaFunction?) -> [String] {
        guard let call else { return [] }
        let parameters = call.parameters.map { parameter in
            "\(parameter.name)\(parameter.isOptional ? "?" : ""): \(name(of: parameter.kind, options: nil))"
        }
        return ["---@overload fun(\(parameters.joined(separator: ", "))): \(result(of: call))"]
    }

    // MARK: Functions

    private func declaration(_ function: LuaFunction, name: String) -> [String] {
        var lines = comment(function.summary)
        for parameter in function.parameters {
            let table = function.optionTables.first { $0.parameters.contains(parameter.name) }
            let options = table?.parameters.first.map { className(name, $0) }
            let type = self.name(of: parameter.kind, options: options)
            let mark = parameter.isOptional ? "?" : ""
            lines.append("---@param \(parameter.name)\(mark) \(type) \(line(parameter.summary))")
        }
        if function.isVariadic { lines.append("---@param ... any") }
        if !function.returns.isEmpty {
            lines.append("---@return \(result(of: function)) # \(line(function.returns))")
        }
        let names = function.parameters.map(\.name) + (function.isVariadic ? ["..."] : [])
        lines.append("function \(name)(\(names.joined(separator: ", "))) end")
        return optionClass(function, name: name) + [lines.joined(separator: "\n")]
    }

    /// A class for each table of options.
    private func optionClass(_ function: LuaFunction, name: String) -> [String] {
        function.optionTables.map { table in
            var lines = ["---@class \(className(name, table.parameters.first ?? ""))"]
            for option in table.options {
                let mark = option.isRequired ? "" : "?"
                let note = option.defaultValue.map { " (default \($0.text))" } ?? ""
                lines.append(
                    "---@field \(option.name)\(mark) \(self.name(of: option.kind)) \(line(option.doc + note))"
                )
            }
            return lines.joined(separator: "\n")
        }
    }

    private func className(_ function: String, _ parameter: String) -> String {
        function.replacing(":", with: ".") + "." + parameter
    }

    private func name(of kind: LuaParameter.Kind, options: String?) -> String {
        switch kind {
        case .function: return "function"
        case .list(let elements): return elements == "strings" ? "string[]" : "table[]"
        case .options: return options ?? "table"
        case .either(let kinds): return kinds.map { name(of: $0, options: options) }.joined(separator: "|")
        default: return kind.shortName
        }
    }

    private func name(of kind: OptionDeclaration.Kind) -> String {
        switch kind {
        case .choice(let choices): return choices.map { "\"\($0)\"" }.joined(separator: "|")
        case .list(let element):
            let inner = name(of: element)
            return inner.contains("|") ? "(\(inner))[]" : inner + "[]"
        case .either(let kinds): return kinds.map { name(of: $0) }.joined(separator: "|")
        case .object("value"): return "any"
        default: return kind.shortName
        }
    }

    /// The type that the description of a result begins with: "a dataset; …".
    private func result(of function: LuaFunction) -> String {
        if function.returns.isEmpty { return "nil" }
        let words = function.returns.split { !$0.isLetter }.prefix(3).map(String.init)
        let known = documentation.types.map(\.name) + ["string", "number", "boolean", "table"]
        if words.contains("list") { return "table" }
        return known.first { words.contains($0) } ?? "any"
    }

    private func comment(_ text: String) -> [String] { ["---\(line(text))"] }

    /// A text on one line.
    private func line(_ text: String) -> String { text.replacing("\n", with: " ") }
}
