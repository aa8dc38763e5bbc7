import LyceumKit

/// What a JSON value must be like: the part of JSON Schema (2020-12) that language models are asked for.
///
/// Known are type, enum, const, properties, required, additionalProperties, items, the bounds of numbers, texts and
/// lists, pattern, anyOf, oneOf, allOf and `$ref` into `$defs`. Anything else that would restrict a value is
/// refused when the schema is read, so that no value passes unchecked.
public struct JSONSchema: Sendable, Equatable {
    /// The schema as the server is sent it.
    public let value: Value

    private static let types = ["string", "number", "integer", "boolean", "object", "array", "null"]
    private static let checked: Set<String> = [
        "type", "enum", "const", "properties", "required", "additionalProperties", "items", "minimum",
        "maximum",
        "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "minItems", "maxItems", "pattern",
        "anyOf",
        "oneOf", "allOf", "$ref",
    ]
    private static let silent: Set<String> = [
        "$schema", "$id", "$defs", "definitions", "title", "description", "default", "examples", "format",
        "$comment",
    ]
    /// Schemas in schemas, and references to references.
    private static let deepest = 50
    /// Of a pattern on one text, as `RegularExpression.matches` counts: replies are checked while others arrive.
    private static let patternLimit = 100

    /// Reads a schema, or the short form of an object whose fields are all required: `{ score = "number" }` names a
    /// type, `{ label = { "libs", "doc" } }` lists the texts that may be chosen. Such a list may also stand for a
    /// property of a full schema.
    ///
    /// - Throws: `LyceumError.badOption` for what is not a schema or cannot be checked.
    public init(_ given: Value) throws {
        let fields = given.object ?? [:]
        let isShort =
            !fields.isEmpty
            && fields.allSatisfy { name, value in
                value.string.map(Self.types.contains)
                    ?? (Self.choices(value) != nil && !Self.checked.contains(name))
            } && fields["type"] != "object" && fields["type"] != "array"
        let whole: Value =
            isShort
            ? [
                "type": "object",
                "properties": .object(fields.mapValues { Self.choices($0) == nil ? ["type": $0] : $0 }),
                "required": .list(fields.keys.sorted().map(Value.string)), "additionalProperties": false,
            ] : given
        value = Self.spelledOut(whole, depth: 0)
        try check(value, at: "schema", depth: 0)
    }

    /// The texts of a list of nothing but texts, at least one.
    private static func choices(_ value: Value) -> [Value]? {
        guard let list = value.list, !list.isEmpty, list.allSatisfy({ $0.string != nil }) else { return nil }
        return list
    }

    /// The schema with lists of texts in place of a property written as what they stand for.
    private static func spelledOut(_ schema: Value, depth: Int) -> Value {
        guard var fields = schema.object, depth < deepest else { return schema }
        if let properties = fields["properties"]?.object {
            fields["properties"] = .object(
                properties.mapValues { property in
                    choices(property).map { ["type": "string", "enum": .list($0)] }
                        ?? spelledOut(property, depth: depth + 1)
                })
        }
        if let items = fields["items"] {
            fields["items"] =
                choices(items).map { ["type": "string", "enum": .list($0)] }
                ?? spelledOut(items, depth: depth + 1)
        }
        return .object(fields)
    }

    /// Why a value does not fit, in a line that names the place ("$.items[2].label"); nil if it does.
    public func mismatch(_ candidate: Value) -> String? { mismatch(candidate, value, at: "$", depth: 0) }

    // MARK: reading

    private static func refuse(_ place: String, _ problem: String) -> LyceumError {
        .badOption(
            function: "teacher.open", option: "schema", expected: "a JSON schema that Lyceum can check",
            got: "\(problem) at \(place)")
    }

