import Foundation
import LyceumKit
import TestServers
import TestSupport
import Testing

@testable import Hub

private let model = try? HubRepository(.model, "lyceum-tests/tiny-t5")

/// The cache is the one that the Python client writes from the same server; scripts/fixtures/hub_cache.py recorded it.
@Suite struct HubCacheTests {
    /// Every file and link of a cache, as the fixture has them.
    private func tree(_ root: String) throws -> [[String: String]] {
        let manager = FileManager.default
        return try (manager.subpaths(atPath: root) ?? []).sorted().compactMap { path in
            let full = root + "/" + path
            if path.hasPrefix(".locks") || path == "CACHEDIR.TAG" { return nil }
            if let link = try? manager.destinationOfSymbolicLink(atPath: full) {
                return ["path": path, "link": link]
            }
            if Files.isFolder(full) { return nil }
            var hash = SHA256()
            try Files.read(full).withUnsafeBytes { hash.update($0) }
            return ["path": path, "sha256": hash.finish().map { String(format: "%02x", $0) }.joined()]
        }
    }

    private func recorded() throws -> [[String: String]] {
        try (HubServer.fixture["cache"]?.list ?? []).map { ($0.object ?? [:]).compactMapValues(\.string) }
    }

    @Test func cacheIsPythons() throws {
        try withFolder { folder in
            let server = try HubServer()
            let hub = Hub(server.settings(folder))
            let checkpoint = try hub.checkpoint(#require(model), job: .silent())
            #expect(Files.exists(checkpoint + "/model.safetensors"))
            let files = try hub.files(
                of: HubDataset("hf:lyceum-tests/news"), split: "train", job: .silent(),
                isData: { $0.hasSuffix(".parquet") })
            #expect(
                files.map { $0.split(separator: "/").last ?? "" } == [
                    "train-00000-of-00002.parquet", "train-00001-of-00002.parquet",
                ])
            #expect(try tree(folder) == recorded())
            // Only what is needed came, and what is there does not come again.
            #expect(!server.lines.contains { $0.contains("pytorch_model.bin") || $0.contains("flax") })
            let before = server.lines.count
            #expect(try hub.checkpoint(#require(model), job: .silent()) == checkpoint)
            #expect(server.lines.count == before + 1)
        }
    }

