import LyceumKit

extension TemplateFilter {
    /// Filters that take lists.
    static let lists: [String: TemplateFilter] = [
        "default": TemplateFilter(["default_value", "boolean"]) { evaluator, value, arguments in
            let isMissing = value.isUndefined || (evaluator.style == .prompt && value.isNull)
            let isReplaced = isMissing || (arguments.flag("boolean") && !value.isTrue)
            return isReplaced ? arguments.byName["default_value"] ?? "" : value
        },
        "length": TemplateFilter { evaluator, value in
            switch value {
            case .string(let text), .markup(let text):
                try evaluator.count(bytes: text.utf8.count)
                return .integer(text.unicodeScalars.count)
            case .list(let list): return .integer(list.elements.count)
            case .table(let table): return .integer(table.keys.count)
            case .loop(let loop): return .integer(loop.elements.count)
            case .undefined where evaluator.style == .chat: return 0
            default: throw evaluator.fault("length: a \(value.typeName) has none", nil)
            }
        },
        "first": TemplateFilter { evaluator, value in
            if let text = value.string { return text.unicodeScalars.first.map { .string(String($0)) } }
            return try evaluator.elements(of: value, "first").first
        },
        "last": TemplateFilter { evaluator, value in
            if let text = value.string { return text.unicodeScalars.last.map { .string(String($0)) } }
            return try evaluator.elements(of: value, "last").last
        },
        "random": TemplateFilter { evaluator, value in
            try evaluator.elements(of: value, "random").randomElement()
        },
        "list": TemplateFilter { try $0.list(try $0.elements(of: $1, "list")) },
        "items": TemplateFilter { evaluator, value in
            if value.isUndefined { return try evaluator.list([]) }
            guard let table = value.table else {
                throw evaluator.fault("items: expected a table, got a \(value.typeName)", nil)
            }
            return try evaluator.list(
                try table.pairs.map { try evaluator.list([$0.key, $0.value], isTuple: true) })
        },
        "reverse": TemplateFilter { evaluator, value in
            if let text = value.string {
                try evaluator.count(bytes: text.utf8.count)
                return .string(
                    try evaluator.bounded(String(String.UnicodeScalarView(text.unicodeScalars.reversed()))))
            }
            return try evaluator.list(try evaluator.elements(of: value, "reverse").reversed())
        },
        "join": TemplateFilter(["d", "attribute"]) { evaluator, value, arguments in
            let separator = try arguments["d"].map { try evaluator.text($0) } ?? ""
            var parts: [TemplateValue] = []
            for element in try evaluator.elements(of: value, "join") {
                parts.append(try evaluator.attribute(arguments["attribute"], of: element, "join"))
            }
            func isSafe(_ value: TemplateValue) -> Bool {
                if case .markup = value { return true }
                return false
            }
            // Where HTML is written, one safe part makes the others safe.
            let escapes =
                evaluator.escapes && (parts.contains(where: isSafe) || arguments["d"].map(isSafe) == true)
            let mark =
                escapes && arguments["d"].map(isSafe) != true ? try evaluator.escaped(separator) : separator
            var text = ""
            for (i, part) in parts.enumerated() {
                try evaluator.count(1)
                var written = try evaluator.text(part)
                if escapes, !isSafe(part) { written = try evaluator.escaped(written) }
                try evaluator.checkLength(text.utf8.count + mark.utf8.count + written.utf8.count, times: 1)
                text += (i > 0 ? mark : "") + written
            }
            return escapes ? .markup(try evaluator.bounded(text)) : .string(try evaluator.bounded(text))
        },
        "sort": TemplateFilter(["reverse", "case_sensitive", "attribute"]) { evaluator, value, arguments in
            try evaluator.list(
                try evaluator.sorted(
                    try evaluator.elements(of: value, "sort"), by: arguments["attribute"],
                    caseSensitive: arguments.flag("case_sensitive"), reverse: arguments.flag("reverse")))
        },
        "dictsort": TemplateFilter(["case_sensitive", "by", "reverse"]) { evaluator, value, arguments in
            guard let table = value.table else {
                throw evaluator.fault("dictsort: expected a table, got a \(value.typeName)", nil)
            }
            let by = try arguments.string("by", evaluator) ?? "key"
            guard by == "key" || by == "value" else {
                throw evaluator.fault("dictsort: 'by': expected key or value, got '\(by)'", nil)
            }
            let pairs = try table.pairs.map { try evaluator.list([$0.key, $0.value], isTuple: true) }
            return try evaluator.list(
                try evaluator.sorted(
                    pairs, by: .integer(by == "key" ? 0 : 1), caseSensitive: arguments.flag("case_sensitive"),
                    reverse: arguments.flag("reverse")))
        },
        "unique": TemplateFilter(["case_sensitive", "attribute"]) { evaluator, value, arguments in
            var seen: Set<TemplateKey> = []
            let kept = try evaluator.elements(of: value, "unique").filter { element in
                let part = try evaluator.attribute(arguments["attribute"], of: element, "unique")
                let key = try evaluator.sortKey(part, caseSensitive: arguments.flag("case_sensitive"))
                switch key {
                case .list(let list) where !list.isTuple:
                    throw evaluator.fault("unique: a list cannot be told apart", "name an attribute")
                case .table: throw evaluator.fault("unique: tables cannot be told apart", "name an attribute")
                default:
                    try evaluator.count(bytes: key.string?.utf8.count ?? 0)
                    return seen.insert(TemplateKey(key)).inserted
                }
            }
            return try evaluator.list(kept)
        },
        "min": TemplateFilter(["case_sensitive", "attribute"]) { try extreme($0, $1, $2, "min") },
        "max": TemplateFilter(["case_sensitive", "attribute"]) { try extreme($0, $1, $2, "max") },
        "sum": TemplateFilter(["attribute", "start"]) { evaluator, value, arguments in
            var total = arguments.byName["start"] ?? 0
            for element in try evaluator.elements(of: value, "sum") {
                try evaluator.count(1)
                let part = try evaluator.attribute(arguments["attribute"], of: element, "sum")
                if total.string != nil { throw evaluator.fault("sum: texts are joined with | join", nil) }
                total = try evaluator.arithmetic(.add, total, part)
            }
            return total
        },
        "batch": TemplateFilter(["linecount", "fill_with"]) { evaluator, value, arguments in
            let size = try arguments.integer("linecount", 0, evaluator)
            guard size > 0 else { throw evaluator.fault("batch: expected a size of at least 1", nil) }
            let elements = try evaluator.elements(of: value, "batch")
            let step = min(size, max(1, elements.count))
            var batches = stride(from: 0, to: elements.count, by: step).map {
                Array(elements[$0..<min($0 + step, elements.count)])
            }
            if let fill = arguments["fill_with"], let last = batches.popLast() {
                guard size <= TemplateEvaluator.longestList else { throw evaluator.tooManyElements() }
                batches.append(last + Array(repeating: fill, count: size - last.count))
            }
            return try evaluator.list(try batches.map { try evaluator.list($0) })
        },
        "slice": TemplateFilter(["slices", "fill_with"]) { evaluator, value, arguments in
            let slices = try arguments.integer("slices", 0, evaluator)
            guard slices > 0 else { throw evaluator.fault("slice: expected at least 1 slice", nil) }
            guard slices <= TemplateEvaluator.longestList else { throw evaluator.tooManyElements() }
            let elements = try evaluator.elements(of: value, "slice")
            let (each, longer) = (elements.count / slices, elements.count % slices)
            var start = 0
            return try evaluator.list(
                try (0..<slices).map { number in
                    let end = start + each + (number < longer ? 1 : 0)
                    var part = Array(elements[start..<end])
                    start = end
                    if let fill = arguments["fill_with"], number >= longer { part.append(fill) }
                    return try evaluator.list(part)
                })
        },
        "groupby": TemplateFilter(["attribute", "default", "case_sensitive"]) { evaluator, value, arguments in
            try evaluator.grouped(value, arguments)
        },
        "map": TemplateFilter(["filter"], takesMore: true) { evaluator, value, arguments in
            let elements = try evaluator.elements(of: value, "map")
            if arguments.positional.isEmpty, let attribute = arguments.byName["attribute"] {
                return try evaluator.list(
                    try elements.map { element in
                        try evaluator.count(1)
                        return try evaluator.attribute(
                            attribute, of: element, "map", otherwise: arguments.byName["default"])
                    })
            }
            guard let filter = try arguments.string("filter", evaluator), TemplateFilter.all[filter] != nil
            else {
                throw evaluator.fault(
                    "map: expected the name of a filter", "as in map(\"upper\") or map(attribute=\"name\")")
            }
            let rest = TemplateFunction.Arguments(
                positional: Array(arguments.positional.dropFirst()), named: arguments.named)
            return try evaluator.list(
                try elements.map { element in
                    guard let value = try evaluator.apply(filter, to: element, rest) else {
                        if evaluator.style == .chat { return .undefined }
                        throw evaluator.fault("map: '\(filter)' finds nothing", "give it something to find")
                    }
                    return value
                })
        },
        "select": TemplateFilter(takesMore: true) {
            try choose($0, $1, $2, byAttribute: false, keeping: true)
        },
        "reject": TemplateFilter(takesMore: true) {
            try choose($0, $1, $2, byAttribute: false, keeping: false)
        },
        "selectattr": TemplateFilter(takesMore: true) {
            try choose($0, $1, $2, byAttribute: true, keeping: true)
        },
        "rejectattr": TemplateFilter(takesMore: true) {
            try choose($0, $1, $2, byAttribute: true, keeping: false)
        },
    ]

