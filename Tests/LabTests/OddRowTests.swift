import GRDB
import Glibc
import LyceumKit
import Testing

@testable import Lab

private let train = RunStart(kind: .train, title: "t5")

/// One odd field or row never makes its neighbours unreadable, and nobody else reads what is kept.
@Suite struct OddRowTests {
    private let folder = TemporaryFolder()

    @Test func oddRepliesLoseNoText() throws {
        let lab = LabStore(folder: folder.lab)
        try lab.keep((0..<4).map { newReply($0) })
        try lab.write { db in

            try db.execute(sql: "UPDATE replies SET created = 'yesterday' WHERE id = 1")
            try db.execute(sql: "UPDATE replies SET logprobs = '{broken' WHERE id = 2")
            try db.execute(sql: "UPDATE replies SET prompt_tokens = 9223372036854775807 WHERE id = 3")
        }
        let found = try LabStore(folder: folder.lab).replies(for: (0..<4).map { request($0).key })
        #expect(found.count == 4)
        #expect(found[request(1).key]?.reply.logprobs == nil)
        #expect(found[request(0).key]?.reply.text == newReply(0).reply.reply.text)
    }

    @Test func oddRunsHideNoOthers() throws {
        let lab = LabStore(folder: folder.lab)
        let ids = try (0..<4).map { _ in try lab.startRun(train) }
        for id in ids { try lab.finishRun(id, .finished) }
        try lab.write { db in
            try db.execute(
                sql: "UPDATE runs SET options = '{broken', started = '99999999999-1-1T1:1:1.1Z' WHERE id = ?",
                arguments: [ids[0]])
            try db.execute(
                sql: "UPDATE runs SET kind = 'of a later version' WHERE id = ?", arguments: [ids[1]])
            try db.execute(
                sql: "UPDATE runs SET finished = 'x', data = '[1]' WHERE id = ?", arguments: [ids[2]])
        }
        let runs = try LabStore(folder: folder.lab).runs()
        #expect(Set(runs.map(\.id)) == Set([ids[0], ids[2], ids[3]]))
        let damaged = try #require(runs.first { $0.id == ids[0] })
        #expect(damaged.problem?.contains("damaged: options, started") == true)
        #expect(runs.first { $0.id == ids[3] }?.problem == nil)
    }

    @Test func reasoningIsKept() throws {
        var new = newReply(1).reply.reply
        new.reasoning = "hm"
        try LabStore(folder: folder.lab).keep([(request(1), StoredReply(new, cost: nil))])
        let found = try LabStore(folder: folder.lab).replies(for: [request(1).key])
        #expect(found[request(1).key]?.reply.reasoning == "hm")
    }

    @Test func secretsAreNotStored() throws {
        let sent = SentRequest(
            kind: "openai", server: "https://user:pw@host/tenant-SECRET4/v1?key=SECRET5", model: "m",
            messages: [ChatMessage(.user, "q")],
            parameters: [
                "access_token": "SECRET1", "max_tokens": 5,
                "nested": ["list": [["X-Api-Key": "SECRET2", "plain": "stays"]]],
                "url": "https://u:SECRET3@h/x",
            ])
        // Who asks does not change what is answered; where it is asked does.
        let other = SentRequest(
            kind: "openai", server: "https://host/tenant-OTHER/v1", model: "m",
            messages: [ChatMessage(.user, "q")], parameters: sent.parameters)
        #expect(sent.key != other.key)
        try LabStore(folder: folder.lab).keep([(sent, newReply(1).reply)])
        #expect(try LabStore(folder: folder.lab).replies(for: [sent.key]).count == 1)
        #expect(sent.of(kind: "openai", sample: 0) == sent)
        for name in Files.list(folder.lab) where !Files.isFolder(Files.join(folder.lab, name)) {
            let bytes = try Files.read(Files.join(folder.lab, name))
            #expect(ByteSearch.firstIndex(of: Array("SECRET".utf8), in: bytes) == nil, "\(name)")
        }
    }

    @Test func nobodyElseReadsIt() throws {
        let lab = LabStore(folder: folder.lab)
        try lab.keep([newReply(1)])
        for path in [folder.lab] + Files.list(folder.lab).map({ Files.join(folder.lab, $0) }) {
            var status = stat()
            #expect(stat(path, &status) == 0 && status.st_mode & 0o007 == 0, "\(path)")
        }
        // A lab of an older version, which others could read.
        chmod(lab.path, 0o664)
        try LabStore(folder: folder.lab).keep([newReply(2)])
        var status = stat()
        #expect(stat(lab.path, &status) == 0 && status.st_mode & 0o777 == 0o660)
    }
}
