import LyceumKit

extension TemplateFilter {
    /// Filters that take lists.
    static let lists: [String: TemplateFilter] = [
        "default": TemplateFilter(["default_value", "boolean"]) { _, value, arguments in
            let isMissing = arguments.flag("boolean") ? !value.isTrue : value.isNull
            return isMissing ? arguments.named["default_value"] ?? "" : value
        },
        "length": TemplateFilter { evaluator, value, _ in
            switch value {
            case .string(let text): return .integer(text.unicodeScalars.count)
            case .list(let elements): return .integer(elements.count)
            case .object(let fields): return .integer(fields.count)
            default: throw evaluator.fault("length: a \(value.typeName) has none", nil)
            }
        },
        "first": TemplateFilter { try $0.elements(of: $1, "first").first },
        "last": TemplateFilter { try $0.elements(of: $1, "last").last },
        "list": TemplateFilter { .list(try $0.elements(of: $1, "list")) },
        "items": TemplateFilter { evaluator, value, _ in
            guard let fields = value.object else {
                throw evaluator.fault("items: expected a table, got a \(value.typeName)", nil)
            }
            return .list(fields.sorted { $0.key < $1.key }.map { .list([.string($0.key), $0.value]) })
        },
        "reverse": TemplateFilter { evaluator, value, _ in
            if let text = value.string {
                return .string(String(String.UnicodeScalarView(text.unicodeScalars.reversed())))
            }
            return .list(try evaluator.elements(of: value, "reverse").reversed())
        },
        "join": TemplateFilter(["d", "attribute"]) { evaluator, value, arguments in
            let separator = try arguments.string("d", evaluator) ?? ""
            var text = ""
            for (i, element) in try evaluator.elements(of: value, "join").enumerated() {
                try evaluator.count(1)
                let part = try evaluator.attribute(arguments["attribute"], of: element, "join")
                text += (i > 0 ? separator : "") + part.text
                try evaluator.checkLength(text.utf8.count, times: 1)
            }
            return .string(text)
        },
        "sort": TemplateFilter(["reverse", "case_sensitive", "attribute"]) { evaluator, value, arguments in
            .list(
                try evaluator.sorted(
                    try evaluator.elements(of: value, "sort"), by: arguments["attribute"],
                    caseSensitive: arguments.flag("case_sensitive"), reverse: arguments.flag("reverse")))
        },
        "dictsort": TemplateFilter(["case_sensitive", "by", "reverse"]) { evaluator, value, arguments in
            guard let fields = value.object else {
                throw evaluator.fault("dictsort: expected a table, got a \(value.typeName)", nil)
            }
            let by = try arguments.string("by", evaluator) ?? "key"
            guard by == "key" || by == "value" else {
                throw evaluator.fault("dictsort: 'by': expected key or value, got '\(by)'", nil)
            }
            return .list(
                try evaluator.sorted(
                    fields.sorted { $0.key < $1.key }.map { .list([.string($0.key), $0.value]) },
                    by: .integer(by == "key" ? 0 : 1), caseSensitive: arguments.flag("case_sensitive"),
                    reverse: arguments.flag("reverse")))
        },
        "unique": TemplateFilter(["case_sensitive", "attribute"]) { evaluator, value, arguments in
            var seen: Set<Value> = []
            return .list(
                try evaluator.elements(of: value, "unique").filter { element in
                    try evaluator.count(1)
                    let key = try evaluator.attribute(arguments["attribute"], of: element, "unique")
                    return seen.insert(key.sortKey(caseSensitive: arguments.flag("case_sensitive"))).inserted
                })
        },
        "min": TemplateFilter(["case_sensitive", "attribute"]) { try extreme(&$0, $1, $2, "min") },
        "max": TemplateFilter(["case_sensitive", "attribute"]) { try extreme(&$0, $1, $2, "max") },
        "sum": TemplateFilter(["attribute", "start"]) { evaluator, value, arguments in
            var total = arguments["start"] ?? 0
            for element in try evaluator.elements(of: value, "sum") {
                try evaluator.count(1)
                let part = try evaluator.attribute(arguments["attribute"], of: element, "sum")
                total = try evaluator.arithmetic(.add, total, part)
            }
            return total
        },
        "batch": TemplateFilter(["linecount", "fill_with"]) { evaluator, value, arguments in
            let size = try arguments.integer("linecount", 0, evaluator)
            guard size > 0 else { throw evaluator.fault("batch: expected a size of at least 1", nil) }
            let elements = try evaluator.elements(of: value, "batch")
            var batches = stride(from: 0, to: elements.count, by: size).map {
                Array(elements[$0..<min($0 + size, elements.count)])
            }
            if let fill = arguments["fill_with"], let last = batches.popLast() {
                guard size <= TemplateEvaluator.longestList else { throw evaluator.tooManyElements() }
                batches.append(last + Array(repeating: fill, count: size - last.count))
            }
            return .list(batches.map(Value.list))
        },
        "map": TemplateFilter(["filter", "attribute", "default"], takesMore: true) {
            evaluator, value, arguments in
            let elements = try evaluator.elements(of: value, "map")
            if let attribute = arguments.named["attribute"], arguments.positional.isEmpty {
                return .list(
                    try elements.map { element in
                        try evaluator.count(1)
                        return try evaluator.attribute(
                            attribute, of: element, "map", otherwise: arguments.named["default"])
                    })
            }
            guard let filter = try arguments.string("filter", evaluator), TemplateFilter.all[filter] != nil
            else {
                throw evaluator.fault(
                    "map: expected the name of a filter", "as in map(\"upper\") or map(attribute=\"name\")")
            }
            let rest = Array(arguments.positional.dropFirst())
            return .list(try elements.map { try evaluator.apply(filter, to: $0, rest, [:]) ?? .null })
        },
        "select": TemplateFilter(takesMore: true) {
            try choose(&$0, $1, $2, byAttribute: false, keeping: true)
        },
        "reject": TemplateFilter(takesMore: true) {
            try choose(&$0, $1, $2, byAttribute: false, keeping: false)
        },
        "selectattr": TemplateFilter(takesMore: true) {
            try choose(&$0, $1, $2, byAttribute: true, keeping: true)
        },
        "rejectattr": TemplateFilter(takesMore: true) {
            try choose(&$0, $1, $2, byAttribute: true, keeping: false)
        },
    ]

