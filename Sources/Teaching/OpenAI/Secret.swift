import LyceumKit

/// A key: kept apart from all text that is shown.
struct Secret: Sendable, CustomStringConvertible, CustomReflectable {
    private let value: String
    private let name: String?

    /// - Parameter header: the field of the header that carries it; nil for "Authorization".
    init(_ value: String, header name: String? = nil) {
        self.value = value
        self.name = name
        Secrets.remember(value)
    }

    /// The field of the header that carries it.
    var header: (name: String, value: String) {
        name.map { ($0, value) } ?? ("Authorization", "Bearer \(value)")
    }

    /// Never the key.
    var description: String { "[key]" }

    /// Never the key.
    var customMirror: Mirror { Mirror(self, children: []) }
}
