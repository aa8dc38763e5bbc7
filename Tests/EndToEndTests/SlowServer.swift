import Foundation
import Glibc
import Synchronization

/// A chat completions server on this machine that takes its time.
final class SlowServer: Sendable {
    /// Where it listens.
    let baseURL: String
    /// Requests that were read whole.
    var requestCount: Int { counter.count.withLock { $0 } }
    private let counter = Counter()
    private let listener: Int32
    /// A streamed answer stops behind its first piece until this is signalled.
    private let rest = DispatchSemaphore(value: 0)

    /// Threads share it.
    private final class Counter: Sendable {
        let count = Mutex(0)
    }

    /// Starts to listen.
    ///
    /// - Parameter delay: seconds before each answer.
    init(delay: Double) throws {
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
        Thread.detachNewThread { [descriptor, delay, rest, counter] in
            while true {
                let client = accept(descriptor, nil, nil)
                if client < 0 { return }
                Thread.detachNewThread {
                    Self.serve(client, delay, rest) { counter.count.withLock { $0 += 1 } }
                }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    /// Lets a streamed answer go on.
    func release() { rest.signal() }

    /// Answers the requests of one connection.
    private static func serve(
        _ client: Int32, _ delay: Double, _ rest: DispatchSemaphore, _ counted: () -> Void
    ) {
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
            let isStreamed = received.contains(#""stream":true"#)
            received = ""
            counted()
            if isStreamed { return stream(to: client, rest) }
            usleep(UInt32(delay * 1_000_000))
            let body =
                #"{"model":"m","choices":[{"message":{"role":"assistant","content":"words"},"finish_reason":"stop"}]}"#
            let reply =
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            if send(client, reply, reply.utf8.count, Int32(MSG_NOSIGNAL)) < 0 { return }
        }
    }

    /// Answers in pieces: "first words", and, once it is let go on, " and last ones".
    private static func stream(to client: Int32, _ rest: DispatchSemaphore) {
        func write(_ text: String) { _ = send(client, text, text.utf8.count, Int32(MSG_NOSIGNAL)) }
        func event(_ text: String) -> String {
            #"data: {"model":"m","choices":[{"delta":{"content":"\#(text)"}}]}"# + "\n\n"
        }
        write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        write(event("first words"))
        rest.wait()
        write(event(" and last ones"))
        write(#"data: {"choices":[{"delta":{},"finish_reason":"stop"}]}"# + "\n\ndata: [DONE]\n\n")
    }
}