    private static func extreme(
        _ evaluator: inout TemplateEvaluator, _ value: Value, _ arguments: FilterArguments, _ name: String
    ) throws -> Value? {
        let sorted = try evaluator.sorted(
            try evaluator.elements(of: value, name), by: arguments["attribute"],
            caseSensitive: arguments.flag("case_sensitive"), reverse: name == "max")
        return sorted.first
    }

    private static func choose(
        _ evaluator: inout TemplateEvaluator, _ value: Value, _ arguments: FilterArguments, byAttribute: Bool,
        keeping: Bool
    ) throws -> Value? {
        var rest = arguments.positional[...]
        let attribute = byAttribute ? rest.popFirst() : nil
        if byAttribute, attribute == nil {
            throw evaluator.fault("\(arguments.filter): expected the name of a field", nil)
        }
        let test = rest.popFirst().map(\.text)
        return .list(
            try evaluator.elements(of: value, arguments.filter).filter { element in
                try evaluator.count(1)
                let tested = try evaluator.attribute(
                    attribute, of: element, arguments.filter, otherwise: test == nil ? nil : .null)
                let holds = try test.map { try evaluator.holds(tested, $0, Array(rest)) } ?? tested.isTrue
                return holds == keeping
            })
    }
}

extension TemplateEvaluator {
    /// The part of an element that a filter looks at: "a.b", or an index.
    func attribute(
        _ path: Value?, of element: Value, _ filter: String, otherwise: Value? = nil
    ) throws -> Value {
        guard let path else { return element }
        var value = element
        for key in path.text.split(separator: ".").map(String.init) {
            var next = value.object?[key]
            if next == nil, let elements = value.list, let index = Int(key), elements.indices.contains(index)
            {
                next = elements[index]
            }
            guard let next else {
                if let otherwise { return otherwise }
                throw fault("\(filter): an element has no '\(path.text)'", nil)
            }
            value = next
        }
        return value
    }

    /// The elements in order; equal ones keep theirs.
    mutating func sorted(
        _ elements: [Value], by attribute: Value?, caseSensitive: Bool, reverse: Bool
    ) throws -> [Value] {
        try count(elements.count)
        let keyed = try elements.map { element in
            (
                key: try self.attribute(attribute, of: element, "sort").sortKey(caseSensitive: caseSensitive),
                element
            )
        }
        let evaluator = self
        return try keyed.enumerated().sorted { left, right in
            let order = try evaluator.order(left.element.key, right.element.key)
            if order == .equal { return left.offset < right.offset }
            return (order == .less) != reverse
        }.map(\.element.1)
    }
}

extension Value {
    /// What it is compared by: texts without regard to case, unless that was asked for.
    fileprivate func sortKey(caseSensitive: Bool) -> Value {
        if let text = string, !caseSensitive { return .string(text.lowercased()) }
        return self
    }
}
