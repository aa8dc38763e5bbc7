import Foundation
import GRDB
import LyceumKit
import Testing

@testable import Lab

@Suite("Batches in the lab")
struct BatchStoreTests {
    let folder = TemporaryFolder()

    @Test("a reply of a batch is stored once, whoever brings it, and ends with its question")
    func once() throws {
        let first = LabStore(folder: folder.lab)
        let second = LabStore(folder: folder.lab)
        let requests = [request(1), request(2)]
        let batch = try first.openBatch(requests, mark: "m", server: "http://x")
        #expect(try first.keep([newReply(1)], ofBatch: batch.id).count == 1)
        #expect(
            try second.keep([newReply(1), newReply(2)], ofBatch: batch.id).keys.map(\.self) == [
                request(2).key
            ])
        #expect(try second.spending().replies == 2)
        #expect(try first.requests(ofBatch: batch.id).isEmpty)
        try first.endBatch(batch.id, state: "completed")
        #expect(try second.openBatches(holding: requests.map(\.key)).isEmpty)
    }

    @Test("a question comes back as it was written down")
    func unchanged() throws {
        let lab = LabStore(folder: folder.lab)
        let asked = SentRequest(
            kind: "openai", server: "http://x/v1", model: "m",
            messages: [ChatMessage(.system, "a\u{0}b"), ChatMessage(.user, "é\n\"")],
            parameters: ["temperature": 1.0, "top_p": 0.1, "stop": ["x"], "seed": -3], sample: 2)
        let batch = try lab.openBatch([asked], mark: "m", server: "http://x")
        #expect(try lab.requests(ofBatch: batch.id)[asked.key.digest]?.key == asked.key)
    }

    @Test("a batch that is being handed over is left to its process as long as that lives")
    func otherHands() throws {
        let keys = [request(1).key]
        var first: LabStore? = LabStore(folder: folder.lab)
        let second = LabStore(folder: folder.lab)
        let batch = try #require(try first?.openBatch([request(1)], mark: "m", server: "http://x"))
        #expect(try first?.openBatches(holding: keys).first?.batch.isInOtherHands == false)
        #expect(try second.openBatches(holding: keys).first?.batch.isInOtherHands == true)
        #expect(try !second.takeOverBatch(batch.id))
        first = nil
        #expect(try second.openBatches(holding: keys).first?.batch.isInOtherHands == false)
        #expect(try second.takeOverBatch(batch.id))
        try second.setName("batch_1", ofBatch: batch.id)
        #expect(
            try LabStore(folder: folder.lab).openBatches(holding: keys).first?.batch.isInOtherHands == false)
    }

    @Test("a lab of version 2 gets the tables and columns that came later and keeps its replies")
    func migrated() throws {
        let old = LabStore(folder: folder.lab)
        try Files.makeFolder(folder.lab)
        do {
            let queue = try DatabaseQueue(path: old.path)
            try LabSchema.migrator.migrate(queue, upTo: "2 logprobs")
            #expect(try queue.read { try Int.fetchOne($0, sql: "PRAGMA user_version") } == 2)
            try queue.write {
                try $0.execute(
                    sql: """
                        INSERT INTO replies (key, kind, server, model, messages, parameters, sample, text,
                            answered_by, finish_reason, seconds, created)
                        VALUES (?, 'openai', '', 'm', '[]', '{}', 0, 'Ho', 'm', 'stop', 0, ?)
                        """, arguments: [request(1).key.digest, Timestamp.now.text])
            }
        }
        #expect(try old.openBatches(holding: [request(1).key]).isEmpty)
        _ = try old.openBatch([request(2)], mark: "m", server: "http://x")
        #expect(try old.replies(for: [request(1).key])[request(1).key]?.reply.isEstimated == false)
        #expect(try old.openBatches(holding: [request(2).key]).count == 1)
    }
}
