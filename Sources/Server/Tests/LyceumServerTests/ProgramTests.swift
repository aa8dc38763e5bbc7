import Glibc
import LyceumKit
import Testing

@testable import LyceumServer

/// The program itself, with a real T5, as people start it. The plugins are those of the application's tests:
/// scripts/test says where.
@Suite(.serialized, .enabled(if: getenv("LYCEUM_TEST_PLUGINS") != nil))
struct ProgramTests {
    private static var plugins: String { getenv("LYCEUM_TEST_PLUGINS").map { String(cString: $0) } ?? "" }
    private static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(5)
        .joined(
            separator: "/")
    private static let student = root + "/Tests/T5Tests/Fixtures/relu"

    /// A server that runs.
    private final class Program {
        let process: pid_t
        let output: Int32
        private(set) var said = ""
        private var isCollected = false

        init(_ arguments: [String]) throws {
            var ends: [Int32] = [0, 0]
            pipe(&ends)
            output = ends[0]
            var actions = posix_spawn_file_actions_t()
            posix_spawn_file_actions_init(&actions)
            defer { posix_spawn_file_actions_destroy(&actions) }
            posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
            posix_spawn_file_actions_addclose(&actions, ends[0])
            var words = ([Self.path] + arguments).map { strdup($0) } + [nil]
            defer { for word in words { free(word) } }
            var child: pid_t = 0
            let code = posix_spawn(&child, Self.path, &actions, nil, &words, environ)
            Glibc.close(ends[1])
            guard code == 0 else {
                throw LyceumError.failed("\(Self.path): \(String(cString: strerror(code)))", remedy: nil)
            }
            process = child
        }

        /// Next to the tests.
        private static var path: String {
            var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
            let count = max(0, readlink("/proc/self/exe", &buffer, buffer.count))
            let own = String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
            var folder = Files.parent(of: own)
            // swift test runs its own helper, which is told where the tests are.
            for word in CommandLine.arguments where word.hasSuffix(".xctest") {
                folder = Files.parent(of: word)
            }
            return folder + "/lyceum-server"
        }

        /// Waits for the line that names the port.
        func port() throws -> Int {
            while true {
                if let end = said.range(of: "/v1 (") ?? said.range(of: " (Ctrl-C"),
                    let port = said[..<end.lowerBound].split(separator: ":").last.flatMap({ Int($0) })
                {
                    return port
                }
                var buffer = [UInt8](repeating: 0, count: 4096)
                let count = read(output, &buffer, buffer.count)
                guard count > 0 else { throw LyceumError.failed("the server ended: \(said)", remedy: nil) }
                said += String(decoding: buffer[..<count], as: UTF8.self)
            }
        }

        /// One that a test left is collected, too: exit tests wait for any child, and would look at it forever.
        deinit {
            if !isCollected { _ = end(SIGKILL) }
        }

        /// Its exit status, or 128 + n after signal n.
        func end(_ signal: Int32) -> Int32 {
            isCollected = true
            kill(process, signal)
            var status: Int32 = 0
            while waitpid(process, &status, 0) < 0, errno == EINTR {}
            Glibc.close(output)
            return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
        }
    }

    private func start(_ folder: String, _ more: [String] = []) throws -> Program {
        try Program(["serve", "small=" + folder, "--port", "0", "--plugin-folder", Self.plugins] + more)
    }

    private static func waitUntilReady(_ port: Int) throws {
        while try RawConnection(port: port).ask("GET", "/health")?.status != 200 { usleep(20000) }
    }

