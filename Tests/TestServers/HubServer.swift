import Foundation
import LyceumKit
import Synchronization
import TestServers

@testable import Hub

/// A Hub on this machine, out of Fixtures/hub.json: it redirects large files to a second server, knows ranges, and
/// misbehaves as a test tells it to.
final class HubServer: Sendable {
    typealias Request = LoopbackServer.Request
    typealias Reply = LoopbackServer.Reply
    /// What a test answers instead; nil is the usual answer.
    typealias Fault = @Sendable (_ path: String, _ request: Request, _ usual: Reply) -> Reply?

    let hub: LoopbackServer
    let storage: LoopbackServer

    /// - Parameter fault: asked for every request to either server; paths of the storage are "/<sha256>".
    init(_ fault: @escaping Fault = { _, _, _ in nil }) throws {
        let answers = try Self.answers()
        let storage = try LoopbackServer { request in
            let path = Self.path(request)
            let usual = Self.reply(answers[path], request, storage: "")
            return fault(path, request, usual) ?? usual
        }
        let address = "http://127.0.0.1:\(storage.port)"
        self.storage = storage
        hub = try LoopbackServer { request in
            let path = Self.path(request)
            let usual = Self.reply(answers[path], request, storage: address)
            return fault(path, request, usual) ?? usual
        }
    }

    deinit {
        hub.stop()
        storage.stop()
    }

    var endpoint: String { "http://127.0.0.1:\(hub.port)" }

    /// The requests to both servers: method and path.
    var lines: [String] {
        (hub.requests + storage.requests).map {
            $0.line.split(separator: " ").prefix(2).joined(separator: " ")
        }
    }

    /// Settings for this Hub and a cache of its own.
    func settings(_ cache: String, _ variables: [String: String] = [:]) -> HubSettings {
        let own = [
            "HF_ENDPOINT": endpoint, "HF_HUB_CACHE": cache, "HF_TOKEN": "hf_secret",
            "HF_HUB_DOWNLOAD_TIMEOUT": "1",
        ]
        let all = own.merging(variables) { $1 }
        return HubSettings { all[$0] }
    }

    static var fixtures: String { Files.parent(of: #filePath) + "/Fixtures" }
    static var fixture: [String: Value] {
        get throws {
            try JSON.decode(try Files.read(fixtures + "/hub.json"), name: "hub.json").object ?? [:]
        }
    }

    /// The bytes of a file of this repository.
    static func file(_ path: String) throws -> [UInt8] {
        try Files.read("/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/" + path)
    }

    private static func answers() throws -> [String: Reply] {
        try (fixture["answers"]?.object ?? [:]).mapValues { entry in
            let fields = entry.object ?? [:]
            var reply = Reply(
                fields["status"]?.integer ?? 500,
                headers: (fields["headers"]?.object ?? [:]).compactMapValues(\.string))
            if let name = fields["file"]?.string { reply.body = try file(name) }
            if let json = fields["json"] { reply.body = Array(JSON.encode(json).utf8) }
            return reply
        }
    }

    private static func path(_ request: Request) -> String {
        let words = request.line.split(separator: " ")
        return String((words.count > 1 ? words[1] : "").split(separator: "?").first ?? "")
    }

    /// The usual answer, with the part of the file that was asked for.
    private static func reply(_ answer: Reply?, _ request: Request, storage: String) -> Reply {
        guard var reply = answer else {
            let code = path(request).hasPrefix("/api") ? "RepoNotFound" : "EntryNotFound"
            return Reply(404, #"{"error":"not found"}"#, headers: ["X-Error-Code": code])
        }
        reply.headers["Location"] = reply.headers["Location"]?.replacing("$STORAGE", with: storage)
        if reply.status == 200, let range = request.headers["range"],
            let start = Int(range.dropFirst("bytes=".count).prefix { $0 != "-" })
        {
            let total = reply.body.count
            guard start < total else { return Reply(416, headers: ["Content-Range": "bytes */\(total)"]) }
            reply.status = 206
            reply.headers["Content-Range"] = "bytes \(start)-\(total - 1)/\(total)"
            reply.body = Array(reply.body[start...])
        }
        return reply
    }
}

/// A folder of a test's own.
func withFolder<T>(_ body: (String) throws -> T) throws -> T {
    let folder = "/tmp/lyceum-hub-\(UInt64.random(in: 0...UInt64.max))"
    try Files.makeFolder(folder)
    defer { Files.removeTree(folder) }
    return try body(folder)
}

/// What a job says.
final class Notes: Sendable {
    private let said = Mutex<(notes: [String], progress: [Job.Progress])>(([], []))
    var lines: [String] { said.withLock { $0.notes } }
    var progress: [Job.Progress] { said.withLock { $0.progress } }
    func job(_ title: String = "test") -> Job {
        Job(
            title, obeysInterrupt: false,
            listener: Job.Listener(
                progress: { progress in self.said.withLock { $0.progress.append(progress) } },
                note: { line in self.said.withLock { $0.notes.append(line) } }))
    }
}

/// Counts, from several threads.
final class Counter: Sendable {
    private let count = Atomic<Int>(0)
    /// The number of this call, from 1.
    func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).newValue }
}
