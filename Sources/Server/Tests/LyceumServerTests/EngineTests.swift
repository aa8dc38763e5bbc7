import Glibc
import LyceumKit
import Testing

@testable import LyceumServer

/// How requests share a student.
@Suite struct EngineTests {
    @Test func requestsAreDecodedTogetherAndNotMixedUp() async throws {
        let log = StepLog()
        try await withServer([words(log: log, pause: 0.002)]) { port in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<48 {
                    group.addTask {
                        let prompt = (0..<(3 + number % 20)).map { "\(number)-\($0)" }.joined(separator: " ")
                        let body = completion(prompt, ["stream": .bool(number % 3 == 0)])
                        let reply = try await ask(port, "POST", "/v1/completions", body)
                        let text =
                            number % 3 == 0
                            ? reply.streamedText : reply.field("choices", "0", "text")?.string
                        #expect(text == WordStudent.answer(prompt))
                    }
                }
                try await group.waitForAll()
            }
        }
        #expect(log.most > 4)
        #expect(log.most <= ServerLimits().batch)
    }

    @Test func aFullQueueIsRefusedWithRetryAfter() async throws {
        var limits = ServerLimits()
        (limits.queue, limits.batch) = (2, 1)
        try await withServer([words(pause: 0.05)], limits: limits) { port in
            let replies = try await withThrowingTaskGroup(of: RawConnection.Reply.self) { group in
                for _ in 0..<12 {
                    group.addTask {
                        try await ask(port, "POST", "/v1/completions", completion("a b c d e f"))
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let refused = replies.filter { $0.status == 429 }
            #expect(!refused.isEmpty)
            #expect(replies.allSatisfy { $0.status == 200 || $0.status == 429 })
            for reply in refused {
                #expect(reply.errorCode == "queue_full")
                #expect(reply.headers["retry-after"].flatMap { Int($0) } ?? 0 >= 1)
            }
            #expect(replies.count { $0.status == 200 } >= 2)
        }
    }

    @Test func aClientThatLeavesIsNotWorkedForAnyMore() async throws {
        let log = StepLog()
        try await withServer([words(log: log, pause: 0.1)]) { port in
            for isStreamed in [true, false] {
                let (before, added) = (log.removals, log.additions)
                let prompt = (0..<48).map(String.init).joined(separator: " ")
                try await blocking {
                    let connection = try RawConnection(port: port)
                    connection.send(
                        RawConnection.request(
                            "POST", "/v1/completions", completion(prompt, ["stream": .bool(isStreamed)])))
                    if isStreamed { #expect(connection.read(until: "data: ")) }
                    // It takes five seconds if nobody leaves.
                    for _ in 0..<3000 where log.additions == added { usleep(10_000) }
                    connection.close()
                }
                for _ in 0..<500 where log.removals == before { try await Task.sleep(for: .milliseconds(10)) }
                #expect(log.removals == before + 1)
            }
            let metrics = try await ask(port, "GET", "/metrics").body
            #expect(metrics.contains("lyceum:request_cancelled_total{model_name=\"words\"} 2\n"))
        }
    }

    /// Some of a full batch leave in the middle of their streams: their rows leave the batch, and everybody else gets
    /// the right answer.
    @Test func thoseWhoLeaveDoNotDisturbTheOthers() async throws {
        let prompts = (0..<24).map { number in (0..<40).map { "\(number)-\($0)" }.joined(separator: " ") }
        let leavers = prompts.indices.filter { $0 % 3 == 0 }
        // All are in the batch before a word is written, and three words are written before those who leave have left.
        let log = StepLog(expecting: prompts.count, isHeld: true)
        try await withServer([words(log: log)]) { port in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (number, prompt) in prompts.enumerated() {
                    let leaves = leavers.contains(number)
                    let isStreamed = leaves || number % 4 != 3
                    let body = completion(prompt, ["stream": .bool(isStreamed)])
                    group.addTask {
                        guard leaves else {
                            let reply = try await ask(port, "POST", "/v1/completions", body)
                            #expect(reply.status == 200)
                            let text =
                                isStreamed ? reply.streamedText : reply.field("choices", "0", "text")?.string
                            #expect(text == WordStudent.answer(prompt))
                            return
                        }
                        try await blocking {
                            let connection = try RawConnection(port: port)
                            connection.send(RawConnection.request("POST", "/v1/completions", body))
                            #expect(connection.read(until: "\(number)-38"))
                            connection.close()
                        }
                    }
                }
                group.addTask {
                    for _ in 0..<3000 where log.removals < leavers.count {
                        try await Task.sleep(for: .milliseconds(10))
                    }
                    log.release()
                }
                try await group.waitForAll()
            }
            #expect(log.removals == leavers.count)
            let metrics = try await ask(port, "GET", "/metrics").body
            #expect(
                metrics.contains(
                    "lyceum:request_cancelled_total{model_name=\"words\"} \(leavers.count)\n"), "\(metrics)")
        }
        #expect(log.most == prompts.count)
    }

    @Test func aRequestEndsAtItsTimeout() async throws {
        var limits = ServerLimits()
        limits.timeout = 0.2
        try await withServer([words(pause: 0.05)], limits: limits) { port in
            let prompt = (0..<48).map(String.init).joined(separator: " ")
            let reply = try await ask(port, "POST", "/v1/completions", completion(prompt))
            #expect(reply.status == 504)
            #expect(reply.errorCode == "timeout")
        }
    }

    @Test func clientsTakeTurns() {
        var queue = FairQueue<String>()
        for item in ["a1", "a2", "a3", "b1", "c1", "c2"] { queue.append(item, of: String(item.prefix(1))) }
        var order: [String] = []
        while let item = queue.popFirst() { order.append(item) }
        #expect(order == ["a1", "b1", "c1", "a2", "c2", "a3"])
        #expect(queue.count == 0)
    }

    @Test func theNextStaysTheNext() {
        var queue = FairQueue<Int>()
        for item in [9, 1] { queue.append(item, of: "a") }
        queue.append(2, of: "b")
        #expect(queue.first == 9)
        #expect(queue.count == 3)
        #expect(queue.remove(where: { $0 == 9 }) == [9])
        #expect(queue.popFirst() == 1)
        #expect(queue.popFirst() == 2)
        #expect(queue.popFirst() == nil)
    }

    @Test func stopWordsAreHeldBackUntilTheyAreSure() {
        for pieces in [
            ["hello STOP x"], ["hello S", "TOP x"], ["hello ", "S", "T", "O", "P"], ["hello ST", "OPx"],
        ] {
            var filter = StopFilter(["STOP"])
            var text = ""
            for piece in pieces { text += filter.take(piece) }
            text += filter.finish()
            #expect(text == "hello ")
            #expect(filter.isOver)
        }
        var filter = StopFilter(["STOP", "é!"])
        #expect(filter.take("a ST") == "a ")
        #expect(filter.take("AR é") == "STAR ")
        #expect(filter.finish() == "é")
        #expect(!filter.isOver)
    }

    @Test func aStudentThatCannotBeLoadedIsSaid() async throws {
        let broken = Serving.Model(name: "broken") { throw LyceumError.failed("no weights", remedy: nil) }
        var door = Serving.Door()
        door.port = 0
        let serving = Serving(door: door, tell: { _ in })
        let (ports, sink) = AsyncStream<Int>.makeStream()
        let server = Task { try await serving.serve([broken], signals: [], onRunning: { sink.yield($0) }) }
        var iterator = ports.makeAsyncIterator()
        let port = try #require(await iterator.next())
        var health = try await ask(port, "GET", "/health")
        while health.field("status") == "loading" { health = try await ask(port, "GET", "/health") }
        #expect(health.status == 503)
        #expect(health.field("status") == "failed")
        let reply = try await ask(port, "POST", "/v1/completions", completion("a", model: "broken"))
        #expect(reply.status == 503)
        #expect(reply.body.contains("no weights"))
        server.cancel()
        _ = try? await server.value
    }
}
