import Glibc
import LyceumKit
import Testing

@testable import Lab

/// Ends this process with SIGKILL after a while, from outside.
private func killMyself(afterMilliseconds delay: Int) {
    var shell = pid_t()
    let script = "sleep 0.\(String(1000 + delay).dropFirst()); kill -9 \(getpid())"
    let words: [UnsafeMutablePointer<CChar>?] = [strdup("/bin/sh"), strdup("-c"), strdup(script), nil]
    posix_spawn(&shell, "/bin/sh", nil, nil, words, nil)
}

@Suite struct KillTests {
    private let folder = TemporaryFolder()

    /// A process writes all kinds of things, says each time that it is told they are kept, and is killed.
    @Test(arguments: [0, 1, 3, 5, 8, 12, 20, 40, 80, 150, 300, 600])
    func nothingThatWasAcknowledgedIsLost(_ delay: Int) async throws {
        let (path, log) = (folder.lab, folder.file("log"))
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = path as String, log = log as String, delay = delay as Int] in
            killMyself(afterMilliseconds: delay)
            let lab = LabStore(folder: path)
            let generation = try lab.startGeneration(
                GenerationStart(
                    title: "g", teacher: "openai", model: "m", prompt: "p", inputData: "d", rows: 9))
            append("generation \(generation)", to: log)
            let recorder = lab.record(RunStart(kind: .train, title: "t5")) {
                append("problem \($0)", to: log)
            }
            for number in 0... {
                // Large enough that the write-ahead log is copied back often.
                let text = String(repeating: "\(number) ", count: 2000)
                let row = GenerationRow(row: number, outcome: .reply(newReply(number, text: text)))
                try lab.keep([row], of: generation)
                append("reply \(number)", to: log)
                recorder.metrics(step: number, ["loss": Double(number)])
                append("metric \(number)", to: log)
            }
        }
        let said = lines(of: log).map { $0.split(separator: " ") }
        func acknowledged(_ kind: String) -> [Int] {
            said.filter { $0.first == kind[...] }.compactMap { $0.last.flatMap { Int($0) } }
        }
        #expect(acknowledged("problem").isEmpty)
        let lab = LabStore(folder: path)
        let numbers = acknowledged("reply")
        let found = try lab.replies(for: numbers.map { request($0).key })
        #expect(found.count == numbers.count)
        for number in numbers {
            #expect(found[request(number).key]?.reply.text == String(repeating: "\(number) ", count: 2000))
        }
        for id in acknowledged("generation") {
            #expect(try lab.generation(id).answered >= numbers.count)
            #expect(try lab.run(id).state == .abandoned)
        }
        let runs = try lab.runs()
        #expect(runs.allSatisfy { $0.state == .abandoned })
        if let last = acknowledged("metric").last {
            let run = try #require(runs.first { $0.kind == .train })
            let loss = try #require(try lab.history(of: run.id)["loss"])
            #expect(loss.prefix(last + 1).map(\.step) == Array(0...last))
        }
        #expect(try lab.check().isEmpty)
        // It goes on where it stopped.
        try lab.keep([newReply(1_000_000)])
        let next = try lab.startRun(RunStart(kind: .train, title: "again"))
        #expect(next > runs.map(\.id).max() ?? 0)
        #expect(try lab.run(next).state == .running)
    }
}

@Suite struct SharingTests {
    private let folder = TemporaryFolder()

    @Test func severalProcessesUseOneLabAtOnce() async throws {
        let path = folder.lab
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    await #expect(processExitsWith: .success) {
                        [path = path as String, writer = writer as Int] in
                        // All of them begin by making the lab.
                        let lab = LabStore(folder: path)
                        let recorder = lab.record(RunStart(kind: .train, title: "writer \(writer)")) {
                            Issue.record("\($0)")
                        }
                        for number in 0..<100 {
                            try lab.keep([newReply(writer * 1000 + number)])
                            recorder.metrics(step: number, ["loss": 1])
                            if number % 10 == 0 { _ = try lab.runs() }
                        }
                        recorder.finish(.finished)
                    }
                }
            }
        }
        let lab = LabStore(folder: path)
        let keys = (0..<4).flatMap { writer in (0..<100).map { request(writer * 1000 + $0).key } }
        #expect(try lab.replies(for: keys).count == 400)
        let runs = try lab.runs(RunQuery(order: .title))
        #expect(runs.map(\.title) == (0..<4).map { "writer \($0)" })
        #expect(runs.allSatisfy { $0.state == .finished && $0.metrics["loss"]?.step == 99 })
        #expect(try lab.check().isEmpty)
    }

    @Test func severalThreadsUseOneLabAtOnce() async throws {
        let lab = LabStore(folder: folder.lab)
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    for number in 0..<25 {
                        #expect((try? lab.keep([newReply(writer * 1000 + number)])) != nil)
                        #expect((try? lab.runs()) != nil)
                    }
                }
            }
        }
        #expect(try lab.spending().replies == 200)
    }

    @Test func aLivingProcessKeepsItsRunsRunning() async throws {
        let (path, ready, done) = (folder.lab, folder.file("ready"), folder.file("done"))
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await #expect(processExitsWith: .exitCode(7)) {
                    [path = path as String, ready = ready as String, done = done as String] in
                    let lab = LabStore(folder: path)
                    _ = try lab.startRun(RunStart(kind: .train, title: "t5"))
                    append("now", to: ready)
                    wait(for: done)
                    exit(7)
                }
            }
            group.addTask {
                wait(for: ready)
                let states = (try? LabStore(folder: path).runs().map(\.state)) ?? []
                #expect(states == [.running])
                append("now", to: done)
            }
        }
        #expect(try LabStore(folder: path).runs().map(\.state) == [.abandoned])
        #expect(try LabStore(folder: path).runs(RunQuery(states: [.abandoned])).count == 1)
        #expect(Files.list(path + "/processes").isEmpty)
    }
}
