/// One option of a group of `Settings`: its declaration, its default and its value in one place.
///
/// ```swift
/// struct BigramConfiguration: Settings {
///     @Setting("d_model", in: 1...65536, "size of the hidden states") var modelSize = 512
///     @Setting("num_decoder_layers", in: 1...1000, "decoder layers; else num_layers") var decoderLayers: Int?
///     @Setting("activation", "between the two linear maps") var activation = Activation.relu
/// }
/// enum Activation: String, SettingChoice { case relu, gelu, gatedGELU = "gated-gelu" }
/// ```
///
/// The initial value is the default. An optional one without an initial value is an option that may stay unset.
/// `$modelSize.refusal(…)` is the error for a value that does not go with the others.
@propertyWrapper
public struct Setting<Held: SettingValue>: Sendable {
    /// The option's name, as typed in Lua and written in config.json.
    public let name: String
    private let range: ClosedRange<Double>?
    private let unit: String?
    private let doc: String
    private let declaresDefault: Bool
    private var slot: Slot

    /// Holds the value. Only `read` changes one in place, in a group that was just made and that nobody else has;
    /// setting the property gives it a new one, so that copies of a group stay apart.
    private final class Slot: @unchecked Sendable {
        var held: Held
        init(_ held: Held) { self.held = held }
    }

    /// The value.
    public var wrappedValue: Held {
        get { slot.held }
        set { slot = Slot(newValue) }
    }

    /// The setting itself, for its name and its errors.
    public var projectedValue: Setting { self }

    fileprivate init(
        holding held: Held, _ name: String, range: ClosedRange<Double>?, unit: String?, declaresDefault: Bool,
        doc: String
    ) {
        self.name = name
        self.range = range
        self.unit = unit
        self.doc = doc
        self.declaresDefault = declaresDefault
        slot = Slot(held)
    }

    /// Declares an option: true or false, a text, a choice, a list, or a number of any size.
    ///
    /// - Parameters:
    ///   - wrappedValue: the initial value, which is the default.
    ///   - name: as typed in Lua.
    ///   - declaresDefault: false if the initial value is not the option's to declare: help and checked options then
    ///     say that it is not set, and something else (a checkpoint) may say what it is.
    ///   - doc: one line for help.
    public init(wrappedValue: Held, _ name: String, declaresDefault: Bool = true, _ doc: String) {
        self.init(
            holding: wrappedValue, name, range: nil, unit: nil, declaresDefault: declaresDefault, doc: doc)
    }

    /// Declares an option that may stay unset: a text, a choice, or a number of any size.
    public init<Element>(_ name: String, unit: String? = nil, _ doc: String) where Held == Element? {
        self.init(holding: nil, name, range: nil, unit: unit, declaresDefault: true, doc: doc)
    }

    /// The error for a value that its declaration allows and another option does not.
    ///
    /// - Parameters:
    ///   - options: what was read; names the function.
    ///   - expected: what would go with the others: "a divisor of d_model (512)".
    public func refusal(_ options: Options, expected: String) -> LyceumError {
        .badOption(
            function: options.function, option: name, expected: expected,
            got: wrappedValue.setting.map(\.text) ?? "nothing")
    }
}

extension Setting where Held == Int {
    /// Declares a whole number within a range.
    public init(
        wrappedValue: Int, _ name: String, in range: ClosedRange<Int>? = nil, unit: String? = nil,
        declaresDefault: Bool = true, _ doc: String
    ) {
        self.init(
            holding: wrappedValue, name, range: range.map(ClosedRange<Double>.init), unit: unit,
            declaresDefault: declaresDefault, doc: doc)
    }
}

extension Setting where Held == Int? {
    /// Declares a whole number within a range that may stay unset.
    public init(_ name: String, in range: ClosedRange<Int>, unit: String? = nil, _ doc: String) {
        self.init(
            holding: nil, name, range: ClosedRange<Double>(range), unit: unit, declaresDefault: true, doc: doc
        )
    }
}

extension Setting where Held == Double {
    /// Declares a number within a range.
    public init(
        wrappedValue: Double, _ name: String, in range: ClosedRange<Double>? = nil, unit: String? = nil,
        declaresDefault: Bool = true, _ doc: String
    ) {
        self.init(
            holding: wrappedValue, name, range: range, unit: unit, declaresDefault: declaresDefault, doc: doc)
    }
}

extension Setting where Held == Double? {
    /// Declares a number within a range that may stay unset.
    public init(_ name: String, in range: ClosedRange<Double>, unit: String? = nil, _ doc: String) {
        self.init(holding: nil, name, range: range, unit: unit, declaresDefault: true, doc: doc)
    }
}

extension ClosedRange<Double> {
    /// The same range of whole numbers.
    fileprivate init(_ range: ClosedRange<Int>) {
        self = Double(range.lowerBound)...Double(range.upperBound)
    }
}

/// What `Settings` needs to know of a `Setting`, whatever it holds.
protocol SettingField {
    var name: String { get }
    /// With the present value as its default.
    var declaration: OptionDeclaration { get }
    /// The present value; nil if it is not set.
    var value: Value? { get }
    /// Takes a value over.
    func read(_ value: Value, function: String) throws
}

extension Setting: SettingField {
    var value: Value? { wrappedValue.setting }

    var declaration: OptionDeclaration {
        OptionDeclaration(
            name, kind: Held.settingKind, default: declaresDefault ? value : nil, range: range, unit: unit,
            doc: doc)
    }

    func read(_ value: Value, function: String) throws {
        let checked = try declaration.check(value, function: function)
        guard let held = Held(setting: checked) else {
            throw LyceumError.badOption(
                function: function, option: name, expected: declaration.expectation, got: checked.text)
        }
        slot.held = held
    }
}
