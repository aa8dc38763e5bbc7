import Foundation
import Glibc
import LuaBridge
import LyceumKit
import TestServers
import Testing

@testable import Teaching

/// No key of a script reaches what is kept or shown.
@Suite struct SecretDoorTests {
    /// Every file below a folder.
    private func files(_ folder: String) throws -> [(path: String, bytes: [UInt8], mode: mode_t)] {
        try FileManager.default.subpathsOfDirectory(atPath: folder).map { folder + "/" + $0 }
            .filter { !Files.isFolder($0) }.map { path in
                var status = stat()
                stat(path, &status)
                return (path, try Files.read(path), status.st_mode & 0o777)
            }
    }

    @Test(
        "keys in options, in the body and in what a server echoes reach neither lab, report, card nor error; files are the user's own"
    )
    func endToEnd() throws {
        let secrets = ["KEY-one-12345", "BODY-two-12345", "DEEP-three-12345", "PATH-four-12345"]
        let server = try LoopbackServer { request in
            let body = request.text
            if body.contains("fail") {
                return .init(400, serverError("bad \(secrets.joined(separator: " "))"))
            }
            return .init(
                200,
                completion("echo \(secrets.joined(separator: " ")) \(request.headers["authorization"] ?? "")")
            )
        }
        defer { server.stop() }
        try withLab { folder in
            let notes = Notes()
            let state = try session(folder, notes)
            try state.run(
                """
                gpt = teacher.open { "openai", model = "tiny", base_url = "http://127.0.0.1:\(server.port)/\(secrets[3])/v1",
                    api_key = "\(secrets[0])", retries = 0,
                    extra_body = { access_token = "\(secrets[1])", nested = { { Authorization = "\(secrets[2])", plain = "stays" } } } }
                d = data.from { { text = "a" }, { text = "fail" } }
                out = gpt:generate(d, { prompt = prompt "{{ text }}" })
                assert(out[1].reply:find("echo"), out[1].reply)
                reply, reason, card = out[1].reply, out.failed[1].reason, tostring(gpt)
                runs.report({ 1 }, { file = "\(folder)/report.html" })
                function all(query) local t = {} for i, r in ipairs(runs.sql(query)) do t[i] = r end return json.encode(t) end
                pages = all "select * from replies" .. all "select * from runs"
                """)
            // What the process shows.
            for name in ["reply", "reason", "card", "pages"] {
                let shown = try #require(try state.global(name).string)
                for secret in secrets { #expect(!shown.contains(secret), "\(name): \(shown)") }
            }
            #expect(try #require(try state.global("pages").string).contains("stays"))
            #expect(notes.lines.allSatisfy { line in !secrets.contains { line.contains($0) } })
            let all = try files(folder)
            #expect(
                all.contains { $0.path.hasSuffix("lab.sqlite") }
                    && all.contains { $0.path.hasSuffix("report.html") })
            for file in all {
                for secret in secrets {
                    #expect(
                        PlainSearch.contains(secret, in: file.bytes) == false, "\(file.path) holds \(secret)")
                }
                #expect(file.mode & 0o007 == 0, "\(file.path) has the mode \(String(file.mode, radix: 8))")
            }
            // A later session finds the reply all the same.
            try session(folder).run(
                """
                local gpt = teacher.open { "openai", model = "tiny", base_url = "http://127.0.0.1:\(server.port)/\(secrets[3])/v1",
                    api_key = "another", extra_body = { access_token = "changed", nested = { { Authorization = "x", plain = "stays" } } } }
                local out = gpt:generate(data.from { { text = "a" } }, { prompt = prompt "{{ text }}" })
                assert(#out == 1 and gpt.usage.calls == 0)
                """)
        }
    }
}

private enum PlainSearch {
    static func contains(_ text: String, in bytes: [UInt8]) -> Bool {
        ByteSearch.firstIndex(of: Array(text.utf8), in: bytes) != nil
    }
}
