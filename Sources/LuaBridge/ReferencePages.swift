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
        var earlier: [(page: String, options: [OptionDeclaration])] = []
        for topic in documentation.topics where !topic.isFromPlugin {
            parts.append("### \(topic.name)")
            guard let page = try topic.parts?() else {
                parts.append("```text\n\(trimmed(try topic.text()))\n```")
                continue
            }
            parts.append(
                page.introduction.contains("\n")
                    ? "```text\n\(trimmed(page.introduction))\n```" : escaped(page.introduction))
            for table in page.tables { parts += options(table, like: earlier) }
            earlier += page.tables.map { (topic.name, $0.options) }
        }
        return parts.joined(separator: "\n\n") + "\n"
    }

    /// Options by purpose, of several architectures: a page for what most of them share, and one for each.
    ///
    /// - Parameters:
    ///   - architectures: id, summary and options by purpose: "configuration", "training", "generation", …
    ///   - shared: the pages of what is shared: purpose, file, heading, and what stands below it.
    ///   - note: where the page comes from.
    /// - Returns: the pages by file.
    public static func optionPages(
        _ architectures: [(id: String, summary: String, options: [String: [OptionDeclaration]])],
        shared: [(purpose: String, file: String, title: String, text: String)],
        calls: [(purpose: String, call: String)], note: String
    ) -> [(file: String, text: String)] {
        let writer = ReferencePages(LuaDocumentation())
        func end(_ parts: [String]) -> String {
            (parts + ["<!-- \(note) -->"]).joined(separator: "\n\n") + "\n"
        }
        var common: [String: (file: String, options: [OptionDeclaration])] = [:]
        var pages: [(file: String, text: String)] = []
        for page in shared {
            let lists = architectures.compactMap { $0.options[page.purpose] }.filter { !$0.isEmpty }
            let options = (lists.first ?? []).filter { option in
                2 * lists.count { $0.contains(option) } > lists.count
            }
            common[page.purpose] = (page.file, options)
            pages.append(
                (page.file, end(["# \(page.title)", page.text] + writer.rows(options))))
        }
        for architecture in architectures {
            var parts = ["# \(architecture.id)", "\(architecture.summary)."]
            for (purpose, call) in calls {
                guard let options = architecture.options[purpose], !options.isEmpty else { continue }
                parts.append("## \(call.replacing("ID", with: architecture.id))")
                let known = common[purpose]?.options ?? []
                if let page = common[purpose], options.contains(where: known.contains) {
                    parts.append("Those of [\(page.file)](\(page.file))\(writer.except(options, known)).")
                }
                parts += writer.rows(options.filter { !known.contains($0) })
            }
            pages.append(("\(architecture.id).md", end(parts)))
        }
        return pages
    }

    private func rows(_ options: [OptionDeclaration]) -> [String] {
        if options.isEmpty { return [] }
        return [
            HelpText.rows(options).map { "- `\(single($0.0))` — \(escaped($0.1))" }.joined(separator: "\n")
        ]
    }

    /// ", without `a` and `b`": the known options that are not among some, under whatever default.
    private func except(_ options: [OptionDeclaration], _ known: [OptionDeclaration]) -> String {
        let names = Set(options.map(\.name))
        let missing = known.map(\.name).filter { !names.contains($0) }
        return missing.isEmpty ? "" : ", without " + missing.map { "`\($0)`" }.joined(separator: ", ")
    }

    /// A table of options; only what differs if most of it was on an earlier page.
    private func options(
        _ table: (title: String, options: [OptionDeclaration]),
        like earlier: [(page: String, options: [OptionDeclaration])]
    ) -> [String] {
        let title = table.title.prefix(1).uppercased() + table.title.dropFirst()
        if let same = earlier.first(where: { other in
            2 * table.options.count(where: other.options.contains) > table.options.count
        }) {
            let own = table.options.filter { !same.options.contains($0) }
            return [
                "\(title): those of [\(same.page)](#\(same.page))\(except(table.options, same.options))\(own.isEmpty ? "." : "; and:")"
            ]
                + rows(own)
        }
        return ["\(title):"] + rows(table.options)
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
        if let setUp = function.setUp { parts.append("With \(setUp.summary):") }
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
