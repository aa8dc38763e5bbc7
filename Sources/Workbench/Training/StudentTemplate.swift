import LyceumKit
import Prompting

/// The prompt template that a student's inputs were made with: it travels in the student's folder, and whoever serves the
/// student puts each request into it.
public struct StudentTemplate: Sendable, Equatable {
    /// The option of `student:save`.
    public static let option = "template"
    /// The file in the student's folder.
    public static let file = "source_template.jinja"

    /// The template.
    public let template: Template

    /// Takes a template.
    ///
    /// - Throws: `LyceumError.file` with the template's line, `LyceumError.invalid` for one without a variable.
    public init(_ source: String) throws {
        template = try Template(source, name: "template")
        if template.variables.isEmpty {
            throw LyceumError.invalid(
                "template", expected: "a variable for the text, as in \"Summarise: {{ article }}\"",
                got: "a template without one", remedy: nil)
        }
    }

    /// The template in a student's folder; nil if there is none.
    ///
    /// - Throws: `LyceumError.file` for one that cannot be understood.
    public static func load(folder: String) throws -> StudentTemplate? {
        let path = Files.join(folder, file)
        return Files.exists(path) ? try StudentTemplate(try Files.readText(path)) : nil
    }

    /// Writes it into a folder that a student was saved to; a later save without a template removes it.
    ///
    /// - Throws: `LyceumError.file` if there is one that no save wrote.
    public func write(to folder: String) throws {
        try Files.write(template.source, named: Self.file, alsoInto: folder)
    }

    /// What the student reads for a text.
    ///
    /// - Parameter variables: further values; the text goes into the variable that is not among them.
    /// - Throws: `LyceumError.file` if a variable is missing.
    public func render(_ text: String, _ variables: [String: Value] = [:]) throws -> String {
        var names: [String] = []
        for variable in template.variables {
            guard let name = variable.path.first, variables[name] == nil, !names.contains(name) else {
                continue
            }
            names.append(name)
        }
        var values = variables
        if let own = names.first(where: { !template.optional.contains($0) }) ?? names.first {
            values[own] = .string(text)
        }
        return try template.render(values)
    }
}
