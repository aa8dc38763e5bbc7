import Glibc
import LyceumKit

/// Where the Hub is, where its files are kept, and who asks: the variables that huggingface_hub reads.
///
/// Source: huggingface_hub, `constants.py` and `utils/_auth.py`.
public struct HubSettings: Sendable {
    /// The address that paths stand behind, without a slash at the end; HF_ENDPOINT.
    public let endpoint: String
    /// The folder of the cache: HF_HUB_CACHE, else `hub` in HF_HOME, else in `~/.cache/huggingface`. Nil without a
    /// home folder.
    public let cache: String?
    /// Whether nothing is asked of the network: HF_HUB_OFFLINE, TRANSFORMERS_OFFLINE.
    public let isOffline: Bool
    /// Whether this program may use the network at all; a sandbox says no.
    public var mayDownload = true
    /// The longest time until an answer begins, in seconds.
    let answerTimeout: Double
    /// The longest time without a byte of a download, in seconds.
    let stallTimeout: Double
    /// What proves who asks; never printed.
    let token: HubToken?

    /// The name of the server: "huggingface.co".
    public var host: String { HubAddress(endpoint)?.host ?? endpoint }

    /// Reads the environment.
    ///
    /// - Parameter environment: the value of a variable; nil if it is not set.
    public init(environment: (String) -> String? = Environment.value) {
        func value(_ names: String...) -> String? {
            names.compactMap { environment($0)?.trimmed }.first { !$0.isEmpty }
        }
        func isOn(_ name: String) -> Bool {
            ["1", "ON", "YES", "TRUE"].contains((value(name) ?? "").uppercased())
        }
        let user = value("HOME")
        func expanded(_ path: String) -> String {
            guard let user, path == "~" || path.hasPrefix("~/") else { return path }
            return user + path.dropFirst()
        }
        var address = value("HF_ENDPOINT") ?? "https://huggingface.co"
        while address.hasSuffix("/") { address.removeLast() }
        endpoint = address
        let home =
            value("HF_HOME").map(expanded)
            ?? value("XDG_CACHE_HOME").map { Files.join(expanded($0), "huggingface") }
            ?? user.map { Files.join($0, ".cache/huggingface") }
        cache =
            value("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE").map(expanded) ?? home.map { Files.join($0, "hub") }
        isOffline = isOn("HF_HUB_OFFLINE") || isOn("TRANSFORMERS_OFFLINE")
        answerTimeout = value("HF_HUB_ETAG_TIMEOUT").flatMap(Double.init) ?? 10
        stallTimeout = max(1, value("HF_HUB_DOWNLOAD_TIMEOUT").flatMap(Double.init) ?? 10)
        if isOn("HF_HUB_DISABLE_IMPLICIT_TOKEN") {
            token = nil
        } else if let text = value("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN") {
            token = HubToken(text)
        } else {
            let path = value("HF_TOKEN_PATH").map(expanded) ?? home.map { Files.join($0, "token") }
            let bytes = path.flatMap { Files.exists($0) ? try? Files.read($0) : nil }
            token = bytes.flatMap { HubToken(String(decoding: $0, as: UTF8.self)) }
        }
    }
}

/// What proves to the Hub who asks; kept apart from all text that is shown.
struct HubToken: Sendable, CustomStringConvertible, CustomReflectable {
    private let value: String

    /// Nil if it is empty, or cannot be part of a header.
    init?(_ text: String) {
        let value = text.trimmed
        guard !value.isEmpty, value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        self.value = value
    }

    /// The field of the header that carries it.
    var header: (name: String, value: String) { ("Authorization", "Bearer \(value)") }

    /// A text of a server without this token.
    func removed(from text: String) -> String { text.replacing(value, with: "[token]") }

    /// Never the token.
    var description: String { "[token]" }

    /// Never the token.
    var customMirror: Mirror { Mirror(self, children: []) }
}
