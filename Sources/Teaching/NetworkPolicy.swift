import LyceumKit
import Synchronization

/// To which servers a script may talk.
///
/// Outside a sandbox to any. Inside, to the server that a kind of teacher has by itself, to the one that the user's
/// environment names (OPENAI_BASE_URL, …), to this machine, and to the hosts that the user allows; keys of the
/// environment go to the first two and to allowed hosts only.
public struct NetworkPolicy: Sendable {
    private static let shared = Mutex(NetworkPolicy(allowedHosts: nil))

    /// What holds in this process.
    public static var current: NetworkPolicy { shared.withLock { $0 } }

    /// The hosts that a sandboxed script may talk to; nil without a sandbox.
    private let allowedHosts: Set<String>?

    private init(allowedHosts: Set<String>?) { self.allowedHosts = allowedHosts }

    /// Restricts this process from now on.
    ///
    /// - Parameter hosts: the further hosts that may be talked to: "llm.example.org", or with a port,
    ///   "localhost:8000".
    public static func restrict(to hosts: [String]) {
        shared.withLock { $0 = NetworkPolicy(allowedHosts: Set(hosts.map { $0.lowercased() })) }
    }

    /// Lifts all restrictions; for tests.
    static func lift() { shared.withLock { $0 = NetworkPolicy(allowedHosts: nil) } }

    /// Checks an address.
    ///
    /// - Parameter own: the servers for which the keys of the environment are meant.
    /// - Returns: whether keys of the environment may be sent there.
    /// - Throws: `LyceumError.failed` if nothing may.
    func check(_ address: ServerAddress, own: [ServerAddress]) throws -> Bool {
        guard let allowedHosts else { return true }
        if own.contains(where: { $0.origin == address.origin }) { return true }
        if allowedHosts.contains(address.host) || allowedHosts.contains(address.display.lowercased()) {
            return true
        }
        if address.isLoopback { return false }
        throw LyceumError.failed(
            "teacher.open: a sandboxed script may not talk to \(address.display)",
            remedy: "allow it with --allow-host \(address.host)")
    }
}
