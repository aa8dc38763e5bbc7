import Foundation
import Synchronization
import TestServers
import Testing

/// The paper's experiment with two tiny checkpoints and a teacher on loopback, whole and killed on the way.
@Suite("The paper's experiment", .serialized, .timeLimit(.minutes(5)))
struct PaperTests {
    private static let repository = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    /// A teacher that writes and summarises, and counts what it was asked.
    private final class Teacher: Sendable {
        let asked = Mutex<[String: Int]>([:])
        var count: Int { asked.withLock { $0.values.reduce(0, +) } }
        var distinct: Int { asked.withLock { $0.count } }

        func server() throws -> LoopbackServer {
            try LoopbackServer { [self] request in
                let text = (try? question(request)) ?? "?"
                asked.withLock { $0[text, default: 0] += 1 }
                usleep(5000)
                let words = text.split(separator: " ")
                return .init(200, completion(words.reversed().prefix(30).joined(separator: " ")))
            }
        }
    }

    /// A script `run` that starts the experiment in the folder `pt`, with a teacher that listens at `address`.
    ///
    /// - Parameters:
    ///   - data: the data set, by its name on a Hub or a folder.
    ///   - hub: where names are looked up; the cache is the program's own and empty.
    private func write(
        _ program: Program, _ address: String, data: String, students: String,
        hub: String = "http://127.0.0.1:9"
    ) throws {
        _ = try program.write(
            "run",
            """
            mkdir -p pt/steps pt/students pt/checkpoints pt/texts
            export OPENAI_BASE_URL='\(address)' OPENAI_API_KEY=k HF_ENDPOINT='\(hub)' HF_HUB_CACHE="$PWD/hub"
            exec "$LYCEUM" --lab pt/lab run '\(Self.repository)/scripts/paper/table2.lua' - --data '\(data)' --out pt \\
                --calls 1000 --model tiny --steps 3 --batch 4 --save-steps 1 --precision fp32 \\
                --students \(students) "$@"

            """)
    }

    /// The same on a folder of the test's own with 24 and 6 texts, and checkpoints in folders.
    private func prepare(_ program: Program, _ address: String) throws {
        func rows(_ range: Range<Int>) -> String {
            range.map { i in
                let article = (0..<20).map { "word\($0 * i % 17) of story\(i)" }.joined(separator: " ") + "."
                return #"{"article": "\#(article)", "highlights": "story\#(i) word\#(i % 17)"}"# + "\n"
            }.joined()
        }
        mkdir(program.folder + "/data", 0o700)
        _ = try program.write("data/train.jsonl", rows(0..<24))
        _ = try program.write("data/test.jsonl", rows(100..<106))
        let fixtures = Self.repository + "/Tests"
        try write(
            program, address, data: "data",
            students: "t5='\(fixtures)/T5Tests/Fixtures/relu',bart='\(fixtures)/BARTTests/Fixtures/tiny'")
    }

    /// The same on a Hub that serves 50 and 10 texts in Parquet, shaped as CNN/DailyMail, and two checkpoints.
    private func prepare(_ program: Program, _ address: String, from hub: HubServer) throws {
        try write(
            program, address, data: "hf:lyceum-tests/news",
            students: "t5=lyceum-tests/tiny-t5,bart=lyceum-tests/tiny-bart", hub: hub.endpoint)
    }

    /// The rows of Table 2 without what took how long.
    private func table(_ output: String) -> [String] {
        output.components(separatedBy: "\n").filter {
            $0.contains(" gold ") || $0.contains(" generated ") || $0.contains("zero-shot")
        }
        .filter { $0.contains("[") && !$0.contains("against") }
        .map { line in
            // The intervals end the part that is the same in every run.
            String(line[..<(line.lastIndex(of: "]") ?? line.endIndex)])
        }
    }

