import Foundation
import Glibc

/// A chat completions server on this machine that takes its time.
final class SlowServer: Sendable {
    /// Where it listens.
    let baseURL: String
    private let listener: Int32
    private let delay: Double

    /// Starts to listen.
    ///
    /// - Parameter delay: seconds before each answer.
    init(delay: Double) throws {
        self.delay = delay
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 64) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else { throw POSIXError(.EADDRNOTAVAIL) }
        baseURL = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))/v1"
        Thread.detachNewThread { [descriptor, delay] in
            while true {
                let client = accept(descriptor, nil, nil)
                if client < 0 { return }
                Thread.detachNewThread { Self.serve(client, delay) }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    /// Answers the requests of one connection.
    private static func serve(_ client: Int32, _ delay: Double) {
        defer { close(client) }
        var received = ""
        var buffer = [UInt8](repeating: 0, count: 8192)
        while true {
            let count = Glibc.read(client, &buffer, buffer.count)
            if count <= 0 { return }
            received += String(decoding: buffer[..<count], as: UTF8.self)
            guard let end = received.range(of: "\r\n\r\n"),
                let length = received.range(of: "content-length: ", options: .caseInsensitive)
                    .flatMap({ Int(received[$0.upperBound...].prefix { $0.isNumber }) }),
                received[end.upperBound...].utf8.count >= length
            else { continue }
            received = ""
            usleep(UInt32(delay * 1_000_000))
            let body =
                #"{"model":"m","choices":[{"message":{"role":"assistant","content":"words"},"finish_reason":"stop"}]}"#
            let reply =
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            if send(client, reply, reply.utf8.count, Int32(MSG_NOSIGNAL)) < 0 { return }
        }
    }
}
