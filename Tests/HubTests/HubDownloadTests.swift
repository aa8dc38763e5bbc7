import Foundation
import LyceumKit
import Synchronization
import TestServers
import TestSupport
import Testing

@testable import Hub

private let weights = "2ab7140c1136d46cb679ea4baed6df14579a453951cdc579a8b0dc681d13f578"

/// Downloads that go wrong: each ends in the right bytes, or in an error that says what to do, and loses nothing.
@Suite struct HubDownloadTests {
    private let model: HubRepository

    init() throws { model = try HubRepository(.model, "lyceum-tests/tiny-t5") }

    private func fetch(
        _ server: HubServer, _ folder: String, _ variables: [String: String] = [:], token: String? = nil,
        job: Job = .silent()
    ) throws -> String {
        try Hub(server.settings(folder, variables)).checkpoint(model, token: token, job: job)
    }

    private func partial(_ folder: String) -> String {
        "\(folder)/models--lyceum-tests--tiny-t5/blobs/\(weights).incomplete"
    }

    /// The bytes that a cut download has left; -1 if it has left none.
    private func partialSize(_ folder: String) -> Int { (try? Files.read(partial(folder)).count) ?? -1 }

    /// The weights in the cache are those of the fixture.
    private func expectWhole(_ path: String) throws {
        #expect(
            try Files.read(path + "/model.safetensors")
                == HubServer.file("Tests/T5Tests/Fixtures/relu/model.safetensors"))
    }

    /// The connection breaks again and again: each time the download goes on where it stopped.
    @Test func cuts() throws {
        let tries = Counter()
        let server = try HubServer { path, _, usual in
            guard path == "/\(weights)", tries.next() < 4 else { return nil }
            var reply = usual
            reply.fault = .drop(after: 50_000)
            return reply
        }
        try withFolder { folder in
            try expectWhole(try fetch(server, folder))
            let ranges = server.storage.requests.compactMap { $0.headers["range"] }
            #expect(ranges.suffix(3) == ["bytes=50000-", "bytes=100000-", "bytes=150000-"], "\(ranges)")
            #expect(!Files.exists(partial(folder)))
        }
    }

    /// A connection on which nothing comes any more is given up, and another one goes on.
    @Test func stalls() throws {
        let tries = Counter()
        let server = try HubServer { path, _, usual in
            guard path == "/\(weights)", tries.next() == 1 else { return nil }
            var reply = usual
            reply.fault = .stall(after: 50_000)
            return reply
        }
        try withFolder { folder in try expectWhole(try fetch(server, folder)) }
    }

    /// What an earlier process left is taken up: sound, damaged, too long, or on a server without ranges.
    @Test(arguments: ["sound", "damaged", "long", "whole", "no ranges"])
    func resumption(_ kind: String) throws {
        let server = try HubServer { path, request, usual in
            guard kind == "no ranges", path == "/\(weights)", request.headers["range"] != nil else {
                return nil
            }
            guard let whole = try? HubServer.file("Tests/T5Tests/Fixtures/relu/model.safetensors") else {
                return nil
            }
            var reply = HubServer.Reply(200)
            reply.body = whole
            return reply
        }
        try withFolder { folder in
            var bytes = Array(try HubServer.file("Tests/T5Tests/Fixtures/relu/model.safetensors"))
            switch kind {
            case "damaged":
                bytes = Array(bytes.prefix(70_000))
                bytes[5] ^= 1
            case "long": bytes += [1, 2, 3]
            case "whole": break
            default: bytes = Array(bytes.prefix(70_000))
            }
            try Files.makeFolder(Files.parent(of: partial(folder)))
            try Files.write(bytes, to: partial(folder))
            let notes = Notes()
            try expectWhole(try fetch(server, folder, job: notes.job()))
            #expect(notes.lines.contains { $0.contains("damaged") } == (kind == "damaged"))
            let asked = server.storage.requests.filter { $0.line.contains(weights) }.map {
                $0.headers["range"] ?? "all"
            }
            switch kind {
            case "sound", "no ranges": #expect(asked == ["bytes=70000-"])
            case "damaged": #expect(asked == ["bytes=70000-", "all"])
            case "long": #expect(asked == ["all"])
            default: #expect(asked.isEmpty)
            }
        }
    }

    /// A file that is not what was announced: nothing of it stays.
    @Test(arguments: ["weights", "config"])
    func wrongHash(_ which: String) throws {
        let server = try HubServer { path, request, usual in
            guard request.line.hasPrefix("GET"), path.hasSuffix(which == "weights" ? weights : "/config.json")
            else { return nil }
            var reply = usual
            reply.body[3] ^= 1
            return reply
        }
        try withFolder { folder in
            let text = "\(error { try fetch(server, folder) })"
            #expect(
                text.contains("is not what the Hub announced")
                    && text.contains(which == "weights" ? "SHA-256" : "Git hash"), "\(text)")
            let path = folder + "/models--lyceum-tests--tiny-t5"
            #expect(!Files.exists(path + "/blobs/\(weights)"))
            if which == "weights" { #expect(partialSize(folder) == 0) }
        }
    }

    /// Busy servers are asked again, as they ask for it.
    @Test(arguments: [429, 500, 503, 408])
    func busy(_ status: Int) throws {
        let seen = Mutex<Set<String>>([])
        let server = try HubServer { _, request, _ in
            guard seen.withLock({ $0.insert(request.line).inserted }) else { return nil }
            return HubServer.Reply(status, #"{"error":"busy"}"#, headers: ["Retry-After": "0.01"])
        }
        try withFolder { folder in try expectWhole(try fetch(server, folder)) }
    }

    @Test(
        arguments: [
            (401, "GatedRepo", "is gated: its owner decides who may read it; ask for access on"),
            (403, "GatedRepo", "is gated"), (401, "", "is not on http://127.0.0.1"),
            (401, "RepoNotFound", "or not open to you; check the name, and that the account of this token"),
            (404, "RevisionNotFound", "has no revision 'main'"), (403, "", "may not be read: no, hf_secret"),
            (418, "", "answers 418"),
        ])
    func refusals(_ status: Int, _ code: String, _ expected: String) throws {
        let server = try HubServer { _, _, _ in
            HubServer.Reply(
                status, #"{"error":"no, hf_secret"}"#, headers: code.isEmpty ? [:] : ["X-Error-Code": code])
        }
        try withFolder { folder in
            let text = "\(error { try fetch(server, folder) })"
            #expect(text.contains(expected.replacing("hf_secret", with: "[token]")), "\(text)")
            #expect(!text.contains("hf_secret"))
        }
    }

    @Test func missingThings() throws {
        let server = try HubServer()
        try withFolder { folder in
            let hub = Hub(server.settings(folder))
            let none = try HubRepository(.model, "lyceum-tests/none")
            #expect(
                "\(error { try hub.checkpoint(none, job: .silent()) })".contains(
                    "the model 'lyceum-tests/none' is not on"))
            let file = "\(error { try hub.fetch(model, patterns: ["confg.json"], job: .silent()) })"
            #expect(file.contains("did you mean 'config.json'"), "\(file)")
            #expect(!Files.exists(folder + "/models--lyceum-tests--none"))
        }
        server.hub.stop()
        try withFolder { folder in
            let text = "\(error { try fetch(server, folder) })"
            #expect(
                text.contains("127.0.0.1 does not answer") && text.contains("HF_HUB_OFFLINE=1"), "\(text)")
        }
    }

    /// A server that takes the connection and says nothing.
    @Test func silence() throws {
        let server = try HubServer { _, _, _ in HubServer.Reply(200, delay: 5) }
        try withFolder { folder in
            let text = "\(error { try fetch(server, folder, ["HF_HUB_ETAG_TIMEOUT": "0.3"]) })"
            #expect(text.contains("does not answer: no answer within"), "\(text)")
        }
    }

    /// More than the disk holds is refused before the first byte.
    @Test func fullDisk() throws {
        let server = try HubServer { path, request, usual in
            guard request.line.hasPrefix("HEAD"), path.hasSuffix("/model.safetensors") else { return nil }
            var reply = usual
            reply.headers["X-Linked-Size"] = "900000000000000000"
            return reply
        }
        try withFolder { folder in
            let text = "\(error { try fetch(server, folder) })"
            #expect(text.contains("the disk is too full: 900") && text.contains("HF_HUB_CACHE"), "\(text)")
            #expect(!server.lines.contains { $0.hasPrefix("GET /lyceum-tests") })
        }
    }

    /// The token goes to the Hub, and to nobody else.
    @Test func tokens() throws {
        let server = try HubServer()
        try withFolder { folder in
            _ = try fetch(server, folder)
            #expect(server.hub.requests.allSatisfy { $0.headers["authorization"] == "Bearer hf_secret" })
            #expect(
                !server.storage.requests.isEmpty
                    && server.storage.requests.allSatisfy { $0.headers["authorization"] == nil })
        }
        try withFolder { folder in
            _ = try fetch(server, folder, ["HF_TOKEN": ""], token: "hf_given")
            #expect(server.hub.requests.last?.headers["authorization"] == "Bearer hf_given")
            #expect(
                "\(error { try fetch(server, folder, token: "a\nb") })".contains("expected an access token"))
        }
    }

    /// An old name: the Hub redirects to the new one within itself.
    @Test func renamed() throws {
        let server = try HubServer()
        try withFolder { folder in
            let old = try HubRepository(.model, "old-name/tiny-t5")
            try expectWhole(try Hub(server.settings(folder)).checkpoint(old, job: .silent()))
            #expect(server.hub.requests.allSatisfy { $0.headers["authorization"] != nil })
        }
    }

    /// Names that a hostile server makes up stay in the cache.
    @Test func hostileNames() throws {
        for name in ["../../escape", "/etc/passwd", "a/../../b", "a//b", "..", "a\\..\\b"] {
            #expect(!Hub.isInside(name))
        }
        let server = try HubServer { path, request, usual in
            guard request.line.hasPrefix("HEAD") else { return nil }
            var reply = usual
            reply.headers["X-Linked-Etag"] = "\"../../../escape\""
            return reply
        }
        try withFolder { folder in
            #expect("\(error { try fetch(server, folder) })".contains("ETag that cannot name a file"))
            #expect(Files.list(folder).sorted() == [".locks", "models--lyceum-tests--tiny-t5"])
        }
        let loops = try HubServer { path, _, _ in HubServer.Reply(302, headers: ["Location": path + "x"]) }
        try withFolder { folder in #expect("\(error { try fetch(loops, folder) })".contains("redirects")) }
    }

    /// A mirror that does not say how long a file is.
    @Test func unmeasured() throws {
        let server = try HubServer { path, request, usual in
            guard path.contains("resolve") || path == "/\(weights)" else { return nil }
            var reply = usual
            reply.headers["X-Linked-Size"] = nil
            reply.fault = .unmeasured
            return reply
        }
        try withFolder { folder in try expectWhole(try fetch(server, folder)) }
    }

    /// Two at once: one downloads, the other waits for it and finds the file.
    @Test func locks() throws {
        let server = try HubServer { path, _, usual in
            guard path == "/\(weights)" else { return nil }
            var reply = usual
            reply.delay = 0.3
            return reply
        }
        try withFolder { folder in
            let folders = Counter()
            DispatchQueue.concurrentPerform(iterations: 4) { _ in
                if (try? fetch(server, folder)) != nil { _ = folders.next() }
            }
            #expect(folders.next() == 5)
            #expect(server.storage.requests.count { $0.line.contains(weights) } == 1)
        }
    }

    /// A cancelled download keeps what came, and says so.
    @Test func cancellation() throws {
        let notes = Notes()
        let job = notes.job()
        let server = try HubServer { path, _, usual in
            guard path == "/\(weights)" else { return nil }
            var reply = usual
            reply.fault = .stall(after: 60_000)
            return reply
        }
        try withFolder { folder in
            DispatchQueue.global().async {
                while !server.storage.requests.contains(where: { $0.line.contains(weights) }) {
                    usleep(10_000)
                }
                while partialSize(folder) < 60_000 { usleep(10_000) }
                job.cancel()
            }
            let text = "\(error { try fetch(server, folder, ["HF_HUB_DOWNLOAD_TIMEOUT": "60"], job: job) })"
            #expect(
                text.contains("interrupted: 60.0 kB of model.safetensors are kept; the same call goes on"),
                "\(text)")
            #expect(partialSize(folder) == 60_000)
            #expect(notes.progress.contains { $0.unit == "MB" })
        }
    }
}
