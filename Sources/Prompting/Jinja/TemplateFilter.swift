import LyceumKit

/// A filter of the template language: `{{ value | name(arguments) }}`.
///
/// The filters are all of Jinja 3.1.6, with its parameters, defaults and results. They differ where a prompt is not a web
/// page: `tojson` escapes nothing for HTML, as in chat templates of Hugging Face; in prompts `default` also stands in for
/// nil, since Lua and JSON lines have no other way to say "missing".
struct TemplateFilter: Sendable {
    /// A filter's work; nil if it finds nothing.
    typealias Body =
        @Sendable (_ evaluator: TemplateEvaluator, _ value: TemplateValue, _ arguments: FilterArguments)
        throws
        -> TemplateValue?

    /// The names of its arguments, in order.
    let parameters: [String]
    /// Whether more values may follow.
    let takesMore: Bool
    let body: Body

    init(_ parameters: [String] = [], takesMore: Bool = false, _ body: @escaping Body) {
        self.parameters = parameters
        self.takesMore = takesMore
        self.body = body
    }

    /// A filter without arguments.
    init(
        _ body:
            @escaping @Sendable (_ evaluator: TemplateEvaluator, _ value: TemplateValue) throws ->
            TemplateValue?
    ) {
        self.init { evaluator, value, _ in try body(evaluator, value) }
    }

    /// Every filter by name.
    static let all: [String: TemplateFilter] = {
        var filters = text.merging(numbers) { first, _ in first }.merging(lists) { first, _ in first }
            .merging(markup) { first, _ in first }
        for (short, long) in [("d", "default"), ("count", "length"), ("e", "escape")] {
            filters[short] = filters[long]
        }
        return filters
    }()

    /// Why these arguments do not fit; nil if they do.
    func mismatch(_ given: Expression.Arguments) -> String? {
        mismatch(given.positional.count, given.named.map(\.name))
    }

    func mismatch(_ count: Int, _ names: [String]) -> String? {
        if !takesMore, count > parameters.count {
            return parameters.isEmpty
                ? "takes no values" : "takes \(parameters.joined(separator: ", ")) and nothing more"
        }
        for name in names where !takesMore || parameters.contains(name) {
            guard let place = parameters.firstIndex(of: name) else {
                let near = Nearest.names(to: name, among: parameters)
                let known =
                    parameters.isEmpty ? "there are none" : "there are \(parameters.joined(separator: ", "))"
                return "no argument '\(name)'; "
                    + (near.first.map { "did you mean '\($0)'?" } ?? known)
            }
            if place < count { return "'\(name)' is given twice" }
        }
        return nil
    }
}

/// The arguments of one use of a filter.
struct FilterArguments {
    /// Named ones by name, positional ones by the name of their place.
    let byName: [String: TemplateValue]
    /// All positional ones.
    let positional: [TemplateValue]
    /// All that have a name of their own.
    let named: [(name: String, value: TemplateValue)]
    /// The filter, for errors.
    let filter: String

    /// An argument; nil if it was not given or is none.
    subscript(_ name: String) -> TemplateValue? {
        byName[name].flatMap { $0.isNull || $0.isUndefined ? nil : $0 }
    }

    /// A whole number.
    func integer(_ name: String, _ otherwise: Int, _ evaluator: TemplateEvaluator) throws -> Int {
        guard let value = self[name] else { return otherwise }
        if case .bool = value { throw mismatch(name, "a whole number", value, evaluator) }
        guard let number = value.integer else { throw mismatch(name, "a whole number", value, evaluator) }
        return number
    }

    /// A text.
    func string(_ name: String, _ evaluator: TemplateEvaluator) throws -> String? {
        guard let value = self[name] else { return nil }
        guard let text = value.string else { throw mismatch(name, "a string", value, evaluator) }
        return text
    }

    /// A truth value: whatever Python takes for one.
    func flag(_ name: String, _ otherwise: Bool = false) -> Bool { byName[name]?.isTrue ?? otherwise }

    func mismatch(
        _ name: String, _ expected: String, _ value: TemplateValue, _ evaluator: TemplateEvaluator
    ) -> LyceumError {
        evaluator.fault("\(filter): '\(name)': expected \(expected), got a \(value.typeName)", nil)
    }
}

extension TemplateEvaluator {
    /// `base | filter(arguments)`
    func filtered(
        _ base: Expression, _ filter: String, _ given: Expression.Arguments, _ line: Int
    ) throws -> TemplateValue? {
        // Unlike the other filters these may be asked about what is not there.
        let copes = ["default", "d", "items"].contains(filter)
        let receiver = copes ? try found(base) ?? .undefined : try value(base)
        let arguments = try self.arguments(given)
        self.line = line
        return try apply(filter, to: receiver, arguments)
    }

    /// A filter that is known by name.
    func apply(
        _ filter: String, to value: TemplateValue, _ given: TemplateFunction.Arguments
    ) throws -> TemplateValue? {
        guard let declared = TemplateFilter.all[filter] else {
            throw fault("unknown filter '\(filter)'", nil)
        }
        if let problem = declared.mismatch(given.positional.count, given.named.map(\.name)) {
            throw fault("\(filter): \(problem)", nil)
        }
        try count(1)
        try checkStack()
        var byName = Dictionary(
            zip(declared.parameters, given.positional), uniquingKeysWith: { first, _ in first })
        for (name, value) in given.named { byName[name] = value }
        let arguments = FilterArguments(
            byName: byName, positional: given.positional, named: given.named, filter: filter)
        return try declared.body(self, value, arguments)
    }

    /// The text that a filter works on: a number or a list is written out first, as Jinja does.
    func text(_ value: TemplateValue, _ filter: String) throws -> String {
        if style == .prompt, value.isNull || value.isUndefined {
            throw fault("\(filter): the value is nil", "give it one before: | default(\"…\") | \(filter)")
        }
        let text = try text(value)
        try count(bytes: text.utf8.count)
        return text
    }

    /// A text as a value: safe if it was made of a safe one.
    func like(_ value: TemplateValue, _ text: String) throws -> TemplateValue {
        if case .markup = value { return .markup(try bounded(text)) }
        return .string(try bounded(text))
    }
}