    private static func extreme(
        _ evaluator: TemplateEvaluator, _ value: TemplateValue, _ arguments: FilterArguments, _ name: String
    ) throws -> TemplateValue? {
        var best: (key: TemplateValue, element: TemplateValue)?
        for element in try evaluator.elements(of: value, name) {
            let part = try evaluator.attribute(arguments["attribute"], of: element, name)
            let key = try evaluator.sortKey(part, caseSensitive: arguments.flag("case_sensitive"))
            if let known = best, try evaluator.order(key, known.key) != (name == "min" ? .less : .greater) {
                continue
            }
            best = (key, element)
        }
        return best?.element
    }

    private static func choose(
        _ evaluator: TemplateEvaluator, _ value: TemplateValue, _ arguments: FilterArguments,
        byAttribute: Bool,
        keeping: Bool
    ) throws -> TemplateValue? {
        var rest = arguments.positional[...]
        let attribute = byAttribute ? rest.popFirst() : nil
        if byAttribute, attribute == nil {
            throw evaluator.fault("\(arguments.filter): expected the name of a field", nil)
        }
        let test = try rest.popFirst().map { try evaluator.text($0) }
        if let test, TemplateTest.arguments[test] == nil {
            throw evaluator.fault("unknown test '\(test)'", nil)
        }
        return try evaluator.list(
            try evaluator.elements(of: value, arguments.filter).filter { element in
                try evaluator.count(1)
                // What an element lacks is not defined, which a test may ask.
                let tested = try evaluator.attribute(
                    attribute, of: element, arguments.filter,
                    otherwise: test == nil && evaluator.style == .prompt ? nil : .undefined)
                let holds = try test.map { try evaluator.holds(tested, $0, Array(rest)) } ?? tested.isTrue
                return holds == keeping
            })
    }
}

