// Declarations as JSON, for those who want to show options without opening the library that declares them.
extension OptionDeclaration {
    /// The declaration as a JSON object.
    public var json: Value {
        var fields: [String: Value] = ["name": .string(name), "kind": kind.json, "doc": .string(doc)]
        fields["default"] = defaultValue
        if isRequired { fields["required"] = true }
        if let range { fields["range"] = [.number(range.lowerBound), .number(range.upperBound)] }
        fields["unit"] = unit.map(Value.string)
        if namesColumn { fields["names_column"] = true }
        return .object(fields)
    }

    /// Reads a declaration.
    ///
    /// - Parameter json: what `json` gave; nil comes of anything else.
    public init?(json: Value) {
        guard let fields = json.object, let name = fields["name"]?.string, let doc = fields["doc"]?.string,
            let kind = fields["kind"].flatMap(Kind.init(json:))
        else { return nil }
        let bounds = fields["range"]?.list?.compactMap(\.number) ?? []
        if let low = bounds.first, let high = bounds.last, low > high { return nil }
        self.init(
            name, kind: kind, default: fields["default"].flatMap { kind.converted($0) ?? $0 },
            required: fields["required"]?.bool ?? false,
            range: bounds.count == 2 ? bounds[0]...bounds[1] : nil, unit: fields["unit"]?.string, doc: doc,
            namesColumn: fields["names_column"]?.bool ?? false)
    }
}

extension OptionDeclaration.Kind {
    /// A word, or an object of one field for those that hold something: {"choice": ["a", "b"]}.
    fileprivate var json: Value {
        switch self {
        case .boolean, .integer, .number, .string, .table: return .string(shortName)
        case .choice(let choices): return ["choice": .list(choices.map(Value.string))]
        case .list(let element): return ["list": element.json]
        case .either(let kinds): return ["either": .list(kinds.map(\.json))]
        case .object(let type): return ["object": .string(type)]
        }
    }

    fileprivate init?(json: Value) {
        let words: [Self] = [.boolean, .integer, .number, .string, .table]
        if let word = json.string, let kind = words.first(where: { $0.shortName == word }) {
            self = kind
        } else if let choices = json.object?["choice"]?.list {
            self = .choice(choices.compactMap(\.string))
        } else if let element = json.object?["list"].flatMap(Self.init(json:)) {
            self = .list(element)
        } else if let kinds = json.object?["either"]?.list {
            self = .either(kinds.compactMap(Self.init(json:)))
        } else if let type = json.object?["object"]?.string {
            self = .object(type)
        } else {
            return nil
        }
    }
}
