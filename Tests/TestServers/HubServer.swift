import Foundation
import LyceumKit

/// A Hub on this machine, out of Tests/HubTests/Fixtures/hub.json: it redirects large files to a second server, knows ranges, and
/// misbehaves as a test tells it to.
package final class HubServer: Sendable {
    package typealias Request = LoopbackServer.Request
    package typealias Reply = LoopbackServer.Reply
    /// What a test answers instead; nil is the usual answer.
    package typealias Fault = @Sendable (_ path: String, _ request: Request, _ usual: Reply) -> Reply?

    package let hub: LoopbackServer
    package let storage: LoopbackServer

    /// - Parameter fault: asked for every request to either server; paths of the storage are "/<sha256>".
    package init(_ fault: @escaping Fault = { _, _, _ in nil }) throws {
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

    package var endpoint: String { "http://127.0.0.1:\(hub.port)" }

    /// The requests to both servers: method and path.
    package var lines: [String] {
        (hub.requests + storage.requests).map {
            $0.line.split(separator: " ").prefix(2).joined(separator: " ")
        }
    }

    /// Where its data is.
    package static var fixtures: String { repository + "/Tests/HubTests/Fixtures" }
    /// What scripts/fixtures/hub_cache.py recorded.
    package static var fixture: [String: Value] {
        get throws {
            try JSON.decode(try Files.read(fixtures + "/hub.json"), name: "hub.json").object ?? [:]
        }
    }

    /// The bytes of a file of this repository.
    package static func file(_ path: String) throws -> [UInt8] {
        try Files.read(repository + "/" + path)
    }

    private static var repository: String {
        Files.parent(of: Files.parent(of: Files.parent(of: #filePath)))
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