extension TemplateEvaluator {
    /// The part of an element that a filter looks at: "a.b", or an index.
    func attribute(
        _ path: TemplateValue?, of element: TemplateValue, _ filter: String, otherwise: TemplateValue? = nil
    ) throws -> TemplateValue {
        guard let path else { return element }
        let keys = path.string.map {
            $0.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        }
        let parts: [TemplateValue] =
            try keys?.map { key in Int(key).map(TemplateValue.integer) ?? .string(key) } ?? [
                .string(try text(path))
            ]
        var value = element
        for part in keys == nil ? [path] : parts {
            guard let next = try self.part(of: value, part) else {
                if let otherwise { return otherwise }
                if style == .chat { return .undefined }
                throw fault("\(filter): an element has no '\(try text(path))'", nil)
            }
            value = next
        }
        return value
    }

    private func part(of value: TemplateValue, _ key: TemplateValue) throws -> TemplateValue? {
        switch (value, key) {
        case (.table(let table), _): return try table[key] ?? table[text(key)]
        case (.list(let list), .integer(let index)):
            let place = index < 0 ? index + list.elements.count : index
            return list.elements.indices.contains(place) ? list.elements[place] : nil
        case (.string(let text), .integer(let index)), (.markup(let text), .integer(let index)):
            let scalars = Array(text.unicodeScalars.prefix(index >= 0 && index < Int.max ? index + 1 : 0))
            return index >= 0 && scalars.count == index + 1 ? scalars.last.map { .string(String($0)) } : nil
        case (.namespace(let namespace), .string(let name)): return namespace.fields[name]
        case (.list(let list), .string(let name)) where list.isTuple && list.elements.count == 2:
            return name == "grouper" ? list.elements[0] : name == "list" ? list.elements[1] : nil
        default: return nil
        }
    }

