import Glibc
import LyceumKit
import Testing
import UnixSignals

@testable import LyceumServer

/// Connections that misbehave, and the end of a server.
@Suite struct ConnectionTests {
    @Test func oneConnectionServesManyRequests() async throws {
        try await withServer { port in
            try await blocking {
                let connection = try RawConnection(port: port)
                for number in 0..<20 {
                    let reply = try #require(
                        connection.ask(
                            "POST", "/v1/completions",
                            completion("x \(number)", ["stream": .bool(number % 2 == 0)])))
                    #expect(reply.status == 200)
                }
                // Two at once on one connection are answered in order.
                connection.send(RawConnection.request("POST", "/v1/completions", completion("p 1")))
                connection.send(RawConnection.request("POST", "/v1/completions", completion("p 2")))
                #expect(connection.reply()?.field("choices", "0", "text") == "1 p")
                #expect(connection.reply()?.field("choices", "0", "text") == "2 p")
            }
        }
    }

    @Test func slowAndSilentClientsAreClosedAndKeepNobodyOut() async throws {
        var limits = ServerLimits()
        limits.idle = 0.5
        try await withServer(limits: limits) { port in
            try await blocking {
                let silent = try RawConnection(port: port)
                let slow = try RawConnection(port: port)
                slow.send("POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n")
                let dripping = try RawConnection(port: port)
                dripping.send(
                    "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n")
                for _ in 0..<5 {
                    dripping.send(" ")
                    usleep(200_000)
                }
                #expect(silent.isClosedByServer())
                #expect(slow.isClosedByServer())
                #expect(dripping.isClosedByServer())
            }
        }
    }

    @Test func aThousandHalfOpenConnectionsKeepNobodyOut() async throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        // Both ends of each connection are files of this process.
        let count = min(1000, Int(limit.rlim_cur / 2) - 200)
        try await withServer { port in
            let connections = try await blocking {
                try (0..<count).map { number in
                    let connection = try RawConnection(port: port)
                    if number % 2 == 0 { connection.send("POST /v1/completions HTTP/1.1\r\nHost: loc") }
                    return connection
                }
            }
            let reply = try await ask(port, "POST", "/v1/completions", completion("still here"))
            #expect(reply.field("choices", "0", "text") == "here still")
            for connection in connections { connection.close() }
        }
    }

    /// SIGTERM under load: what was accepted is answered, health says so, and the server ends.
    @Test func whatWasAcceptedIsAnsweredAfterTheSignal() async throws {
        var door = Serving.Door()
        door.port = 0
        let log = StepLog()
        var limits = ServerLimits()
        (limits.batch, limits.grace) = (64, 3)
        let serving = Serving(door: door, limits: limits, tell: { _ in })
        let (ports, sink) = AsyncStream<Int>.makeStream()
        let server = Task {
            try await serving.serve(
                [words(log: log, pause: 0.03)], signals: [.sigusr2], onRunning: { sink.yield($0) })
        }
        var iterator = ports.makeAsyncIterator()
        let port = try #require(await iterator.next())
        while try await ask(port, "GET", "/health").status != 200 {}
        let prompt = (0..<48).map(String.init).joined(separator: " ")
        let clients = (0..<40).map { number in
            Task {
                try await ask(
                    port, "POST", "/v1/completions", completion(prompt, ["stream": .bool(number % 2 == 0)]))
            }
        }
        for _ in 0..<6000 where log.additions < clients.count { try await Task.sleep(for: .milliseconds(5)) }
        #expect(log.additions == clients.count)
        kill(getpid(), SIGUSR2)
        var health: RawConnection.Reply?
        repeat { health = try await ask(port, "GET", "/health") } while health?.status == 200
        #expect(health?.status == 503)
        #expect(health?.field("status") == "draining")
        #expect(health?.headers["connection"] == "close")
        for client in clients {
            let reply = try await client.value
            #expect(reply.status == 200)
            #expect(
                reply.events.last == "[DONE]"
                    || reply.field("choices", "0", "text") == .string(WordStudent.answer(prompt)))
        }
        try await server.value
    }

    @Test func aPortThatIsTakenIsSaid() async throws {
        try await withServer { port in
            var door = Serving.Door()
            door.port = port
            await #expect(throws: LyceumError.self) {
                try await Serving(door: door, tell: { _ in }).serve([words()], signals: [])
            }
        }
    }
}
