import LyceumKit

/// When a beam search ends (`early_stopping`).
public enum EarlyStopping: SettingValue {
    /// When no running beam looks as if it could still win; transformers' `False`.
    case heuristic
    /// As soon as `num_beams` texts are finished; `True`.
    case whenFull
    /// Only when no running beam can win any more; `"never"`.
    case never

    /// A Boolean or a word, as transformers has it.
    public static let settingKind = OptionDeclaration.Kind.either([.boolean, .choice(["never"])])

    /// What a Boolean or the word means.
    public init?(setting value: Value) {
        switch value {
        case .bool(false): self = .heuristic
        case .bool(true): self = .whenFull
        case .string("never"): self = .never
        default: return nil
        }
    }

    /// As transformers writes it.
    public var setting: Value? {
        switch self {
        case .heuristic: return .bool(false)
        case .whenFull: return .bool(true)
        case .never: return .string("never")
        }
    }
}