    /// Each answer is the student's own, whoever was in the batch, streamed or not.
    @Test func answersAreThoseOfTheStudentAlone() async throws {
        let prompts = (0..<24).map { number in
            (0...(number % 7)).map { "The \(["cat", "market", "storm"][$0 % 3]) number \(number)." }.joined(
                separator: " ")
        }
        let options: [[String: Value]] = [
            [:], ["num_beams": 3], ["temperature": 0.8, "seed": 7], ["no_repeat_ngram_size": 2],
        ]
        let expected = try await blocking {
            let loaded = try Installation(executable: nil, folders: [Self.plugins]).student(
                in: Self.student, device: "cpu")
            return try prompts.enumerated().map { number, prompt in
                var given = options[number % options.count]
                if given["temperature"] != nil { given["do_sample"] = true }
                given["max_new_tokens"] = 12
                given["precision"] = "fp32"
                let checked = try Options(
                    given, declared: loaded.architecture.generationOptions, function: "generate")
                return try loaded.student.generate([prompt], options: checked, job: .silent())[0].text
            }
        }
        try await blocking {
            let program = try start(Self.student)
            let port = try program.port()
            try Self.waitUntilReady(port)
            let connections = try prompts.enumerated().map { number, prompt in
                let connection = try RawConnection(port: port)
                let more = options[number % options.count].merging(
                    ["max_tokens": 12, "stream": .bool(number % 3 == 0)]
                ) { _, own in own }
                connection.send(
                    RawConnection.request("POST", "/v1/completions", completion(prompt, more, model: "small"))
                )
                return connection
            }
            for (number, connection) in connections.enumerated() {
                let reply = try #require(connection.reply())
                #expect(reply.status == 200, "\(reply.body)")
                let text =
                    number % 3 == 0 ? reply.streamedText : reply.field("choices", "0", "text")?.string
                #expect(text == expected[number])
            }
            #expect(program.end(SIGTERM) == 0)
        }
    }

