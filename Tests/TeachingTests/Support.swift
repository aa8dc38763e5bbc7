import Foundation
import LyceumKit
import Synchronization

@testable import Teaching

/// What a server sends for a reply.
func completion(_ text: String, finish: String = "stop", tokens: (Int, Int) = (10, 5)) -> String {
    JSON.encode([
        "id": "chatcmpl-1", "object": "chat.completion", "model": "tiny-2024",
        "choices": [
            [
                "index": 0, "finish_reason": .string(finish),
                "message": ["role": "assistant", "content": .string(text)],
            ]
        ],
        "usage": ["prompt_tokens": .integer(tokens.0), "completion_tokens": .integer(tokens.1)],
    ])
}

/// What a server sends for an error.
func serverError(_ message: String, type: String = "server_error", code: String? = nil) -> String {
    JSON.encode([
        "error": [
            "message": .string(message), "type": .string(type), "code": code.map(Value.string) ?? .null,
        ]
    ])
}

/// A teacher that asks a test's server.
func open(
    _ baseURL: String, _ options: [String: Value] = [:], environment: [String: String] = [:]
) throws -> OpenAITeacher {
    let given: [String: Value] = ["model": "tiny", "base_url": .string(baseURL), "concurrency": 4]
    let checked = try Options(
        given.merging(options) { $1 }, declared: OpenAITeacher.options, function: "teacher.open")
    return try OpenAITeacher(checked) { environment[$0] }
}

extension TeacherRun.Result {
    /// What ended the run early, as a person reads it; empty if nothing did.
    var stopText: String { stopped.map { "\($0)" } ?? "" }
}

/// Questions "q0", "q1", …
func questions(_ count: Int) -> [TeacherRequest] {
    (0..<count).map { TeacherRequest(messages: [ChatMessage(.user, "q\($0)")]) }
}

/// The question in a request's body.
func question(_ request: LoopbackServer.Request) throws -> String {
    let body = try JSON.decode(request.body, name: "request")
    return body.object?["messages"]?.list?.last?.object?["content"]?.string ?? "?"
}

/// A server that answers every question q with "re: q".
func echoServer(delay: Double = 0) throws -> LoopbackServer {
    try LoopbackServer { request in
        LoopbackServer.Reply(200, completion("re: " + ((try? question(request)) ?? "?")), delay: delay)
    }
}

/// The seconds that something takes.
func seconds(_ body: () throws -> Void) rethrows -> Double {
    let clock = ContinuousClock()
    let start = clock.now
    try body()
    return start.duration(to: clock.now).seconds
}

/// Bytes in gzip's format, stored without compression (RFC 1951, 1952).
func gzip(_ text: String) -> [UInt8] {
    let bytes = Array(text.utf8)
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = (crc >> 1) ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
    func little(_ number: UInt32, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * UInt32($0))) }
    }
    let length = UInt32(bytes.count)
    return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF, 1] + little(length, 2) + little(~length, 2) + bytes
        + little(~crc, 4) + little(length, 4)
}

/// Counts who is inside.
final class Counter: Sendable {
    private let inside = Mutex(0)

    func enter() -> Int {
        inside.withLock {
            $0 += 1
            return $0
        }
    }

    func leave() { inside.withLock { $0 -= 1 } }
}

/// Records what a job says.
final class Notes: Sendable {
    private let said = Mutex<[String]>([])
    private let last = Mutex<Job.Progress?>(nil)

    var lines: [String] { said.withLock { $0 } }
    var progress: Job.Progress? { last.withLock { $0 } }
    var listener: Job.Listener {
        Job.Listener(
            progress: { progress in self.last.withLock { $0 = progress } },
            note: { line in self.said.withLock { $0.append(line) } })
    }
}

/// Runs `run.lua` of a folder in the real program, which SwiftPM builds beside the tests.
func startProgram(_ folder: String, _ environment: [String: String] = [:]) throws -> Process {
    let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let program = Process()
    program.executableURL = URL(fileURLWithPath: Files.parent(of: tests) + "/lyceum")
    program.arguments = ["--quiet", "--lab", folder + "/lab", "run", folder + "/run.lua"]
    program.environment = ["HOME": folder, "PATH": "/usr/bin:/bin"].merging(environment) { $1 }
    program.standardOutput = FileHandle.nullDevice
    program.standardError = FileHandle.nullDevice
    try program.run()
    return program
}
