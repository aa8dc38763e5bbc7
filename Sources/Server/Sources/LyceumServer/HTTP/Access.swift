import HTTPTypes
import Hummingbird
import LyceumKit

/// Who may ask.
struct Access: Sendable {
    /// The digests of the keys; none lets everybody in.
    private let keys: [[UInt8]]
    /// Whether only this machine can reach the server, so that a name from elsewhere is a page in a browser that
    /// pretends to be on this machine.
    private let isLocal: Bool
    /// Whether a browser asks: then a password is asked for.
    private let isForBrowsers: Bool

    init(keys: [String], isLocal: Bool, isForBrowsers: Bool) {
        self.keys = keys.map { SHA256.hash($0) }
        self.isLocal = isLocal
        self.isForBrowsers = isForBrowsers
    }

    /// Throws if a request may not be answered.
    ///
    /// - Throws: `APIError`.
    func check(_ request: Request) throws {
        if isLocal, keys.isEmpty { try checkHost(request.head.authority ?? "") }
        if keys.isEmpty { return }
        guard let given = Self.key(in: request.headers[.authorization] ?? "") else {
            throw refusal("no API key")
        }
        let digest = SHA256.hash(given)
        // Every key is compared, and every byte of it, whatever was found before.
        let isKnown = keys.reduce(false) { Self.isEqual($1, digest) || $0 }
        if !isKnown { throw refusal("incorrect API key") }
    }

    private func refusal(_ reason: String) -> APIError {
        APIError(
            status: 401, message: "\(reason); send it as Authorization: Bearer KEY", code: "invalid_api_key")
    }

    /// What the header of a refusal asks for.
    var challenge: String { isForBrowsers ? Self.browserChallenge : "Bearer" }

    /// Has a browser ask for a password.
    static let browserChallenge = "Basic realm=\"Lyceum\""

    /// The key of "Bearer KEY", or the password of "Basic …", in bytes.
    private static func key(in header: String) -> String? {
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, let scheme = parts.first?.lowercased() else { return nil }
        if scheme == "bearer" { return String(parts[1]) }
        guard scheme == "basic", let bytes = Base64.decode(parts[1]),
            let text = String(validating: bytes, as: UTF8.self), let colon = text.firstIndex(of: ":")
        else { return nil }
        return String(text[text.index(after: colon)...])
    }

    /// Compares in a time that does not depend on where they differ.
    private static func isEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        guard a.count == b.count else { return false }
        return zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// Refuses names that are not this machine's: a page elsewhere can have its own name lead here.
    private func checkHost(_ authority: String) throws {
        guard !Access.isLoopback(Self.host(of: authority)) else { return }
        throw APIError(
            status: 403,
            message:
                "this server answers to localhost only, not to '\(DisplayWidth.cut(DisplayWidth.oneLine(authority), to: 60))'",
            code: "wrong_host")
    }

    private static func host(of authority: String) -> String {
        if authority.hasPrefix("[") { return String(authority.dropFirst().prefix { $0 != "]" }) }
        return String(authority.prefix { $0 != ":" })
    }

    /// Whether an address or a name is this machine's own.
    static func isLoopback(_ host: String) -> Bool {
        let name = host.lowercased()
        if ["localhost", "::1"].contains(name) || name.hasSuffix(".localhost") { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}

/// Reading Base64.
enum Base64 {
    /// The bytes; nil for anything that is not Base64.
    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for character in text.utf8 {
            let value: UInt32
            switch character {
            case 0x41...0x5A: value = UInt32(character) - 0x41
            case 0x61...0x7A: value = UInt32(character) - 0x61 + 26
            case 0x30...0x39: value = UInt32(character) - 0x30 + 52
            case 0x2B: value = 62
            case 0x2F: value = 63
            case 0x3D: continue
            default: return nil
            }
            bits = bits << 6 | value
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }
}
