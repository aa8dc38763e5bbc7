import Foundation
import LyceumKit
import Testing

@testable import Teaching

private let openssl = "/usr/bin/openssl"

/// A server whose certificate nobody vouches for: `openssl s_server`, which comes with Debian's ca-certificates.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: openssl)))
struct CertificateTests {
    private func start(_ arguments: [String], output: Pipe? = nil) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: openssl)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output ?? FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    @Test("a certificate that nobody vouches for ends the run, and the key is not sent")
    func selfSigned() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("certificate-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (key, certificate) = (folder.path + "/key.pem", folder.path + "/certificate.pem")
        let made = try start([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
            "-keyout",
            key, "-out", certificate,
        ])
        made.waitUntilExit()
        try #require(made.terminationStatus == 0)

        // Port 0 takes a free one; s_server says which: "ACCEPT 127.0.0.1:39121".
        let output = Pipe()
        let server = try start(
            ["s_server", "-accept", "127.0.0.1:0", "-key", key, "-cert", certificate, "-www"], output: output)
        defer { server.terminate() }
        var said = ""
        while !said.contains("ACCEPT") || !said.hasSuffix("\n") {
            let bytes = output.fileHandleForReading.availableData
            try #require(!bytes.isEmpty, "s_server ended: \(said)")
            said += String(decoding: bytes, as: UTF8.self)
        }
        let line = try #require(said.split(separator: "\n").first { $0.hasPrefix("ACCEPT") })
        let port = try #require(line.split(separator: ":").last.flatMap { Int($0) })

        let teacher = try open(
            "https://127.0.0.1:\(port)/v1", ["api_key": "sk-very-secret", "retries": 5, "concurrency": 1])
        let result = TeacherRun.run(questions(3), teacher: teacher, job: .silent())
        #expect(result.replyCount == 0)
        // Trying again would not help: one attempt ends the run.
        #expect(result.stopText.contains("certificate"), "\(result)")
        #expect(!"\(result)".contains("very-secret"))
    }
}
