import Foundation
import Glibc
import LyceumKit
import Synchronization
import TestServers
import Testing

@testable import Teaching

/// One rule for what is secret, wherever anything is stored or shown.
@Suite("secrets", .serialized)
struct SecretTests {
    @Test(
        "names of secrets",
        arguments: [
            ("api_key", true), ("API-Key", true), ("x-api-key", true), ("apiKey", true),
            ("access_token", true),
            ("token", true), ("hf_token", true), ("client_secret", true), ("Password", true),
            ("passwd", true),
            ("Authorization", true), ("proxy-authorization", true), ("cookie", true), ("bearerToken", true),
            ("xapikey", true), ("credentials", true),
            ("max_tokens", false), ("max_completion_tokens", false), ("tokens_per_minute", false),
            ("pad_token", false),
            ("eos_token", false), ("keyword", false), ("monkey", false), ("keys", false),
            ("temperature", false),
            ("top_k", false), ("author", false), ("tokenizer", false),
        ])
    func names(_ name: String, _ isSecret: Bool) { #expect(Secrets.isSecret(name: name) == isSecret) }

    @Test(
        "addresses show the server alone",
        arguments: [
            ("https://user:pw@host:8000/v1?key=abc#x", "https://host:8000/v1"),
            ("http://host/tenant-4f2a/v1", "http://host/[path]"),
            ("https://api.openai.com/v1/chat/completions", "https://api.openai.com/v1/chat/completions"),
            ("https://host", "https://host"), ("https://a@b@host/", "https://host/"), ("plain", "plain"),
        ])
    func addresses(_ address: String, _ shown: String) { #expect(Secrets.address(address) == shown) }

    @Test("texts and code that are kept lose their keys")
    func texts() {
        #expect(
            Secrets.redacted("see https://u:p@h/x?k=1, ok sk-abcdefgh1234") == "see https://h/[path] ok [key]"
        )
        let code =
            #"teacher.open { "openai", api_key = "abc def", extra_body = { ["auth-token"] = 'zzz' }, model = "m" }"#
        let kept = Secrets.redacted(code: code)
        #expect(
            !kept.contains("abc def") && !kept.contains("zzz") && kept.contains(#"model = "m""#), "\(kept)")
    }

    @Test("in a sandbox a key of the environment goes to its own servers only")
    func sandbox() throws {
        let server = try echoServer()
        defer { server.stop() }
        let other = try echoServer()
        defer { other.stop() }
        NetworkPolicy.restrict(to: [])
        defer { NetworkPolicy.lift() }
        let key = ["OPENAI_API_KEY": "secret-0123456789"]
        func sentKey(_ base: String, _ environment: [String: String], _ options: [String: Value] = [:]) throws
            -> String?
        {
            _ = TeacherRun.run(
                questions(1), teacher: try open(base, options, environment: environment), job: .silent())
            return server.requests.last?.headers["authorization"]
        }
        // This machine may be asked, without the key.
        #expect(try sentKey(server.baseURL, key) == nil && server.requests.count == 1)
        // The address that the user's environment names gets it.
        let own = key.merging(["OPENAI_BASE_URL": server.baseURL]) { $1 }
        #expect(try sentKey(server.baseURL, own) == "Bearer secret-0123456789")
        #expect(try sentKey(server.baseURL, key.merging(["OPENAI_BASE_URL": other.baseURL]) { $1 }) == nil)
        // The script's own key is the script's affair.
        #expect(try sentKey(server.baseURL, key, ["api_key": "mine-123"]) == "Bearer mine-123")
        let refusal = try #require(throws: LyceumError.self) {
            try open("https://example.org/v1", environment: key)
        }
        #expect(refusal.description.contains("--allow-host example.org"))
        for sly in [
            "https://api.openai.com.example.org/v1", "http://api.openai.com/v1",
            "https://api.openai.com:444/v1",
            "https://xapi.openai.com/v1",
        ] {
            #expect(throws: LyceumError.self, "\(sly)") { try open(sly, environment: key) }
        }
        #expect(throws: Never.self) { try open("https://api.openai.com/v1", environment: key) }
        NetworkPolicy.restrict(to: ["127.0.0.1:\(server.port)", "example.org"])
        #expect(try sentKey(server.baseURL, key) == "Bearer secret-0123456789")
        #expect(throws: Never.self) { try open("https://example.org/v1", environment: key) }
    }

    @Test("the real program keeps to it, and doctor shows no password")
    func program() throws {
        let folder = "/tmp/lyceum-secrets-\(UInt64.random(in: 0...UInt64.max))"
        try Files.makeFolder(folder)
        defer { Files.removeTree(folder) }
        let server = try echoServer()
        defer { server.stop() }
        try Files.write(
            "local gpt = teacher.open { \"openai\", model = \"m\", base_url = \"\(server.baseURL)\", retries = 0 }\n"
                + "io.stdout:write(gpt \"hi\")\nprint(pcall(teacher.open, { \"openai\", model = \"m\", base_url = \"https://example.org/v1\" }))\n",
            to: folder + "/run.lua")
        func run(_ arguments: [String], _ environment: [String: String] = [:]) throws -> String {
            let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            let program = Process()
            program.executableURL = URL(fileURLWithPath: Files.parent(of: tests) + "/lyceum")
            program.arguments = arguments
            program.environment = [
                "HOME": folder, "PATH": "/usr/bin:/bin", "OPENAI_API_KEY": "secret-0123456789",
            ]
            .merging(environment) { $1 }
            let output = Pipe()
            program.standardOutput = output
            program.standardError = output
            try program.run()
            let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            program.waitUntilExit()
            return text
        }
        let inside = try run(["--no-lab", "run", "--sandbox", folder + "/run.lua"])
        #expect(inside.contains("re: hi") && inside.contains("--allow-host example.org"), "\(inside)")
        #expect(server.requests.count == 1 && server.requests[0].headers["authorization"] == nil)
        let allowed = try run([
            "--no-lab", "run", "--sandbox", "--allow-host", "127.0.0.1", "--allow-host", "example.org",
            folder + "/run.lua",
        ])
        #expect(server.requests.last?.headers["authorization"] == "Bearer secret-0123456789", "\(allowed)")
        let doctor = try run(
            ["doctor"], ["OPENAI_BASE_URL": "https://me:hunter2@llm.example.org/team-XYZ/v1?key=abc"])
        #expect(doctor.contains("https://llm.example.org/") && !doctor.contains("hunter2"), "\(doctor)")
        #expect(!doctor.contains("XYZ") && !doctor.contains("abc") && !doctor.contains("me:"))
    }
}
