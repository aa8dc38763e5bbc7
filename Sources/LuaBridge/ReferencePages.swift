import LyceumKit

/// The reference as Markdown: everything that was registered, in the words of its declarations.
public struct ReferencePages {
    private let documentation: LuaDocumentation

    /// Prepares to write.
    public init(_ documentation: LuaDocumentation) { self.documentation = documentation }

    /// The whole document.
    ///
    /// - Parameter heading: what stands above it, Markdown.
    /// - Throws: what a topic throws while it writes its page.
    public func text(heading: String) throws -> String {
        var parts = [heading]
        for module in documentation.modules {
            parts += ["## \(module.name)", module.summary]
            if let call = module.call { parts += page(call, name: module.name) }
            for function in module.functions {
                parts += page(function, name: "\(module.name).\(function.name)")
            }
            parts += list("Constants", module.constants.map { ("\(module.name).\($0.name)", $0.summary) })
        }
        for type in documentation.types {
            // A module and the objects that it makes may have one name.
            let isModule = documentation.modules.contains { $0.name == type.name }
            parts += ["## \(type.name)\(isModule ? " (object)" : "")", type.summary]
            parts += list("Fields", type.properties.map { (".\($0.name)", $0.summary) })
            if let call = type.call { parts += page(call, name: type.name, isObject: true) }
            for method in type.methods { parts += page(method, name: "\(type.name):\(method.name)") }
        }
        parts.append("## Functions")
        for function in documentation.functions { parts += page(function, name: function.name) }
        parts.append("## Topics")
        for topic in documentation.topics where !topic.isFromPlugin {
            parts += ["### \(topic.name)", "```text\n\(trimmed(try topic.text()))\n```"]
        }
        return parts.joined(separator: "\n\n") + "\n"
    }

    private func page(_ function: LuaFunction, name: String, isObject: Bool = false) -> [String] {
        let typed = isObject ? "a \(name), called" : name
        var parts = ["### \(typed)\(function.signature)", function.summary]
        parts += list(
            "Parameters",
            function.parameters.map { parameter in
                (
                    "\(parameter.name): \(parameter.kind.shortName)",
                    parameter.summary + (parameter.isOptional ? " (optional)" : "")
                )
            })
        for (names, options) in function.optionTables {
            let places = names.map { "`\($0)`" }.joined(separator: " or ")
            parts += list("Options in \(places)", HelpText.rows(options).map { (single($0.0), $0.1) })
        }
        if !function.returns.isEmpty { parts.append("Returns \(escaped(function.returns)).") }
        parts += bullets("Errors", function.errors)
        if !function.example.isEmpty { parts.append("```lua\n\(function.example)\n```") }
        return parts
    }

    /// A titled list of names, each with what it is.
    private func list(_ title: String, _ rows: [(String, String)]) -> [String] {
        bullets(title, rows.map { "`\($0.0)` — \(escaped($0.1))" }, isEscaped: true)
    }

    private func bullets(_ title: String, _ lines: [String], isEscaped: Bool = false) -> [String] {
        if lines.isEmpty { return [] }
        return ["\(title):", lines.map { "- " + (isEscaped ? $0 : escaped($0)) }.joined(separator: "\n")]
    }

    private func escaped(_ text: String) -> String {
        text.replacing("<", with: "\\<").replacing("*", with: "\\*").replacing("|", with: "\\|")
    }

    /// Two spaces, which help puts between a name and its type, as ": ".
    private func single(_ text: String) -> String { text.replacing("  ", with: ": ") }

    private func trimmed(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { line in String(line.reversed().drop { $0 == " " }.reversed()) }
            .joined(separator: "\n")
    }
}
