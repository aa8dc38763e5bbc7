import Foundation
import LyceumKit
import Synchronization

/// What a server sends for a reply.
package func completion(_ text: String, finish: String = "stop", tokens: (Int, Int) = (10, 5)) -> String {
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
package func serverError(_ message: String, type: String = "server_error", code: String? = nil) -> String {
    JSON.encode([
        "error": [
            "message": .string(message), "type": .string(type), "code": code.map(Value.string) ?? .null,
        ]
    ])
}

/// The question in a request's body.
package func question(_ request: LoopbackServer.Request) throws -> String {
    let body = try JSON.decode(request.body, name: "request")
    return body.object?["messages"]?.list?.last?.object?["content"]?.string ?? "?"
}

/// A server that answers every question q with "re: q".
package func echoServer(delay: Double = 0) throws -> LoopbackServer {
    try LoopbackServer { request in
        LoopbackServer.Reply(200, completion("re: " + ((try? question(request)) ?? "?")), delay: delay)
    }
}

/// Records what a job says.
package final class Notes: Sendable {
    package init() {}

    private let said = Mutex<[String]>([])
    private let last = Mutex<Job.Progress?>(nil)

    package var lines: [String] { said.withLock { $0 } }
    package var progress: Job.Progress? { last.withLock { $0 } }
    package var listener: Job.Listener {
        Job.Listener(
            progress: { progress in self.last.withLock { $0 = progress } },
            note: { line in self.said.withLock { $0.append(line) } })
    }
}

/// Runs `run.lua` of a folder in the real program, which SwiftPM builds next to the tests.
package func startProgram(_ folder: String, _ environment: [String: String] = [:]) throws -> Process {
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

/// Runs `body` with the path of a folder that does not exist yet and is removed afterwards.
package func withLab(_ body: (String) throws -> Void) throws {
    let folder = "/tmp/lyceum-lab-\(UInt64.random(in: 0...UInt64.max))"
    defer { Files.removeTree(folder) }
    try body(folder)
}
