/// Colours for what is shown, or none.
public struct Style: Sendable {
    /// Whether colours are used.
    public let isColoured: Bool

    /// Chooses.
    public init(isColoured: Bool) { self.isColoured = isColoured }

    /// Strings.
    public func string(_ text: String) -> String { paint(text, "32") }
    /// Numbers.
    public func number(_ text: String) -> String { paint(text, "36") }
    /// `nil`, `true`, `false`.
    public func keyword(_ text: String) -> String { paint(text, "35") }
    /// What matters less.
    public func faint(_ text: String) -> String { paint(text, "2") }
    /// The word "error".
    public func error(_ text: String) -> String { paint(text, "1;31") }

    private func paint(_ text: String, _ code: String) -> String {
        isColoured ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
