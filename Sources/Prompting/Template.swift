import LyceumKit

/// A text with variables, conditions and loops in Jinja's syntax: `{{ name }}`, `{{ text | truncate(80) }}`,
/// `{% if … %}`, `{% for … in … %}`, `{% set … %}`, comments `{# … #}`.
///
/// Values are copied into the text as they are and never read as a template again. What is rendered is what
/// Jinja renders, with three differences: a variable that is missing or nil is an error, Booleans are `true` and
/// `false`, and lists and tables are JSON. A template is one text: there is no `include`, `import` or `extends`, and its
/// values do not change, as in Jinja's immutable sandbox. Its work is bounded and ends with Ctrl-C.
/// Reference: Jinja 3.1.6, `lexer.py`, `parser.py`, `filters.py`, `tests.py`, `runtime.py`.
public struct Template: Sendable {
    /// A variable of the template.
    public struct Variable: Sendable, Hashable {
        /// The names from the record inwards: `["a", "b"]` for `{{ a.b }}`.
        public let path: [String]
        /// The line on which it stands, counted from 1.
        public let line: Int

        /// The path as it is written: "a.b".
        public var name: String { path.joined(separator: ".") }
    }

    /// The template as it was written.
    public let source: String
    /// What it is called in errors.
    public let name: String
    /// The variables that it takes from the record, in order, each as often as it is used.
    public let variables: [Variable]
    /// The names of those that may be missing: the template asks `is defined` or gives a `default`.
    public let optional: Set<String>
    let nodes: [TemplateNode]

    /// Reads a template.
    ///
    /// - Parameters:
    ///   - source: its text.
    ///   - name: what to call it in errors.
    /// - Throws: `LyceumError.file` with the template's line.
    public init(_ source: String, name: String = "prompt") throws {
        try self.init(source, name: name, style: .prompt)
    }

    init(_ source: String, name: String, style: TemplateStyle) throws {
        self.source = source
        self.name = name
        var parser = try TemplateParser(source, name: name, style: style)
        nodes = try parser.parse()
        let found = TemplateVariables(nodes)
        variables = found.found
        optional = found.optional
    }

    /// Whether it takes a variable of that name from the record.
    public func takes(_ name: String) -> Bool { variables.contains { $0.path.first == name } }

    /// The text with the values put in.
    ///
    /// - Throws: `LyceumError.file` with the template's line if a variable is missing or nil (it names the
    ///   nearest ones there are) or an operator or filter does not fit its value; `LyceumError.cancelled`.
    public func render(_ values: [String: Value]) throws -> String {
        try TemplateEvaluator(name: name, style: .prompt, values: values).render(nodes)
    }

    /// The values of the variables as text, by the name they are written with; without those that are missing.
    public func fields(of values: [String: Value]) -> [String: String] {
        var result: [String: String] = [:]
        for variable in variables where result[variable.name] == nil {
            var value: Value? = .object(values)
            for key in variable.path { value = value?.object?[key] }
            if let value, !value.isNull { result[variable.name] = value.text }
        }
        return result
    }
}

extension Template: Hashable {
    /// Templates of the same text are the same.
    public static func == (left: Template, right: Template) -> Bool {
        left.source == right.source && left.name == right.name
    }

    /// Hashes the text.
    public func hash(into hasher: inout Hasher) { hasher.combine(source) }
}