    /// A folder of a test, filled with a fixture's files: new ones, or written over those that are there, as `cp` does.
    private static func fill(_ folder: String, with student: String, inPlace: Bool = false) throws {
        if !inPlace { Files.removeTree(folder) }
        try Files.makeFolder(folder)
        for name in Files.list(student) {
            let bytes = try Files.read(student + "/" + name)
            guard inPlace else {
                try Files.write(bytes, to: folder + "/" + name)
                continue
            }
            let file = open(folder + "/" + name, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
            guard file >= 0 else { throw LyceumError.failed("cannot write \(name)", remedy: nil) }
            defer { close(file) }
            _ = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        }
    }

    /// kill -9 leaves nothing that would keep the next server from its port.
    @Test func killedAndStartedAgainOnTheSamePort() async throws {
        try await blocking {
            let first = try start(Self.student)
            let port = try first.port()
            try Self.waitUntilReady(port)
            let body = completion("The cat sat.", ["max_tokens": 8], model: "small")
            let before = try RawConnection(port: port).ask("POST", "/v1/completions", body)
            #expect(before?.status == 200)
            // In the middle of an answer.
            let asked = try RawConnection(port: port)
            asked.send(
                RawConnection.request(
                    "POST", "/v1/completions",
                    completion("The cat sat.", ["max_tokens": 500, "stream": true], model: "small")))
            #expect(asked.read(until: "data: "))
            #expect(first.end(SIGKILL) == 128 + SIGKILL)
            let second = try start(Self.student, ["--port", String(port)])
            #expect(try second.port() == port)
            try Self.waitUntilReady(port)
            let after = try RawConnection(port: port).ask("POST", "/v1/completions", body)
            #expect(after?.status == 200)
            #expect(before?.field("choices", "0", "text") == after?.field("choices", "0", "text"))
            #expect(second.end(SIGINT) == 0)
        }
    }

    /// A folder that is removed, replaced or written over while it is served: answers, those under way too, are the
    /// loaded student's; a restart serves what is there now.
    @Test func aFolderThatIsReplacedIsServedAfterARestart() async throws {
        let other = Self.root + "/Tests/T5Tests/Fixtures/gated-gelu"
        try await blocking {
            let folder = "/tmp/lyceum-serve-\(UInt64.random(in: 0...UInt64.max))"
            defer { Files.removeTree(folder) }
            try Self.fill(folder, with: Self.student)
            func ask(_ port: Int, _ more: [String: Value] = [:]) throws -> RawConnection.Reply {
                let body = completion(
                    "The cat sat on the mat.", ["max_tokens": 24, "min_new_tokens": 12].merging(more) { $1 },
                    model: "small")
                return try #require(try RawConnection(port: port).ask("POST", "/v1/completions", body))
            }
            let first = try start(folder)
            let port = try first.port()
            try Self.waitUntilReady(port)
            let before = try #require(try ask(port).field("choices", "0", "text")?.string)
            let going = try RawConnection(port: port)
            going.send(
                RawConnection.request(
                    "POST", "/v1/completions",
                    completion(
                        "The cat sat on the mat.", ["max_tokens": 24, "min_new_tokens": 12, "stream": true],
                        model: "small")))
            #expect(going.read(until: "data: "))
            try Self.fill(folder, with: other, inPlace: true)
            #expect(try ask(port).field("choices", "0", "text")?.string == before)
            // Even weights that are cut off harm nobody who has read them.
            #expect(truncate(folder + "/model.safetensors", 10) == 0)
            #expect(try ask(port).field("choices", "0", "text")?.string == before)
            #expect(try ask(port, ["num_beams": 2]).status == 200)
            Files.removeTree(folder)
            #expect(try ask(port).field("choices", "0", "text")?.string == before)
            #expect(first.end(SIGTERM) == 0)

            try Self.fill(folder, with: other)
            let second = try start(folder)
            let next = try second.port()
            try Self.waitUntilReady(next)
            let after = try ask(next).field("choices", "0", "text")?.string
            #expect(after != nil && after != before)
            #expect(second.end(SIGTERM) == 0)
        }
    }

    /// Students of different architectures in one process: classes are those of the student alone, in order, and texts go
    /// on next to them.
    @Test func severalStudentsAreServedTogether() async throws {
        let folders = [
            "bert": Self.root + "/Tests/BERTTests/Fixtures/classifier",
            "gbdt": Self.root + "/Tests/GBDTTests/Fixtures/student",
        ]
        // So many that a student left to itself would take bf16 for them.
        let texts = (0..<60).map { number in
            ["a library for images", "a game with a storm", "the market fell", "cats"][number % 4]
                + " \(number)"
        }
        try await blocking {
            let installation = Installation(executable: nil, folders: [Self.plugins])
            let expected = try folders.mapValues { folder in
                let loaded = try installation.student(in: folder, device: "cpu")
                let declared = loaded.architecture.classificationOptions
                let options = try Options(
                    declared.contains { $0.name == "precision" } ? ["precision": "fp32"] : [:],
                    declared: declared, function: "classify")
                return try texts.map {
                    try loaded.student.classify([$0], options: options, job: .silent())[0]
                }
            }
            let named = folders.map { "\($0.key)=\($0.value)" }.sorted()
            let program = try start(Self.student, named)
            let port = try program.port()
            try Self.waitUntilReady(port)
            // A text is written meanwhile.
            let writing = try RawConnection(port: port)
            writing.send(
                RawConnection.request(
                    "POST", "/v1/completions",
                    completion("The cat sat.", ["max_tokens": 60, "min_new_tokens": 60], model: "small")))
            for (name, classes) in expected {
                let body = JSON.encode(["model": .string(name), "input": .list(texts.map(Value.string))])
                let reply = try #require(
                    try RawConnection(port: port).ask("POST", "/v1/classify", body))
                #expect(reply.status == 200, "\(name): \(reply.body)")
                #expect(reply.field("data")?.list?.count == texts.count)
                for (place, one) in classes.enumerated() {
                    #expect(
                        reply.field("data", "\(place)", "label") == .string(one.label),
                        "\(name), \(texts[place])")
                    let shares = reply.field("data", "\(place)", "probs")?.list?.compactMap(\.number) ?? []
                    #expect(shares.count == one.probabilities.count)
                    for (share, own) in zip(shares, one.probabilities) {
                        #expect(abs(share - own.1) < 1e-4, "\(name), \(texts[place])")
                    }
                }
                // It does not write.
                let refused = try RawConnection(port: port).ask(
                    "POST", "/v1/completions", completion("a", model: name))
                #expect(refused?.status == 400)
            }
            #expect(writing.reply()?.status == 200)
            let other = try RawConnection(port: port).ask(
                "POST", "/v1/classify", JSON.encode(["model": "small", "input": "a"]))
            #expect(other?.status == 400)
            #expect(program.end(SIGTERM) == 0)
        }
    }

    /// A folder whose weights are kept in eight bits is served as it is; another precision is refused before anybody asks.
    @Test func foldersInEightBitsAreServed() async throws {
        try await blocking {
            let folder = "/tmp/lyceum-serve-\(UInt64.random(in: 0...UInt64.max))"
            defer { Files.removeTree(folder) }
            let installation = Installation(executable: nil, folders: [Self.plugins])
            let large = try installation.student(in: Self.student, device: "cpu").student
            try #require(large as? any PrecisionSavingStudent).save(to: folder, precision: "int8")
            let loaded = try installation.student(in: folder, device: "cpu")
            guard loaded.precision == "int8" else { return }  // this processor has no instructions for it
            let options = try Options(
                ["max_new_tokens": 12], declared: loaded.architecture.generationOptions, function: "generate")
            let text = try loaded.student.generate(["The cat sat."], options: options, job: .silent())[0].text
            #expect(throws: LyceumError.self) {
                try installation.student(in: folder, device: "cpu", precision: "bf16")
            }
            let program = try start(folder)
            let port = try program.port()
            try Self.waitUntilReady(port)
            let reply = try RawConnection(port: port).ask(
                "POST", "/v1/completions", completion("The cat sat.", ["max_tokens": 12], model: "small"))
            #expect(reply?.status == 200, "\(reply?.body ?? "")")
            #expect(reply?.field("choices", "0", "text") == .string(text))
            #expect(program.end(SIGTERM) == 0)
        }
    }

    /// SIGTERM in the middle of many streams: each is written to its end, and all are the same text.
    @Test func everyStreamUnderWayIsWrittenToItsEndAfterSIGTERM() async throws {
        try await blocking {
            let program = try start(Self.student)
            let port = try program.port()
            try Self.waitUntilReady(port)
            let body = completion(
                "The cat sat.", ["max_tokens": 200, "min_new_tokens": 200, "stream": true], model: "small")
            let streams = try (0..<16).map { _ in
                let connection = try RawConnection(port: port)
                connection.send(RawConnection.request("POST", "/v1/completions", body))
                return connection
            }
            for stream in streams { #expect(stream.read(until: "data: ")) }
            #expect(program.end(SIGTERM) == 0)
            var texts: Set<String> = []
            for stream in streams {
                let reply = try #require(stream.reply())
                #expect(reply.status == 200 && reply.events.last == "[DONE]")
                texts.insert(reply.streamedText)
            }
            #expect(texts.count == 1 && texts.first?.isEmpty == false)
        }
    }

    @Test func wrongArgumentsAreSaid() async throws {
        try await blocking {
            func said(_ arguments: [String]) throws -> (text: String, status: Int32) {
                let program = try Program(arguments + ["--plugin-folder", Self.plugins])
                var text = ""
                if case .failure(let error) = Result(catching: { try program.port() }) { text = "\(error)" }
                return (text, program.end(0))
            }
            let open = try said(["serve", Self.student, "--host", "0.0.0.0", "--port", "0"])
            #expect(open.status == 2)
            #expect(open.text.contains("--no-auth"))
            let missing = try said(["serve", "/nothing/here", "--port", "0"])
            #expect(missing.status == 1)
            #expect(missing.text.contains("/nothing/here: does not exist"))
            let twice = try said(["serve", Self.student, Self.student, "--port", "0"])
            #expect(twice.status == 2)
            #expect(twice.text.contains("two students are called 'relu'"))
        }
    }
}
