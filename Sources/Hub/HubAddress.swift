import CCurl

/// Who an address belongs to: scheme, host and port. Equal for addresses that may see the same token.
struct HubAddress: Equatable {
    let scheme: String
    let host: String
    let port: String

    /// Nil for what is not a plain http or https address.
    init?(_ url: String) {
        guard let handle = curl_url() else { return nil }
        defer { curl_url_cleanup(handle) }
        guard curl_url_set(handle, CURLUPART_URL, url, 0) == CURLUE_OK else { return nil }
        func part(_ part: CURLUPart, _ flags: Int32 = 0) -> String? {
            var text: UnsafeMutablePointer<CChar>?
            guard curl_url_get(handle, part, &text, UInt32(flags)) == CURLUE_OK, let text else { return nil }
            defer { curl_free(text) }
            return String(cString: text)
        }
        guard let scheme = part(CURLUPART_SCHEME)?.lowercased(), scheme == "http" || scheme == "https",
            let host = part(CURLUPART_HOST)?.lowercased(), part(CURLUPART_USER) == nil
        else { return nil }
        self.scheme = scheme
        self.host = host
        port = part(CURLUPART_PORT) ?? (scheme == "https" ? "443" : "80")
    }

    /// Whether it is this machine, to which no proxy leads.
    var isLoopback: Bool { host == "localhost" || host == "[::1]" || host.hasPrefix("127.") }

    /// An address as it stands in a redirect or a link, made whole.
    static func resolve(_ place: String, from url: String) -> String? {
        guard let handle = curl_url() else { return nil }
        defer { curl_url_cleanup(handle) }
        // 1 << 7 is CURLU_URLENCODE: servers send spaces.
        guard curl_url_set(handle, CURLUPART_URL, url, 0) == CURLUE_OK,
            curl_url_set(handle, CURLUPART_URL, place, 1 << 7) == CURLUE_OK
        else { return nil }
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, CURLUPART_URL, &text, 0) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}