    /// What Python has downloaded is found without a network, and the other way round: the layout is the same.
    @Test func offline() throws {
        try withFolder { folder in
            let server = try HubServer()
            let online = Hub(server.settings(folder))
            let path = try online.checkpoint(#require(model), job: .silent())
            let offline = Hub(server.settings(folder, ["HF_HUB_OFFLINE": "1"]))
            let before = server.lines.count
            #expect(try offline.checkpoint(#require(model), job: .silent()) == path)
            let commit = try #require(path.split(separator: "/").last.map(String.init))
            #expect(
                try offline.checkpoint(
                    HubRepository(.model, "lyceum-tests/tiny-t5", revision: commit), job: .silent()) == path)
            #expect(server.lines.count == before)
            let text =
                "\(error { try offline.checkpoint(HubRepository(.model, "lyceum-tests/other"), job: .silent()) })"
            #expect(
                text.contains("lyceum-tests/other is not in the cache, and HF_HUB_OFFLINE is set"), "\(text)")
            // A Hub that does not answer is as good as offline, and says so.
            server.hub.stop()
            let notes = Notes()
            #expect(try online.checkpoint(#require(model), job: notes.job()) == path)
            #expect(notes.lines.contains { $0.contains("using what is in the cache") })
        }
    }

    /// Parts of a data set that came alone do not pass for the whole.
    @Test func incompleteSplit() throws {
        try withFolder { folder in
            let server = try HubServer()
            let repository = try HubRepository(.dataset, "lyceum-tests/news")
            let hub = Hub(server.settings(folder))
            _ = try hub.fetch(repository, patterns: ["README.md", "3.0.0/train-00000*"], job: .silent())
            let offline = Hub(server.settings(folder, ["HF_HUB_OFFLINE": "1"]))
            let text =
                "\(error { try offline.files(of: HubDataset("hf:lyceum-tests/news"), split: "train", job: .silent(), isData: { $0.hasSuffix(".parquet") }) })"
            #expect(text.contains("only 1 of the 2 files"), "\(text)")
        }
    }

    @Test func removing() throws {
        try withFolder { folder in
            let server = try HubServer()
            let hub = Hub(server.settings(folder))
            _ = try hub.checkpoint(#require(model), job: .silent())
            try Files.write("mine", to: folder + "/notes.txt")
            let entry = try #require(try hub.cached().first)
            #expect(
                entry.repository == model && entry.commits.first?.revisions == ["main"]
                    && entry.size > 200_000)
            #expect(
                "\(error { try hub.remove(HubRepository(.model, "lyceum-tests/tiny"), revision: nil) })"
                    .contains("did you mean 'lyceum-tests/tiny-t5'"))
            #expect(throws: LyceumError.self) { try hub.remove(#require(model), revision: "none") }
            #expect(try hub.remove(#require(model), revision: "main") == entry.size)
            #expect(try hub.cached().first?.commits.isEmpty == true)
            _ = try hub.checkpoint(#require(model), job: .silent())
            #expect(try hub.remove(#require(model), revision: nil) == entry.size)
            #expect(try hub.cached().isEmpty && Files.exists(folder + "/notes.txt"))
        }
    }

    @Test func settings() {
        func settings(_ variables: [String: String]) -> HubSettings { HubSettings { variables[$0] } }
        #expect(settings(["HOME": "/h"]).cache == "/h/.cache/huggingface/hub")
        #expect(settings(["HOME": "/h", "XDG_CACHE_HOME": "/x"]).cache == "/x/huggingface/hub")
        #expect(settings(["HOME": "/h", "HF_HOME": "~/y"]).cache == "/h/y/hub")
        #expect(settings(["HF_HOME": "/y", "HF_HUB_CACHE": "/z"]).cache == "/z")
        #expect(settings([:]).cache == nil && settings([:]).endpoint == "https://huggingface.co")
        #expect(settings(["HF_ENDPOINT": "https://m.example/hub/"]).endpoint == "https://m.example/hub")
        for value in ["1", "true", "YES", "on"] { #expect(settings(["HF_HUB_OFFLINE": value]).isOffline) }
        #expect(
            !settings(["HF_HUB_OFFLINE": "0"]).isOffline && settings(["TRANSFORMERS_OFFLINE": "1"]).isOffline)
        #expect(settings(["HF_TOKEN": " hf_x\n"]).token?.header.value == "Bearer hf_x")
        #expect(settings(["HF_TOKEN": "hf_x", "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"]).token == nil)
        #expect(settings(["HF_TOKEN": "a\r\nX: y"]).token == nil)
        #expect("\(settings(["HF_TOKEN": "hf_secret"]))".contains("hf_secret") == false)
        let file = "/tmp/lyceum-hub-token-\(UInt64.random(in: 0...UInt64.max))"
        try? Files.write("hf_file\n", to: file)
        defer { Files.removeTree(file) }
        #expect(settings(["HF_TOKEN_PATH": file]).token?.header.value == "Bearer hf_file")
    }

    @Test(arguments: ["a", "a/b", "a-b/c.d_e", "google-t5/t5-small", "facebook/bart-large-cnn"])
    func names(_ name: String) throws {
        let repository = try HubRepository(.model, name)
        #expect(HubRepository(folderName: repository.folderName) == repository)
    }

    @Test(arguments: [
        "", "/", "a/b/c", "../x", "a/..", "-a/b", "a--b/c", "a/b.git", "a b", "ä/b", ".a/b", "a/", "/b",
    ])
    func badNames(_ name: String) {
        #expect(throws: LyceumError.self) { try HubRepository(.model, name) }
        for revision in ["", "a/../b", "/x", "a b", "a\nb", "x/"] {
            #expect(throws: LyceumError.self) { try HubRepository(.model, "a/b", revision: revision) }
        }
    }

    @Test func datasetNames() throws {
        let plain = try HubDataset("hf:abisee/cnn_dailymail")
        #expect(
            plain.repository.id == "abisee/cnn_dailymail" && plain.config == nil
                && plain.repository.revision == "main")
        let full = try HubDataset("hf:a/b:3.0.0@refs/pr/1")
        #expect(full.config == "3.0.0" && full.repository.revision == "refs/pr/1")
        #expect(try HubDataset("hf:a/b:x@y", config: "z", revision: "w") == HubDataset("hf:a/b:z@w"))
        #expect(full.repository.informationPath == "/api/datasets/a/b/revision/refs%2Fpr%2F1")
    }
}
