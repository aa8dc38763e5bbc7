import Glibc

extension RankPlace {
    /// A port of 127.0.0.1 that nobody listens on now, for the store of ranks that start on this machine.
    ///
    /// - Throws: `LyceumError.failed` if the system has none to give.
    public static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else {
            throw LyceumError.failed(
                "no free port on 127.0.0.1: \(String(cString: strerror(errno)))", remedy: nil)
        }
        return UInt16(bigEndian: address.sin_port)
    }
}
