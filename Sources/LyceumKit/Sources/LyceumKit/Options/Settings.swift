/// Options that are declared, checked, read and saved in one place: a structure of `@Setting` properties.
///
/// A property that is itself such a structure adds its options. Properties without `@Setting` are left alone.
public protocol Settings: Sendable {
    /// Every option at its default.
    init()

    /// Called when the options were read: refuses values that do not go together, and fills in what follows from
    /// others.
    ///
    /// - Throws: `LyceumError.badOption`, which `$property.refusal(options, expected: …)` makes.
    mutating func complete(_ options: Options) throws
}

extension Settings {
    /// Everything goes together.
    public mutating func complete(_ options: Options) throws {}

    /// Reads checked options.
    ///
    /// - Throws: `LyceumError.badOption` for a value that does not fit, or does not go with another.
    public init(_ options: Options) throws { try self.init(options, otherwise: [:]) }

    /// Reads checked options, and `otherwise` what they leave unset.
    ///
    /// - Parameters:
    ///   - options: what somebody typed, checked.
    ///   - otherwise: by the option's name, for example what a checkpoint says.
    /// - Throws: `LyceumError.badOption` for a value that does not fit, or does not go with another.
    public init(_ options: Options, otherwise: [String: Value]) throws {
        self.init()
        for field in fields {
            guard let value = options.values[field.name] ?? otherwise[field.name], !value.isNull else {
                continue
            }
            try field.read(value, function: options.function)
        }
        try complete(options)
    }

    /// The declarations, with the defaults.
    public static var declarations: [OptionDeclaration] { Self().declarations }

    /// The declarations, with the present values as defaults: for those whose defaults depend on who uses them.
    public var declarations: [OptionDeclaration] { fields.map(\.declaration) }

    /// The values that are set, by the option's name: for config.json.
    public var settings: [String: Value] {
        Dictionary(
            fields.compactMap { field in field.value.map { (field.name, $0) } },
            uniquingKeysWith: { first, _ in first })
    }

    /// The settings in the order of the properties. Reading into one reads into this value.
    private var fields: [any SettingField] {
        Mirror(reflecting: self).children.flatMap { child -> [any SettingField] in
            if let field = child.value as? any SettingField { return [field] }
            if let group = child.value as? any Settings { return group.fields }
            return []
        }
    }
}

extension [OptionDeclaration] {
    /// The same options, one of them with other choices.
    public func choosing(_ name: String, among choices: [String]) -> [OptionDeclaration] {
        map { declaration in
            guard declaration.name == name else { return declaration }
            return OptionDeclaration(
                name, kind: .choice(choices), default: declaration.defaultValue,
                required: declaration.isRequired, doc: declaration.doc)
        }
    }

    /// The same options without some.
    public func without(_ names: String...) -> [OptionDeclaration] { filter { !names.contains($0.name) } }
}
