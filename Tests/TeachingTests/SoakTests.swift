import Foundation
import LyceumKit
import Synchronization
import TestServers
import Testing

@testable import Teaching

@Suite("Runs under mixed faults, kills and a proxy")
struct SoakTests {
    typealias Reply = LoopbackServer.Reply

    /// What goes wrong with three requests in ten, in eight ways; nil for the others.
    private static func fault(_ number: Int, _ text: String) -> Reply? {
        // A fixed choice that looks random: Knuth's multiplicative hash.
        let hash = (UInt32(truncatingIfNeeded: number) &* 2_654_435_769) >> 16
        guard hash % 10 < 3 else { return nil }
        let soon = ["Retry-After-Ms": "2"]
        switch hash / 10 % 8 {
        case 0: return Reply(429, serverError("slow down"), headers: soon)
        case 1: return Reply(500, "oops", headers: soon)
        case 2: return Reply(503, "<html>busy</html>", headers: soon)
        case 3: return Reply(200, completion(text), fault: .drop(after: 30))
        case 4: return Reply(200, completion(text), fault: .silence)
        case 5: return Reply(200, "<html>login</html>")
        case 6: return Reply(200, #"{"choices":[{"mess"#)
        default: return Reply(200, completion("half", finish: "length"))
        }
    }

    @Test("every row is answered or listed as failed, and none is asked again once it was answered")
    func mixedFaults() throws {
        let answered = Mutex<Set<String>>([])
        let repeated = Mutex<[String]>([])
        let server = try LoopbackServer { request in
            let text = (try? question(request)) ?? "?"
            if answered.withLock({ $0.contains(text) }) { repeated.withLock { $0.append(text) } }
            if let fault = Self.fault(request.number, text) { return fault }
            answered.withLock { _ = $0.insert(text) }
            return Reply(200, completion("re: \(text)"))
        }
        defer { server.stop() }
        let teacher = try open(server.baseURL, ["concurrency": 16, "retries": 8])
        let result = TeacherRun.run(questions(400), teacher: teacher, job: .silent())
        #expect(result.stopped == nil, "\(result.stopText)")
        #expect(result.replyCount + result.failures.count == 400)
        #expect(result.replyCount > 300)
        for (row, reply) in result.replies.enumerated() {
            #expect(reply == nil || reply?.text == "re: q\(row)")
        }
        #expect(
            Set(result.failures.map(\.row)).isDisjoint(
                with: result.replies.indices.filter { result.replies[$0] != nil }))
        #expect(repeated.withLock { $0 } == [])
    }

    @Test("a proxy of the environment carries the requests, and the key goes to no other host")
    func proxy() throws {
        let folder = "/tmp/lyceum-proxy-\(UInt64.random(in: 0...UInt64.max))"
        try Files.makeFolder(folder)
        defer { Files.removeTree(folder) }
        let server = try echoServer()
        defer { server.stop() }
        try Files.write(
            """
            local gpt = teacher.open { "openai", model = "tiny", base_url = "http://models.example/v1" }
            assert(gpt "hello" == "re: hello")
            """, to: folder + "/run.lua")
        let program = try startProgram(
            folder, ["http_proxy": "http://127.0.0.1:\(server.port)", "OPENAI_API_KEY": "secret-0123456789"])
        program.waitUntilExit()
        #expect(program.terminationStatus == 0)
        #expect(server.requests.map(\.line) == ["POST http://models.example/v1/chat/completions HTTP/1.1"])
    }
}
