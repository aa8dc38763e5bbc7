import LyceumKit
import Testing

@testable import LyceumServer

/// Who may ask.
@Suite struct AccessTests {
    @Test func aKeyOpensAndNothingElseDoes() async throws {
        try await withServer(keys: ["secret-1", "other"]) { port in
            func status(_ header: String?) async throws -> Int {
                try await ask(
                    port, "GET", "/v1/models", headers: header.map { ["Authorization: \($0)"] } ?? []
                ).status
            }
            #expect(try await status("Bearer secret-1") == 200)
            #expect(try await status("bearer other") == 200)
            for wrong in [
                nil, "Bearer", "Bearer ", "Bearer secret-", "Bearer secret-11", "secret-1", "Basic secret-1",
            ] {
                let reply = try await ask(
                    port, "GET", "/v1/models", headers: wrong.map { ["Authorization: \($0)"] } ?? [])
                #expect(reply.status == 401)
                #expect(reply.errorCode == "invalid_api_key")
                #expect(reply.headers["www-authenticate"] == "Bearer")
                #expect(!reply.body.contains("secret"))
            }
            #expect(try await ask(port, "GET", "/health").status == 200)
        }
    }

    @Test func aPageThatPretendsToBeLocalIsRefused() async throws {
        try await withServer { port in
            let bad = try await blocking {
                let connection = try RawConnection(port: port)
                connection.send("GET /v1/models HTTP/1.1\r\nHost: evil.example:8000\r\n\r\n")
                return connection.reply()?.status
            }
            #expect(bad == 403)
        }
    }

    @Test func loopbackIsKnown() {
        for host in ["127.0.0.1", "127.5.6.7", "localhost", "LOCALHOST", "::1", "a.localhost"] {
            #expect(Access.isLoopback(host))
        }
        for host in [
            "0.0.0.0", "::", "10.0.0.1", "127.0.0.1.evil.example", "127.0.0", "localhost.example", "",
            "127.0.0.300",
        ] {
            #expect(!Access.isLoopback(host))
        }
    }

    @Test func base64IsRead() {
        #expect(Base64.decode("bWU6c2VjcmV0").map { String(decoding: $0, as: UTF8.self) } == "me:secret")
        #expect(Base64.decode("bWU6cw==").map { String(decoding: $0, as: UTF8.self) } == "me:s")
        #expect(Base64.decode("b W") == nil)
    }
}
