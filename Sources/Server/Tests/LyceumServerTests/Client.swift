import Glibc
import LyceumKit
import Testing
import Workbench

@testable import LyceumServer

/// A connection of a test: bytes as they are on the wire, so that a test can be as rude as it likes.
final class RawConnection: @unchecked Sendable {
    // Used by one thread at a time.
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var isOpen = true

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var time = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else {
            Glibc.close(descriptor)
            isOpen = false
            throw LyceumError.failed(
                "no connection to \(port): \(String(cString: strerror(errno)))", remedy: nil)
        }
    }

    deinit { close() }

    func close() {
        if isOpen { Glibc.close(descriptor) }
        isOpen = false
    }

    func send(_ text: String) { send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return }
            sent += count
        }
    }

    /// Reads some bytes; false at the end.
    private func more() -> Bool {
        var piece = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &piece, piece.count, 0)
        if count > 0 { buffer += piece[..<count] }
        return count > 0
    }

    /// Whether the server has closed the connection, within the time that reads may take.
    func isClosedByServer() -> Bool {
        while more() {}
        return errno != EAGAIN
    }

    struct Reply {
        var status = 0
        var headers: [String: String] = [:]
        var body = ""
        /// The body as JSON.
        var json: Value { (try? JSON.decode(body, name: "reply")) ?? .null }
        /// The text of a stream of completions, put together.
        var streamedText: String {
            events.dropLast().compactMap {
                (try? JSON.decode($0, name: "c"))?.object?["choices"]?.list?.first?.object?["text"]?.string
            }.joined()
        }

        func field(_ path: String...) -> Value? {
            path.reduce(Optional(json)) { value, key in
                Int(key).flatMap { place in
                    value?.list.flatMap { $0.indices.contains(place) ? $0[place] : nil }
                }
                    ?? value?.object?[key]
            }
        }
        var errorCode: String? { field("error", "code")?.string }
        /// The payloads of a stream of events.
        var events: [String] {
            body.split(separator: "\n\n").map {
                $0.hasPrefix("data: ") ? String($0.dropFirst(6)) : String($0)
            }
        }
    }

    /// Reads one reply; nil if the connection ends before it is whole.
    func reply() -> Reply? {
        while true {
            if let reply = takeReply() { return reply }
            if !more() { return nil }
        }
    }

    /// Reads until a text has come.
    func read(until text: String) -> Bool {
        let wanted = Array(text.utf8)
        while true {
            if String(decoding: buffer, as: UTF8.self).contains(text) { return true }
            if wanted.isEmpty || !more() { return false }
        }
    }

    private func takeReply() -> Reply? {
        let text = String(decoding: buffer, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n") else { return nil }
        var reply = Reply()
        let lines = text[..<end.lowerBound].split(separator: "\r\n")
        reply.status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        for line in lines.dropFirst() {
            let pair = line.split(separator: ":", maxSplits: 1)
            if pair.count == 2 {
                reply.headers[pair[0].lowercased()] = pair[1].drop { $0 == " " }.description
            }
        }
        let head = text[..<end.upperBound].utf8.count
        let rest = buffer[head...]
        if reply.status == 204 {
            buffer.removeFirst(head)
            return reply
        }
        if let length = reply.headers["content-length"].flatMap({ Int($0) }) {
            guard rest.count >= length else { return nil }
            reply.body = String(decoding: rest.prefix(length), as: UTF8.self)
            buffer.removeFirst(head + length)
            return reply
        }
        guard let (body, used) = Self.chunks(Array(rest)) else { return nil }
        reply.body = String(decoding: body, as: UTF8.self)
        buffer.removeFirst(head + used)
        return reply
    }

    private static func chunks(_ bytes: [UInt8]) -> (body: [UInt8], used: Int)? {
        var body: [UInt8] = []
        var place = 0
        while true {
            guard let line = bytes[place...].firstIndex(of: 0x0D) else { return nil }
            guard let size = Int(String(decoding: bytes[place..<line], as: UTF8.self), radix: 16) else {
                return nil
            }
            let start = line + 2
            guard bytes.count >= start + size + 2 else { return nil }
            body += bytes[start..<(start + size)]
            place = start + size + 2
            if size == 0 { return (body, place) }
        }
    }

    /// Sends a request and reads its reply.
    func ask(
        _ method: String, _ path: String, _ body: String = "", headers: [String] = []
    ) -> Reply? {
        send(Self.request(method, path, body, headers: headers))
        return reply()
    }

    static func request(_ method: String, _ path: String, _ body: String = "", headers: [String] = [])
        -> String
    {
        let all = ["Host: localhost", "Content-Length: \(body.utf8.count)"] + headers
        return "\(method) \(path) HTTP/1.1\r\n\(all.joined(separator: "\r\n"))\r\n\r\n\(body)"
    }
}

/// Runs what blocks on a thread of its own, so that the server's tasks go on.
func blocking<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
        WorkThread.start { continuation.resume(with: Result { try body() }) }
    }
}

extension RawConnection.Reply: Sendable {}

/// One request on a connection of its own.
func ask(
    _ port: Int, _ method: String, _ path: String, _ body: String = "", headers: [String] = []
) async throws -> RawConnection.Reply {
    try await blocking {
        try #require(try RawConnection(port: port).ask(method, path, body, headers: headers))
    }
}

/// A server for the time of a test.
func withServer<T: Sendable>(
    _ models: [Serving.Model] = [words()], limits: ServerLimits = ServerLimits(), keys: [String] = [],
    lab: (@Sendable () throws -> LabSite)? = nil, _ body: @escaping @Sendable (Int) async throws -> T
) async throws -> T {
    var door = Serving.Door()
    door.port = 0
    door.keys = keys
    var limits = limits
    limits.grace = 0.01
    let serving = Serving(door: door, limits: limits, tell: { _ in })
    let (ports, sink) = AsyncStream<Int>.makeStream()
    return try await withThrowingTaskGroup(of: T?.self) { group in
        group.addTask {
            try await serving.serve(models, lab: lab, signals: [], onRunning: { sink.yield($0) })
            return nil
        }
        group.addTask {
            var iterator = ports.makeAsyncIterator()
            let port = try #require(await iterator.next())
            // Ready as soon as the student is there.
            while try await ask(port, "GET", "/health").status != 200 {
                try await Task.sleep(for: .milliseconds(10))
            }
            return try await body(port)
        }
        defer { group.cancelAll() }
        while let result = try await group.next() {
            if let result { return result }
        }
        throw LyceumError.failed("the server ended", remedy: nil)
    }
}

/// A model of the words student.
func words(_ name: String = "words", log: StepLog = StepLog(), pause: Double = 0, folder: String? = nil)
    -> Serving.Model
{
    Serving.Model(name: name) {
        LoadedStudent(
            WordStudent(log: log, pause: pause), architecture: WordStudent.architecture, folder: folder)
    }
}

/// The body of a request for a completion.
func completion(_ prompt: String, _ more: [String: Value] = [:], model: String = "words") -> String {
    JSON.encode(
        .object(["model": .string(model), "prompt": .string(prompt)].merging(more) { _, own in own }))
}
