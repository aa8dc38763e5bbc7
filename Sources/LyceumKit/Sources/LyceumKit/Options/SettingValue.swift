/// What a `Setting` can hold.
public protocol SettingValue: Sendable {
    /// What the option takes.
    static var settingKind: OptionDeclaration.Kind { get }
    /// Makes it of a value that was checked against `settingKind`; nil if it does not fit.
    init?(setting value: Value)
    /// The value as an option; nil if it is not set.
    var setting: Value? { get }
}

/// An option that is one of several words: an enumeration of them.
///
/// ```swift
/// enum Activation: String, SettingChoice { case relu, gelu, gatedGELU = "gated-gelu" }
/// ```
public protocol SettingChoice: SettingValue, RawRepresentable, CaseIterable where RawValue == String {}

extension SettingChoice {
    /// One of the words.
    public static var settingKind: OptionDeclaration.Kind { .choice(allCases.map(\.rawValue)) }
    /// The case of that word.
    public init?(setting value: Value) {
        guard let word = value.string else { return nil }
        self.init(rawValue: word)
    }
    /// Its word.
    public var setting: Value? { .string(rawValue) }
}

extension Options {
    /// The case that an option names which is given or has a default.
    ///
    /// - Throws: `LyceumError.badOption` if it names none.
    public func choice<Choice: SettingChoice>(_ name: String, as type: Choice.Type = Choice.self) throws
        -> Choice
    {
        let word = try string(name)
        guard let choice = Choice(rawValue: word) else {
            throw LyceumError.badOption(
                function: function, option: name, expected: Choice.settingKind.description, got: "'\(word)'")
        }
        return choice
    }
}

extension Bool: SettingValue {
    /// True or false.
    public static var settingKind: OptionDeclaration.Kind { .boolean }
    /// The Boolean of a value.
    public init?(setting value: Value) {
        guard let bool = value.bool else { return nil }
        self = bool
    }
    /// As an option.
    public var setting: Value? { .bool(self) }
}

extension Int: SettingValue {
    /// A whole number.
    public static var settingKind: OptionDeclaration.Kind { .integer }
    /// The whole number of a value.
    public init?(setting value: Value) {
        guard let integer = value.integer else { return nil }
        self = integer
    }
    /// As an option.
    public var setting: Value? { .integer(self) }
}

extension Double: SettingValue {
    /// A number.
    public static var settingKind: OptionDeclaration.Kind { .number }
    /// The number of a value.
    public init?(setting value: Value) {
        guard let number = value.number else { return nil }
        self = number
    }
    /// As an option.
    public var setting: Value? { .number(self) }
}

extension String: SettingValue {
    /// A text.
    public static var settingKind: OptionDeclaration.Kind { .string }
    /// The text of a value.
    public init?(setting value: Value) {
        guard let text = value.string else { return nil }
        self = text
    }
    /// As an option.
    public var setting: Value? { .string(self) }
}

extension Optional: SettingValue where Wrapped: SettingValue {
    /// That of what it may hold.
    public static var settingKind: OptionDeclaration.Kind { Wrapped.settingKind }
    /// What a value holds.
    public init?(setting value: Value) {
        guard let wrapped = Wrapped(setting: value) else { return nil }
        self = .some(wrapped)
    }
    /// As an option; nil if there is nothing.
    public var setting: Value? { self?.setting ?? nil }
}

extension Array: SettingValue where Element: SettingValue {
    /// A list.
    public static var settingKind: OptionDeclaration.Kind { .list(Element.settingKind) }
    /// The elements of a list.
    public init?(setting value: Value) {
        guard let list = value.list else { return nil }
        let elements = list.compactMap { Element(setting: $0) }
        guard elements.count == list.count else { return nil }
        self = elements
    }
    /// As an option; an empty list is not set.
    public var setting: Value? { isEmpty ? nil : .list(compactMap(\.setting)) }
}
