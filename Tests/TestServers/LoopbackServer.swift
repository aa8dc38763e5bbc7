import Foundation
import Glibc
import Synchronization

/// An HTTP server on this machine that answers as a test tells it to, faults included.
package final class LoopbackServer: Sendable {
    /// What a client sent.
    package struct Request: Sendable {
        /// Counted from 0 in the order of arrival.
        package let number: Int
        package let line: String
        package let headers: [String: String]
        package let body: [UInt8]

        package var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// What the client gets.
    package struct Reply: Sendable {
        package enum Fault: Sendable {
            case none
            /// The connection ends after this many bytes of the body.
            case drop(after: Int)
            /// The body is sent this many times over.
            case repeated(Int)
            /// The connection ends before the answer begins.
            case silence
            /// Nothing more comes after this many bytes of the body, and the connection stays.
            case stall(after: Int)
            /// The answer says nothing about its length and ends with the connection.
            case unmeasured
            /// These bytes are sent one after another in place of an answer, the last over and over if it is endless;
            /// then the connection ends.
            case raw([[UInt8]], isEndless: Bool)
        }

        package var status = 200
        package var headers: [String: String] = [:]
        package var body: [UInt8] = []
        /// Seconds to wait before answering.
        package var delay = 0.0
        package var fault = Fault.none

        package init(
            _ status: Int = 200, _ body: String = "", headers: [String: String] = [:], delay: Double = 0,
            fault: Fault = .none
        ) {
            self.status = status
            self.body = Array(body.utf8)
            self.headers = headers
            self.delay = delay
            self.fault = fault
        }
    }

    private struct State {
        var requests: [Request] = []
        var connections = 0
        var active = 0
        var peak = 0
        var sent = 0
    }

    package let port: Int
    private let listener: Int32
    private let state = Mutex(State())
    private let answer: @Sendable (Request) -> Reply

    /// Starts to listen.
    package init(_ answer: @escaping @Sendable (Request) -> Reply) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 512) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard descriptor >= 0, isBound else { throw POSIXError(.EADDRNOTAVAIL) }
        listener = descriptor
        port = Int(UInt16(bigEndian: address.sin_port))
        self.answer = answer
        Thread.detachNewThread { [self] in acceptConnections() }
    }

    package var baseURL: String { "http://127.0.0.1:\(port)/v1" }
    package var requests: [Request] { state.withLock { $0.requests } }
    package var connectionCount: Int { state.withLock { $0.connections } }
    /// The most requests that were being answered at once.
    package var peak: Int { state.withLock { $0.peak } }

    /// The bytes of answers that clients took.
    package var sentBytes: Int { state.withLock { $0.sent } }

    /// Stops listening. The accepting thread closes the socket: its number must not be reused before.
    package func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func acceptConnections() {
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else {
                close(listener)
                return
            }
            state.withLock { $0.connections += 1 }
            Thread.detachNewThread { [self] in
                while let request = read(from: connection), respond(to: request, on: connection) {}
                close(connection)
            }
        }
    }

    private func read(from connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        var headerEnd: Int?
        var expected = Int.max
        var headers: [String: String] = [:]
        var line = ""
        while bytes.count < expected {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
            // A TLS handshake, which this server does not speak.
            if bytes[0] == 0x16 { return nil }
            if headerEnd == nil, let end = bytes.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound {
                headerEnd = end
                let lines = String(decoding: bytes[..<end], as: UTF8.self).components(separatedBy: "\r\n")
                line = lines[0]
                for field in lines.dropFirst() {
                    let parts = field.split(separator: ":", maxSplits: 1)
                    if parts.count == 2 {
                        headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
                    }
                }
                expected = end + (Int(headers["content-length"] ?? "") ?? 0)
            }
        }
        return state.withLock { state in
            let request = Request(
                number: state.requests.count, line: line, headers: headers,
                body: Array(bytes[(headerEnd ?? 0)...]))
            state.requests.append(request)
            state.active += 1
            state.peak = max(state.peak, state.active)
            return request
        }
    }

    /// False if the connection ends here.
    private func respond(to request: Request, on connection: Int32) -> Bool {
        let reply = answer(request)
        if reply.delay > 0 { Thread.sleep(forTimeInterval: reply.delay) }
        state.withLock { $0.active -= 1 }
        if case .silence = reply.fault { return false }
        if case .raw(let pieces, let isEndless) = reply.fault {
            for piece in pieces {
                guard send(piece, on: connection) else { return false }
                Thread.sleep(forTimeInterval: 0.005)
            }
            while isEndless, let last = pieces.last, send(last, on: connection) {}
            return false
        }
        var rounds = 1
        if case .repeated(let times) = reply.fault { rounds = times }
        var head = "HTTP/1.1 \(reply.status) Status\r\n"
        if case .unmeasured = reply.fault {
            head += "Connection: close\r\n"
        } else {
            head += "Content-Length: \(reply.body.count * rounds)\r\n"
        }
        for (name, value) in reply.headers { head += "\(name): \(value)\r\n" }
        var bytes = Array((head + "\r\n").utf8)
        var isWhole = true
        if request.line.hasPrefix("HEAD ") {
            if case .unmeasured = reply.fault { isWhole = false }
        } else if case .unmeasured = reply.fault {
            bytes += reply.body
            isWhole = false
        } else if case .stall(let count) = reply.fault {
            guard send(bytes + reply.body.prefix(count), on: connection) else { return false }
            var byte: UInt8 = 0
            // Until the client gives up.
            _ = recv(connection, &byte, 1, 0)
            return false
        } else if case .drop(let count) = reply.fault {
            bytes += reply.body.prefix(count)
            isWhole = false
        } else {
            bytes += reply.body
        }
        guard send(bytes, on: connection) else { return false }
        for _ in 1..<max(2, rounds) where rounds > 1 {
            guard send(reply.body, on: connection) else { return false }
        }
        return isWhole
    }

    private func send(_ bytes: [UInt8], on connection: Int32) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
            state.withLock { $0.sent += count }
        }
        return true
    }
}
