/// A key: kept apart from all text that is shown.
struct Secret: Sendable, CustomStringConvertible, CustomReflectable {
    private let value: String
    private let name: String?

    /// - Parameter header: the field of the header that carries it; nil for "Authorization".
    init(_ value: String, header name: String? = nil) {
        self.value = value
        self.name = name
    }

    /// The field of the header that carries it.
    var header: (name: String, value: String) {
        name.map { ($0, value) } ?? ("Authorization", "Bearer \(value)")
    }

    /// Never the key.
    var description: String { "[key]" }

    /// Never the key.
    var customMirror: Mirror { Mirror(self, children: []) }

    /// The text without this key, and without anything else that looks like one.
    func removed(from text: String) -> String {
        // Shorter ones are placeholders of local servers ("x") and would take ordinary letters with them.
        let plain = value.utf8.count >= 5 ? text.replacing(value, with: "[key]") : text
        return Self.withoutKeys(plain)
    }

    /// The text with everything that looks like an OpenAI key ("sk-…") taken out.
    static func withoutKeys(_ text: String) -> String {
        text.replacing(/sk-[A-Za-z0-9_\-]{8,}/, with: "[key]")
    }
}
