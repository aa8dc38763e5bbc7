import CCurl
import LyceumKit

/// Where a server is.
struct ServerAddress: Sendable, Equatable {
    /// What the paths of the API stand behind.
    let baseURL: String
    /// Where questions are sent.
    let chatURL: String
    /// What names the server in cards and errors: host, and port if one was given. Never a secret.
    let display: String
    /// Scheme, host and port: what makes it the same server as another address.
    let origin: String
    /// The host alone.
    let host: String
    /// Whether the server is this machine.
    let isLoopback: Bool
    /// Whether it is OpenAI's own.
    let isOpenAI: Bool

    /// Reads a base address such as "https://api.openai.com/v1".
    ///
    /// - Parameter end: what is put behind it for questions.
    /// - Throws: `LyceumError.badOption` if it is not a plain http or https address.
    init(base: String, path end: String = "/chat/completions", function: String) throws {
        // Never shows the address itself: it may hold a password.
        func refuse(_ got: String) -> LyceumError {
            .badOption(
                function: function, option: "base_url",
                expected: "an address like http://localhost:8000/v1", got: got)
        }
        guard let handle = curl_url() else { throw refuse("one that libcurl cannot read") }
        defer { curl_url_cleanup(handle) }
        guard curl_url_set(handle, CURLUPART_URL, base, 0) == CURLUE_OK else {
            throw refuse("something else")
        }
        func part(_ part: CURLUPart) -> String? {
            var text: UnsafeMutablePointer<CChar>?
            guard curl_url_get(handle, part, &text, 0) == CURLUE_OK, let text else { return nil }
            defer { curl_free(text) }
            return String(cString: text)
        }
        let scheme = part(CURLUPART_SCHEME) ?? ""
        guard scheme == "http" || scheme == "https" else { throw refuse("the scheme '\(scheme)'") }
        if part(CURLUPART_USER) != nil || part(CURLUPART_PASSWORD) != nil {
            throw refuse("one with a user name in it (use api_key)")
        }
        if part(CURLUPART_QUERY) != nil || part(CURLUPART_FRAGMENT) != nil {
            throw refuse("one with a query or a fragment")
        }
        let host = part(CURLUPART_HOST) ?? ""
        var path = part(CURLUPART_PATH) ?? ""
        while path.hasSuffix("/") { path.removeLast() }
        display = part(CURLUPART_PORT).map { "\(host):\($0)" } ?? host
        self.host = host.lowercased()
        origin =
            "\(scheme)://\(host.lowercased()):\(part(CURLUPART_PORT) ?? (scheme == "https" ? "443" : "80"))"
        baseURL = "\(scheme)://\(display)\(path)"
        chatURL = baseURL + end
        isLoopback = host == "localhost" || host == "[::1]" || host.hasPrefix("127.")
        isOpenAI = host == "api.openai.com"
        Self.rememberKeys(in: path)
    }

    /// Some servers take the key as a part of the path, which must not be shown either, wherever a server repeats it.
    ///
    /// A part counts as a key if it is long and holds several digits, unless it names a model: replies may hold
    /// ordinary words, such as "gateway", which have to stay.
    private static func rememberKeys(in path: String) {
        var previous = ""
        for part in path.split(separator: "/").map(String.init) {
            let digits = part.filter { ("0"..."9").contains($0) }.count
            let namesModel = ["deployments", "models", "engines"].contains(previous.lowercased())
            if part.utf8.count >= 12, digits >= 4, !namesModel, !Secrets.isPlain(path: part) {
                Secrets.remember(part)
            }
            previous = part
        }
    }
}