    private func check(_ schema: Value, at place: String, depth: Int) throws {
        guard depth < Self.deepest else { throw Self.refuse(place, "too many levels") }
        if schema.bool != nil { return }
        // An empty Lua table is a list.
        if schema.list?.isEmpty == true { return }
        guard let fields = schema.object else { throw Self.refuse(place, "a \(schema.typeName)") }
        for (name, part) in fields.sorted(by: { $0.key < $1.key }) where !Self.silent.contains(name) {
            guard Self.checked.contains(name) else { throw Self.refuse(place, "'\(name)'") }
            let inner = "\(place).\(name)"
            switch name {
            case "type":
                let names = part.list?.map { $0.string ?? "?" } ?? [part.string ?? "?"]
                if let unknown = names.first(where: { !Self.types.contains($0) }) {
                    throw Self.refuse(place, "the type '\(unknown)'")
                }
            case "properties":
                for (key, property) in (part.object ?? [:]).sorted(by: { $0.key < $1.key }) {
                    try check(property, at: "\(inner).\(key)", depth: depth + 1)
                }
            case "items", "additionalProperties": try check(part, at: inner, depth: depth + 1)
            case "anyOf", "oneOf", "allOf":
                guard let choices = part.list, !choices.isEmpty else {
                    throw Self.refuse(place, "no list in '\(name)'")
                }
                for choice in choices { try check(choice, at: inner, depth: depth + 1) }
            case "pattern":
                guard let pattern = part.string, (try? RegularExpression(pattern)) != nil else {
                    throw Self.refuse(place, "a pattern that is not a regular expression")
                }
            case "$ref":
                guard let target = part.string, resolve(target) != nil else {
                    throw Self.refuse(place, "a reference to nothing")
                }
            default: break
            }
        }
        for (key, definition) in (fields["$defs"]?.object ?? fields["definitions"]?.object ?? [:]) {
            try check(definition, at: "\(place).$defs.\(key)", depth: depth + 1)
        }
    }

    private func resolve(_ reference: String) -> Value? {
        if reference == "#" { return value }
        guard reference.hasPrefix("#/") else { return nil }
        return reference.dropFirst(2).split(separator: "/").reduce(value as Value?) { found, key in
            found?.object?[String(key)]
        }
    }

    // MARK: checking

    private func mismatch(_ candidate: Value, _ schema: Value, at place: String, depth: Int) -> String? {
        guard depth < Self.deepest else { return "\(place): nested too deeply" }
        if let flag = schema.bool { return flag ? nil : "\(place): not allowed" }
        guard let rules = schema.object else { return nil }
        if let reference = rules["$ref"]?.string, let target = resolve(reference),
            let problem = mismatch(candidate, target, at: place, depth: depth + 1)
        {
            return problem
        }
        return typeMismatch(candidate, rules, place) ?? boundMismatch(candidate, rules, place)
            ?? objectMismatch(candidate, rules, place, depth) ?? listMismatch(candidate, rules, place, depth)
            ?? choiceMismatch(candidate, rules, place, depth)
    }

    private func typeMismatch(_ candidate: Value, _ rules: [String: Value], _ place: String) -> String? {
        if let allowed = rules["enum"]?.list, !allowed.contains(where: { Self.equal($0, candidate) }) {
            return
                "\(place): expected one of \(allowed.prefix(20).map { JSON.encode($0) }.joined(separator: ", ")), "
                + "got \(Self.shown(candidate))"
        }
        if let constant = rules["const"], !Self.equal(constant, candidate) {
            return "\(place): expected \(JSON.encode(constant)), got \(Self.shown(candidate))"
        }
        guard let type = rules["type"] else { return nil }
        let names = type.list?.compactMap(\.string) ?? type.string.map { [$0] } ?? []
        if names.contains(where: { Self.fits(candidate, $0) }) { return nil }
        return "\(place): expected \(names.joined(separator: " or ")), got \(Self.shown(candidate))"
    }

    private static func fits(_ candidate: Value, _ type: String) -> Bool {
        switch type {
        case "string": return candidate.string != nil
        case "number": return candidate.number != nil
        case "integer": return candidate.integer != nil
        case "boolean": return candidate.bool != nil
        case "object": return candidate.object != nil
        case "array": return candidate.list != nil
        default: return candidate.isNull
        }
    }

