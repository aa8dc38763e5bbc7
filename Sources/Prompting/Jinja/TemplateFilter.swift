import LyceumKit

/// A filter of the template language: `{{ value | name(arguments) }}`.
///
/// The filters are those of Jinja 3.1.6 that make sense for prompts, with its parameters, defaults and results.
/// They differ where a prompt is no web page: `tojson` escapes nothing for HTML, as in chat templates of
/// Hugging Face; `default` also stands in for nil, since Lua and JSON lines have no other way to say "missing".
struct TemplateFilter: Sendable {
    /// A filter's work: the value and its arguments, in the declared order, nil where one was left out.
    typealias Body =
        @Sendable (_ evaluator: inout TemplateEvaluator, _ value: Value, _ arguments: FilterArguments) throws
        -> Value?

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
    init(_ body: @escaping @Sendable (_ evaluator: TemplateEvaluator, _ value: Value) throws -> Value?) {
        self.init { evaluator, value, _ in try body(evaluator, value) }
    }

    /// Every filter by name.
    static let all: [String: TemplateFilter] = {
        var filters = text.merging(numbers) { first, _ in first }.merging(lists) { first, _ in first }
        for (short, long) in [("d", "default"), ("count", "length"), ("e", "escape")] {
            filters[short] = filters[long]
        }
        return filters
    }()

    /// Why these arguments do not fit; nil if they do.
    func mismatch(_ given: Expression.Arguments) -> String? {
        if !takesMore, given.positional.count > parameters.count {
            return parameters.isEmpty
                ? "takes no values" : "takes \(parameters.joined(separator: ", ")) and nothing more"
        }
        for (name, _) in given.named {
            guard let place = parameters.firstIndex(of: name) else {
                let near = Nearest.names(to: name, among: parameters)
                let known =
                    parameters.isEmpty ? "there are none" : "there are \(parameters.joined(separator: ", "))"
                return "no argument '\(name)'; "
                    + (near.first.map { "did you mean '\($0)'?" } ?? known)
            }
            if place < given.positional.count { return "'\(name)' is given twice" }
        }
        return nil
    }
}

/// The arguments of one use of a filter.
struct FilterArguments {
    /// Named ones by name, positional ones by the name of their place.
    let named: [String: Value]
    /// All positional ones.
    let positional: [Value]
    /// The filter, for errors.
    let filter: String

    /// An argument; nil if it was not given or is nil.
    subscript(_ name: String) -> Value? { named[name].flatMap { $0.isNull ? nil : $0 } }

    /// A whole number.
    func integer(_ name: String, _ otherwise: Int, _ evaluator: TemplateEvaluator) throws -> Int {
        guard let value = self[name] else { return otherwise }
        guard let number = value.integer, value.bool == nil else {
            throw mismatch(name, "a whole number", value, evaluator)
        }
        return number
    }

    /// A text.
    func string(_ name: String, _ evaluator: TemplateEvaluator) throws -> String? {
        guard let value = self[name] else { return nil }
        guard let text = value.string else { throw mismatch(name, "a string", value, evaluator) }
        return text
    }

    /// A truth value: whatever Python takes for one.
    func flag(_ name: String) -> Bool { self[name]?.isTrue ?? false }

    private func mismatch(
        _ name: String, _ expected: String, _ value: Value, _ evaluator: TemplateEvaluator
    ) -> LyceumError {
        evaluator.fault("\(filter): '\(name)': expected \(expected), got a \(value.typeName)", nil)
    }
}

extension TemplateEvaluator {
    /// `base | filter(arguments)`
    mutating func filtered(
        _ base: Expression, _ filter: String, _ given: Expression.Arguments, _ line: Int
    ) throws -> Value? {
        // Unlike the other filters these may be asked about what is not there.
        let receiver = filter == "default" || filter == "d" ? try found(base) ?? .null : try value(base)
        let arguments = try given.positional.map { try value($0) }
        var named: [String: Value] = [:]
        for (name, expression) in given.named { named[name] = try value(expression) }
        self.line = line
        return try apply(filter, to: receiver, arguments, named)
    }

    /// A filter that is known by name.
    mutating func apply(
        _ filter: String, to value: Value, _ positional: [Value], _ named: [String: Value]
    ) throws -> Value? {
        guard let declared = TemplateFilter.all[filter] else {
            throw fault("unknown filter '\(filter)'", nil)
        }
        try count(1)
        let byPlace = Dictionary(
            zip(declared.parameters, positional), uniquingKeysWith: { first, _ in first })
        let arguments = FilterArguments(
            named: byPlace.merging(named) { first, _ in first }, positional: positional, filter: filter)
        return try declared.body(&self, value, arguments)
    }

    /// The text that a filter works on: a number or a list is written out first, as Jinja does.
    func text(_ value: Value, _ filter: String) throws -> String {
        guard !value.isNull else {
            throw fault("\(filter): the value is nil", "give it one before: | default(\"…\") | \(filter)")
        }
        return value.text
    }
}
