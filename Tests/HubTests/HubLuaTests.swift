import Foundation
import LuaBridge
import LyceumKit
import Scripting
import TestServers
import TestSupport
import Testing
import Workbench

@testable import Hub

/// The Hub through the doors that people use: Lua and the command line.
@Suite struct HubLuaTests {
    private static var tests: String { CommandLine.arguments.first ?? "." }

    private func state(
        _ server: HubServer, _ folder: String, mayDownload: Bool = true, notes: Notes = Notes()
    ) throws -> LuaState {
        let state = try LuaState()
        var hub = Hub(server.settings(folder + "/hub"))
        hub.settings.mayDownload = mayDownload
        try Scripting.install(
            into: state,
            environment: ScriptEnvironment(
                plugins: PluginHost(folders: [Files.parent(of: Self.tests)]), hub: hub,
                listener: Job.Listener(progress: { _ in }, note: { _ in }),
                lab: LabSession(folder: folder + "/lab", versions: ["lyceum": "test"], tell: { _ in }),
                write: { _ in }))
        return state
    }

    /// From an empty cache: load by name, train two steps, generate; the data set by its name as well.
    @Test func fromNamesToAnAnswer() throws {
        let server = try HubServer()
        try withFolder { folder in
            let state = try state(server, folder)
            try state.run(
                """
                local rows = data.load("hf:lyceum-tests/news", { split = "train" })
                assert(#rows == 50 and rows[31].id:sub(-2) == "1e", rows[31].id)
                assert(data.load("\(HubServer.fixtures)/news.jsonl").fingerprint == rows.fingerprint)
                assert(#data.load("hf:lyceum-tests/news:3.0.0", { split = "test", columns = { "id" } }).columns == 1)
                assert(#data.load("hf:lyceum-tests/script", { split = "train" }) == 30)
                local t5 = student.load("lyceum-tests/tiny-t5")
                local run = t5:train(rows:take(4), { input = "article", target = "highlights", max_steps = 2, batch_size = 2 })
                local out = t5:generate(rows:take(2), { input = "article", max_new_tokens = 4 })
                assert(#out == 2 and out[1].prediction)
                local cached = hub.list()
                assert(#cached == 3 and cached[3].id == "lyceum-tests/tiny-t5" and cached[3].revisions[1] == "main")
                local files = hub.files("lyceum-tests/news", { kind = "dataset" })
                assert(#files == 7 and files[1].name == "1.0.0/test-00000-of-00001.parquet" and files[1].size > 1000)
                local path = hub.fetch("lyceum-tests/news", { kind = "dataset", files = { "*.md" } })
                assert(io.open(path .. "/README.md"):read("a"):find("News"))
                assert(hub.remove("lyceum-tests/tiny-t5") > 200000 and #hub.list() == 2)
                """, name: "test")
        }
    }

