import LyceumKit

/// A text with variables in Jinja's syntax: `{{ name }}`, `{{ record.field }}`, comments `{# … #}`.
///
/// Values are copied into the text as they are and never read as a template again. Unlike in Jinja, a variable
/// that is missing or nil is an error, Booleans are `true` and `false`, and lists and tables are JSON.
/// Reference: the Jinja 3 template designer documentation.
public struct Template: Sendable, Hashable {
    /// A variable of the template.
    public struct Variable: Sendable, Hashable {
        /// The names from the record inwards: `["a", "b"]` for `{{ a.b }}`.
        public let path: [String]
        /// The line on which it stands, counted from 1.
        public let line: Int

        /// The path as it is written: "a.b".
        public var name: String { path.joined(separator: ".") }
    }

    /// A part of the rendered text.
    enum Node: Sendable, Hashable {
        case text(String)
        case variable(Variable)
    }

    /// The template as it was written.
    public let source: String
    /// What it is called in errors.
    public let name: String
    let nodes: [Node]

    /// Reads a template.
    ///
    /// - Parameters:
    ///   - source: its text.
    ///   - name: what to call it in errors.
    /// - Throws: `LyceumError.file` with the template's line.
    public init(_ source: String, name: String = "prompt") throws {
        self.source = source
        self.name = name
        var parser = TemplateParser(name: name)
        nodes = try parser.parse(source)
    }

    /// The variables in order, each as often as it is used.
    public var variables: [Variable] {
        nodes.compactMap { node in
            if case .variable(let variable) = node { return variable }
            return nil
        }
    }

    /// The text with the values put in.
    ///
    /// - Throws: `LyceumError.file` with the template's line if a variable is missing or nil; it names the
    ///   nearest ones there are.
    public func render(_ values: [String: Value]) throws -> String {
        var result = ""
        for node in nodes {
            switch node {
            case .text(let text): result += text
            case .variable(let variable): result += try text(of: variable, in: values)
            }
        }
        return result
    }

    /// The values of the variables as text, by the name they are written with.
    ///
    /// - Throws: as `render`.
    public func fields(of values: [String: Value]) throws -> [String: String] {
        var result: [String: String] = [:]
        for variable in variables { result[variable.name] = try text(of: variable, in: values) }
        return result
    }

    private func text(of variable: Variable, in values: [String: Value]) throws -> String {
        var value = Value.object(values)
        for (depth, key) in variable.path.enumerated() {
            let parent = variable.path[..<depth].joined(separator: ".")
            guard let fields = value.object else {
                throw LyceumError.file(
                    path: name, line: variable.line,
                    problem: "'\(variable.name)': '\(parent)' is a \(value.typeName) and has no fields",
                    remedy: nil)
            }
            guard let next = fields[key] else {
                throw missing(variable, key: key, among: fields, parent: parent)
            }
            value = next
        }
        if value.isNull {
            throw LyceumError.file(
                path: name, line: variable.line, problem: "variable '\(variable.name)' is nil in this record",
                remedy: "drop such records with :filter, or give it a value with :map")
        }
        return value.text
    }

    private func missing(
        _ variable: Variable, key: String, among fields: [String: Value], parent: String
    ) -> LyceumError {
        let known = fields.keys.sorted()
        let near = Nearest.names(to: key, among: known)
        let prefix = parent.isEmpty ? "" : parent + "."
        let remedy: String
        if !near.isEmpty {
            remedy = "did you mean " + near.map { "'\(prefix)\($0)'" }.joined(separator: " or ") + "?"
        } else if known.isEmpty {
            remedy = "there are no values at all"
        } else {
            remedy = "there are " + known.prefix(40).map { prefix + $0 }.joined(separator: ", ")
        }
        return .file(
            path: name, line: variable.line, problem: "no value for variable '\(variable.name)'",
            remedy: remedy)
    }
}
