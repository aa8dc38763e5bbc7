import LyceumKit
import Testing
import Workbench

@testable import LyceumServer

/// The lab's pages over HTTP: `lyceum lab`, and /lab of `lyceum serve`.
@Suite struct LabServerTests {
    /// The pages of a lab that nobody has written yet.
    private static func site() -> LabSite {
        let folder = "/tmp/lyceum-no-lab-\(UInt64.random(in: 0...UInt64.max))"
        return LabSite(WorkSession(plugins: PluginHost(folders: []), lab: LabSession(folder: folder)))
    }

    private func withLab(
        keys: [String] = [], _ body: @escaping @Sendable (Int) async throws -> Void
    ) async throws {
        var door = Serving.Door()
        (door.port, door.keys) = (0, keys)
        var limits = ServerLimits()
        limits.grace = 0.01
        let serving = Serving(door: door, limits: limits, tell: { _ in })
        let (ports, sink) = AsyncStream<Int>.makeStream()
        let server = Task {
            try await serving.show(lab: { Self.site() }, signals: [], onRunning: { sink.yield($0) })
        }
        var iterator = ports.makeAsyncIterator()
        let port = try #require(await iterator.next())
        try await body(port)
        server.cancel()
        try await server.value
    }

    @Test func pagesRunOneScriptAndLoadNothing() async throws {
        try await withLab { port in
            let page = try await ask(port, "GET", "/")
            #expect(page.status == 200)
            #expect(page.body.contains("This lab is empty"))
            let policy = page.headers["content-security-policy"] ?? ""
            #expect(policy.contains("default-src 'none'") && policy.contains(LabSite.scriptHash))
            #expect(page.headers["x-content-type-options"] == "nosniff")
            let places: [(String, Int)] = [
                ("/prompts", 200), ("/compare", 200), ("/version", 200), ("/run/1", 404),
                ("/etc/passwd", 404),
                ("/?q=%ff%00&kind=%27&sort=%22", 200), ("/run/%2e%2e", 404), ("/favicon.ico", 204),
            ]
            for (path, status) in places {
                let found = try await ask(port, "GET", path)
                #expect(found.status == status, "\(path)")
            }
            let changed = try await ask(port, "POST", "/", "x=1")
            #expect(changed.status == 405)
            let head = try await ask(port, "GET", "/health")
            #expect(head.field("status") == "ok")
        }
    }

    @Test func beyondThisMachineABrowserAsksForTheKey() async throws {
        try await withLab(keys: ["secret"]) { port in
            let refused = try await ask(port, "GET", "/")
            #expect(refused.status == 401)
            #expect(refused.headers["www-authenticate"]?.hasPrefix("Basic") == true)
            // "me:secret"
            let opened = try await ask(port, "GET", "/", headers: ["Authorization: Basic bWU6c2VjcmV0"])
            #expect(opened.status == 200)
        }
    }

    @Test func theServerOfStudentsLinksToTheLab() async throws {
        try await withServer(lab: { Self.site() }) { port in
            let start = try await ask(port, "GET", "/")
            #expect(start.body.contains("href=\"/lab\"") && start.body.contains("words"))
            let lab = try await ask(port, "GET", "/lab")
            #expect(lab.status == 200)
            #expect(lab.body.contains("/lab/prompts"))
            let prompts = try await ask(port, "GET", "/lab/prompts")
            #expect(prompts.status == 200)
        }
        try await withServer { port in
            let none = try await ask(port, "GET", "/lab")
            #expect(none.status == 404)
        }
    }
}