    @Test(
        arguments: [
            (
                #"student.load("lyceum-tests/none")"#,
                "there is no folder 'lyceum-tests/none', and the model 'lyceum-tests/none' is not on"
            ),
            (#"student.load("t5-small")"#, #"did you mean "google-t5/t5-small", which is on the Hub?"#),
            (#"student.load("./none/x")"#, "does not exist; name a folder that student:save"),
            (#"student.load("/tmp", { revision = "x" })"#, "option 'revision': expected a name on the Hub"),
            (#"student.load("a/b", { revison = "x" })"#, "did you mean 'revision'"),
            (
                #"data.load("hf:lyceum-tests/news")"#,
                #"has several splits; choose one with split = "train", "test""#
            ),
            (#"data.load("hf:lyceum-tests/news", { split = "tran" })"#, "did you mean 'train'"),
            (
                #"data.load("hf:lyceum-tests/news:2.0.0", { split = "train" })"#,
                "unknown configuration of lyceum-tests/news: '2.0.0'"
            ),
            (
                #"data.load("hf:lyceum-tests/none", { split = "train" })"#,
                "the data set 'lyceum-tests/none' is not on"
            ),
            (#"data.load("x.jsonl", { split = "train" })"#, "option 'split': expected a data set of the Hub"),
            (#"data.load("hf:../x")"#, "name on the Hub: expected owner/name"),
            (
                #"hub.fetch("lyceum-tests/tiny-t5", { files = { "x.bin" } })"#,
                "unknown file of lyceum-tests/tiny-t5: 'x.bin'"
            ),
            (#"hub.remove("lyceum-tests/tiny-t5")"#, "unknown model in the cache 'lyceum-tests/tiny-t5'"),
        ])
    func mistakes(_ code: String, _ expected: String) throws {
        let server = try HubServer()
        try withFolder { folder in
            let state = try state(server, folder)
            let text = "\(error { try state.run(code, name: "test") })"
            #expect(text.contains(expected), "\(text)")
        }
    }

    /// A sandbox without the permission uses what is there, and asks nobody.
    @Test func sandboxed() throws {
        let server = try HubServer()
        try withFolder { folder in
            let closed = try state(server, folder, mayDownload: false)
            let text = "\(error { try closed.run(#"student.load("lyceum-tests/tiny-t5")"#, name: "test") })"
            #expect(
                text.contains("this sandbox may not use the network; allow it with --allow-host 127.0.0.1"),
                "\(text)")
            #expect(server.lines.isEmpty)
            try state(server, folder).run(#"student.load("lyceum-tests/tiny-t5")"#, name: "test")
            let before = server.lines.count
            try closed.run(
                #"assert(student.load("lyceum-tests/tiny-t5").architecture == "t5")"#, name: "test")
            #expect(server.lines.count == before)
        }
    }

    // MARK: The program

    private func start(_ arguments: [String], _ server: HubServer, _ folder: String, output: String) throws
        -> Process
    {
        let program = Process()
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        program.executableURL = URL(fileURLWithPath: Files.parent(of: own) + "/lyceum")
        program.arguments = arguments
        program.environment = [
            "HOME": folder, "PATH": "/usr/bin:/bin", "HF_ENDPOINT": server.endpoint,
            "HF_HUB_CACHE": folder + "/hub",
            "HF_HUB_DOWNLOAD_TIMEOUT": "60",
        ]
        try Files.write("", to: output)
        program.standardOutput = FileHandle(forWritingAtPath: output)
        program.standardError = program.standardOutput
        try program.run()
        return program
    }

    private func run(_ arguments: [String], _ server: HubServer, _ folder: String) throws -> (
        status: Int32, output: String
    ) {
        let program = try start(arguments, server, folder, output: folder + "/out")
        program.waitUntilExit()
        return (program.terminationStatus, String(decoding: try Files.read(folder + "/out"), as: UTF8.self))
    }

    @Test func commandLine() throws {
        let server = try HubServer()
        try withFolder { folder in
            let fetched = try run(["hub", "fetch", "lyceum-tests/tiny-t5"], server, folder)
            #expect(
                fetched.status == 0
                    && fetched.output.hasSuffix("snapshots/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1\n"),
                "\(fetched)")
            #expect(
                try run(
                    ["hub", "fetch", "--dataset", "lyceum-tests/news", "--file", "README.md"], server, folder
                ).status == 0)
            let listed = try run(["hub", "ls"], server, folder).output
            #expect(
                listed.contains("lyceum-tests/tiny-t5") && listed.contains("kB") && listed.contains("main")
                    && listed.contains("dataset"), "\(listed)")
            let removed = try run(["hub", "rm", "lyceum-tests/tiny-t5"], server, folder)
            #expect(removed.status == 0 && removed.output.contains("became free"))
            let missing = try run(["hub", "rm", "lyceum-tests/tiny-t5"], server, folder)
            #expect(
                missing.status == 1 && missing.output.contains("unknown model in the cache"), "\(missing)")
            let wrong = try run(["hub", "fetch", "lyceum-tests/none"], server, folder)
            #expect(wrong.status == 1 && wrong.output.contains("is not on http://127.0.0.1"), "\(wrong)")
            try Files.write(#"student.load("lyceum-tests/tiny-t5")"#, to: folder + "/x.lua")
            let sandboxed = try run(["--no-lab", "run", "--sandbox", folder + "/x.lua"], server, folder)
            #expect(
                sandboxed.status == 1 && sandboxed.output.contains("allow it with --allow-host 127.0.0.1"),
                "\(sandboxed)")
        }
    }

    /// kill -9 in the middle of a download: the next one goes on where it stopped.
    @Test func killed() throws {
        let weights = "2ab7140c1136d46cb679ea4baed6df14579a453951cdc579a8b0dc681d13f578"
        let tries = Counter()
        let server = try HubServer { path, _, usual in
            guard path == "/\(weights)", tries.next() == 1 else { return nil }
            var reply = usual
            reply.fault = .stall(after: 120_000)
            return reply
        }
        try withFolder { folder in
            let program = try start(
                ["hub", "fetch", "lyceum-tests/tiny-t5"], server, folder, output: folder + "/out")
            let partial = "\(folder)/hub/models--lyceum-tests--tiny-t5/blobs/\(weights).incomplete"
            for _ in 0..<1000 where (try? Files.read(partial).count) ?? 0 < 120_000 { usleep(10_000) }
            #expect(try Files.read(partial).count == 120_000)
            kill(program.processIdentifier, SIGKILL)
            program.waitUntilExit()
            #expect(try run(["hub", "fetch", "lyceum-tests/tiny-t5"], server, folder).status == 0)
            #expect(
                server.storage.requests.last { $0.line.contains(weights) }?.headers["range"]
                    == "bytes=120000-")
            let whole =
                "\(folder)/hub/models--lyceum-tests--tiny-t5/snapshots/\(String(repeating: "a", count: 39))1/model.safetensors"
            #expect(try Files.read(whole) == HubServer.file("Tests/T5Tests/Fixtures/relu/model.safetensors"))
        }
    }
}