    @Test("from names on a Hub to the table; killed on the way, the same table, and nothing is bought twice")
    func killedAndResumed() throws {
        let (wholeTeacher, killedTeacher) = (Teacher(), Teacher())
        let (first, second) = (try wholeTeacher.server(), try killedTeacher.server())
        let hub = try HubServer()
        defer {
            first.stop()
            second.stop()
        }
        let (whole, killed) = (try Program(), try Program())
        defer {
            whole.remove()
            killed.remove()
        }
        try prepare(whole, first.baseURL, from: hub)
        let plain = try whole.shell(". ./run")
        #expect(plain.status == 0, "\(plain.errors)")
        let expected = table(plain.output)
        #expect(expected.count == 5, "\(plain.output)")
        #expect(plain.output.contains("corrected by Holm for 6 tests"))
        #expect(Program.text(ofFile: whole.folder + "/pt/report.html")?.contains("Table 2") == true)
        #expect(wholeTeacher.count == 60 && wholeTeacher.distinct == 60)

        try prepare(killed, second.baseURL, from: hub)
        // Killed while the teacher writes, and then in the middle of different steps.
        let again = try killed.shell(
            """
            export LYCEUM
            ( . ./run ) >out 2>errors & p=$!
            while kill -0 $p 2>/dev/null && ! [ -s pt/lab/lab.sqlite ]; do sleep 0.02; done
            kill -9 $p; wait $p
            for n in 1 2 4 5; do
                ( . ./run ) >out 2>errors & p=$!
                while kill -0 $p 2>/dev/null && [ $(ls pt/steps | grep -c 'json$') -lt $n ]; do sleep 0.02; done
                kill -9 $p; wait $p
            done
            . ./run
            """)
        #expect(again.status == 0, "\(again.errors)")
        #expect(table(again.output) == expected, "\(again.output)")
        #expect(killedTeacher.distinct == 60)
        // What was on its way at the kill came to nobody: 16 requests go at a time.
        #expect(killedTeacher.count <= 60 + 16)

        // Nothing has changed: nothing is asked or trained.
        let before = killedTeacher.count
        let third = try killed.shell(". ./run")
        #expect(
            third.output.components(separatedBy: "nothing has changed").count == 9
                && killedTeacher.count == before)
        // A changed option says so, and repeats what it changes.
        let changed = try killed.shell("set -- --steps 2; . ./run")
        #expect(changed.output.contains("train-t5-gold: options was") && killedTeacher.count == before)
    }

    /// The experiment on the test's own data, ready to be started, and the teacher that it would ask.
    private func withExperiment(_ body: (Program, Teacher) throws -> Void) throws {
        let teacher = Teacher()
        let server = try teacher.server()
        defer { server.stop() }
        let program = try Program()
        defer { program.remove() }
        try prepare(program, server.baseURL)
        try body(program, teacher)
    }

    @Test("what cannot work is said before anything is bought or trained")
    func refusals() throws {
        try withExperiment { program, teacher in
            func refused(_ line: String, _ reason: String) throws {
                let result = try program.shell(line)
                #expect(result.status != 0 && result.errors.contains(reason), "\(result.errors)")
            }
            try refused("set -- --calls 7; . ./run", "the plan takes 30 requests, 23 more than --calls 7")
            // A model whose price is known, which nobody asks: the plan is refused before.
            try refused(
                "sed 's/OPENAI_BASE_URL=[^ ]*//; s/--calls 1000/--budget 0.001/; s/--model tiny/--model gpt-4o-mini/' run >priced; "
                    + "unset OPENAI_BASE_URL; . ./priced", "more than --budget 0.001; raise it")
            try refused(
                "set -- --students bert='\(Self.repository)/Tests/BERTTests/Fixtures/classifier'; . ./run",
                "sequence-to-sequence")
            try refused("set -- --stepps 7; . ./run", "cannot understand '--stepps'")
            try refused(
                "cp data/test.jsonl data/train.jsonl; . ./run",
                "of the 6 test texts are also in the training part")
            #expect(teacher.count == 0)
        }
    }

    @Test("a dry run says what would be done, and asks nothing")
    func dryRun() throws {
        try withExperiment { program, teacher in
            let result = try program.shell("set -- --dry-run; . ./run")
            #expect(result.status == 0 && teacher.count == 0, "\(result.errors)")
            #expect(
                result.output.contains("30 requests") && result.output.contains("s a step; on gold 3 steps"))
        }
    }
}