    private static func equal(_ a: Value, _ b: Value) -> Bool {
        if let x = a.number, let y = b.number { return x == y }
        return a == b
    }

    private static func shown(_ value: Value) -> String {
        let text = JSON.encode(value)
        return text.count > 60 ? text.prefix(60) + "…" : text
    }

    private func boundMismatch(_ candidate: Value, _ rules: [String: Value], _ place: String) -> String? {
        func outside(_ amount: Double, _ least: String, _ most: String, _ unit: String) -> String? {
            if let bound = rules[least]?.number, amount < bound {
                return
                    "\(place): expected at least \(Value.number(bound).text)\(unit), got \(Value.number(amount).text)"
            }
            if let bound = rules[most]?.number, amount > bound {
                return
                    "\(place): expected at most \(Value.number(bound).text)\(unit), got \(Value.number(amount).text)"
            }
            return nil
        }
        if let number = candidate.number {
            if let bound = rules["exclusiveMinimum"]?.number, number <= bound {
                return "\(place): expected more than \(Value.number(bound).text), got \(candidate.text)"
            }
            if let bound = rules["exclusiveMaximum"]?.number, number >= bound {
                return "\(place): expected less than \(Value.number(bound).text), got \(candidate.text)"
            }
            return outside(number, "minimum", "maximum", "")
        }
        if let text = candidate.string {
            if let pattern = rules["pattern"]?.string, let problem = patternMismatch(text, pattern) {
                return "\(place): \(problem)"
            }
            return outside(Double(text.unicodeScalars.count), "minLength", "maxLength", " characters")
        }
        if let list = candidate.list {
            return outside(Double(list.count), "minItems", "maxItems", " elements")
        }
        return nil
    }

    /// Why a text does not match; nil if it does. A pattern that takes too long on it does not match.
    private func patternMismatch(_ text: String, _ pattern: String) -> String? {
        do {
            if try RegularExpression(pattern).matches(text, limit: Self.patternLimit) { return nil }
            return "expected text that matches \(pattern), got \(Self.shown(.string(text)))"
        } catch {
            return "\(error)"
        }
    }

    private func objectMismatch(
        _ candidate: Value, _ rules: [String: Value], _ place: String, _ depth: Int
    ) -> String? {
        guard let fields = candidate.object else { return nil }
        let properties = rules["properties"]?.object ?? [:]
        for name in rules["required"]?.list?.compactMap(\.string) ?? [] where fields[name] == nil {
            return "\(place): the field '\(name)' is missing"
        }
        for (name, field) in fields.sorted(by: { $0.key < $1.key }) {
            guard let rule = properties[name] ?? rules["additionalProperties"] else { continue }
            if properties[name] == nil, rule == false {
                return "\(place): the field '\(name)' is not in the schema"
            }
            if let problem = mismatch(field, rule, at: "\(place).\(name)", depth: depth + 1) {
                return problem
            }
        }
        return nil
    }

    private func listMismatch(
        _ candidate: Value, _ rules: [String: Value], _ place: String, _ depth: Int
    ) -> String? {
        guard let elements = candidate.list, let rule = rules["items"] else { return nil }
        for (i, element) in elements.enumerated() {
            if let problem = mismatch(element, rule, at: "\(place)[\(i)]", depth: depth + 1) {
                return problem
            }
        }
        return nil
    }

    private func choiceMismatch(
        _ candidate: Value, _ rules: [String: Value], _ place: String, _ depth: Int
    ) -> String? {
        func problems(_ name: String) -> [String?]? {
            rules[name]?.list?.map { mismatch(candidate, $0, at: place, depth: depth + 1) }
        }
        if let problem = problems("allOf")?.compactMap(\.self).first { return problem }
        if let all = problems("anyOf"), !all.contains(where: { $0 == nil }) {
            return all.first.flatMap(\.self)
        }
        if let all = problems("oneOf") {
            let fitting = all.count { $0 == nil }
            if fitting == 0 { return all.first.flatMap(\.self) }
            if fitting > 1 { return "\(place): fits \(fitting) of the choices, expected one" }
        }
        return nil
    }
}