    /// What a value is compared by: texts without regard to case, unless that was asked for.
    func sortKey(_ value: TemplateValue, caseSensitive: Bool) throws -> TemplateValue {
        guard let text = value.string, !caseSensitive else { return value }
        return .string(try bounded(try PythonText.lowercased(text)))
    }

    /// The elements in order; equal ones keep theirs.
    func sorted(
        _ elements: [TemplateValue], by attribute: TemplateValue?, caseSensitive: Bool, reverse: Bool,
        otherwise: TemplateValue? = nil
    ) throws -> [TemplateValue] {
        try count(elements.count)
        // "a,b" sorts by several.
        let paths = attribute?.string.map {
            $0.split(separator: ",").map { TemplateValue.string(String($0)) }
        }
        let keyed = try elements.map { element in
            (
                keys: try (paths.map { $0.map(Optional.some) } ?? [attribute]).map { path in
                    try sortKey(
                        try self.attribute(path, of: element, "sort", otherwise: otherwise),
                        caseSensitive: caseSensitive)
                }, element
            )
        }
        return try keyed.enumerated().sorted { left, right in
            for (a, b) in zip(left.element.keys, right.element.keys) {
                let order = try self.order(a, b)
                if order != .equal { return (order == .less) != reverse }
            }
            return left.offset < right.offset
        }.map(\.element.1)
    }

    fileprivate func grouped(_ value: TemplateValue, _ arguments: FilterArguments) throws -> TemplateValue {
        guard let attribute = arguments["attribute"] else {
            throw fault("groupby: expected the name of a field", "as in groupby(\"section\")")
        }
        let isCaseSensitive = arguments.flag("case_sensitive")
        let otherwise = arguments.byName["default"]
        let sorted = try self.sorted(
            try elements(of: value, "groupby"), by: attribute, caseSensitive: isCaseSensitive, reverse: false,
            otherwise: otherwise)
        var groups: [(key: TemplateValue, shown: TemplateValue, elements: [TemplateValue])] = []
        for element in sorted {
            let shown = try self.attribute(attribute, of: element, "groupby", otherwise: otherwise)
            let key = try sortKey(shown, caseSensitive: isCaseSensitive)
            if let last = groups.last, try equals(last.key, key) {
                groups[groups.count - 1].elements.append(element)
            } else {
                groups.append((key, shown, [element]))
            }
        }
        return try list(
            try groups.map { try list([$0.shown, try list($0.elements)], isTuple: true) })
    }
}
