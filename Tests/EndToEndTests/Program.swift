import Glibc
import Testing

/// Runs the real program, with pipes or behind a pseudo-terminal.
struct Program {
    /// What a finished run has left.
    struct Result {
        let output: String
        let errors: String
        /// The exit status; 128 + n if signal n ended it.
        let status: Int32
    }

    /// A folder of this run's own, which also stands in for the home folder.
    let folder: String
    /// What shows long pages; empty is nothing.
    var pager = ""

    /// Makes the folder.
    init() throws {
        var template = Array("/tmp/lyceum-test-XXXXXX".utf8CString)
        folder = try #require(mkdtemp(&template).map { String(cString: $0) })
    }

    /// The program, which SwiftPM builds next to the tests.
    static var path: String {
        get throws {
            let tests = try #require(realpath("/proc/self/exe", nil))
            defer { free(tests) }
            let path = String(cString: tests)
            return path[..<(path.lastIndex(of: "/") ?? path.startIndex)] + "/lyceum"
        }
    }

    /// Writes a file into the folder and gives its path.
    func write(_ name: String, _ text: String) throws -> String {
        let path = folder + "/" + name
        let file = try #require(fopen(path, "w"))
        fputs(text, file)
        fclose(file)
        return path
    }

    /// The content of a file of the folder; empty if there is none.
    func read(_ name: String) -> String {
        guard let descriptor = Optional(open(folder + "/" + name, O_RDONLY)), descriptor >= 0 else {
            return ""
        }
        defer { close(descriptor) }
        return Self.drain(descriptor)
    }

    /// The content of any file; nil if there is none.
    static func text(ofFile path: String) -> String? {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return drain(descriptor)
    }

    /// Removes the folder with everything in it.
    func remove() {
        _ = try? spawn("/bin/rm", ["-rf", folder], input: 0, output: 1, errors: 2, isSession: false).wait()
    }

    /// Runs to the end, with pipes.
    func run(_ arguments: [String], input: String = "") throws -> Result {
        try run(arguments, bytes: Array(input.utf8))
    }

    /// Runs a line of the shell in the folder; `$LYCEUM` is the program.
    func shell(_ line: String) throws -> Result {
        let script = try write("line.sh", "LYCEUM='\(try Self.path)'\ncd '\(folder)'\n\(line)\n")
        return try run(["-c", ". \(script)"], program: "/bin/sh", bytes: [])
    }

    /// Runs Lua code in the folder to its end.
    func lua(_ code: String, _ options: String = "") throws -> Result {
        let script = try write("lua-\(UInt32.random(in: 0...UInt32.max)).lua", code)
        return try shell("$LYCEUM run \(options) \(script)")
    }

    /// Runs to the end, with pipes, on input that need not be text.
    func run(_ arguments: [String], program: String? = nil, bytes: [UInt8]) throws -> Result {
        let inputPath = try write("stdin", "")
        let file = try #require(fopen(inputPath, "w"))
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
        let descriptors = [
            open(inputPath, O_RDONLY), open(folder + "/stdout", O_RDWR | O_CREAT | O_TRUNC, 0o600),
            open(folder + "/stderr", O_RDWR | O_CREAT | O_TRUNC, 0o600),
        ]
        defer { for descriptor in descriptors { close(descriptor) } }
        let process = try spawn(
            try program ?? Self.path, arguments, input: descriptors[0], output: descriptors[1],
            errors: descriptors[2],
            isSession: false)
        let status = process.wait()
        return Result(output: read("stdout"), errors: read("stderr"), status: status)
    }

    /// Starts with files in place of pipes: `stdout` and `stderr` of the folder.
    func start(_ arguments: [String]) throws -> Child {
        let descriptors = [
            open("/dev/null", O_RDONLY), open(folder + "/stdout", O_RDWR | O_CREAT | O_TRUNC, 0o600),
            open(folder + "/stderr", O_RDWR | O_CREAT | O_TRUNC, 0o600),
        ]
        defer { for descriptor in descriptors { close(descriptor) } }
        return try spawn(
            try Self.path, arguments, input: descriptors[0], output: descriptors[1], errors: descriptors[2],
            isSession: false)
    }

    /// Starts behind a pseudo-terminal.
    ///
    /// - Parameter isInFolder: whether the program works in the folder, instead of where the tests do.
    func terminal(_ arguments: [String] = [], isInFolder: Bool = false) throws -> PseudoTerminal {
        let master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        // unlockpt and ptsname, which Swift's Glibc does not show: TIOCSPTLCK and TIOCGPTN.
        var unlocked: Int32 = 0
        var number: Int32 = 0
        let isReady = ioctl(master, 0x4004_5431, &unlocked) == 0 && ioctl(master, 0x8004_5430, &number) == 0
        try #require(isReady)
        let name = "/dev/pts/\(number)"
        let path = try Self.path
        let line = "cd '\(folder)' && exec '\(path)' \"$@\""
        let process = try spawn(
            isInFolder ? "/bin/sh" : path, isInFolder ? ["-c", line, "lyceum"] + arguments : arguments,
            terminal: name)
        return PseudoTerminal(master: master, process: process)
    }

    /// Opens a prompt with folders of its own, types, and leaves with Ctrl-D.
    ///
    /// - Parameters:
    ///   - leaves: false if the body ends the prompt itself.
    ///   - isInFolder: whether it opens in the program's own folder.
    ///   - prepare: writes files before the prompt opens.
    static func atPrompt(
        leaves: Bool = true, isInFolder: Bool = false, prepare: (inout Program) throws -> Void = { _ in },
        _ body: (PseudoTerminal, Program) throws -> Void
    ) throws {
        var program = try Program()
        defer { program.remove() }
        try prepare(&program)
        let terminal = try program.terminal(isInFolder: isInFolder)
        try terminal.expect("> ")
        try body(terminal, program)
        if leaves { #expect(terminal.leave() == 0) }
    }

    /// A child process.
    struct Child {
        let identifier: pid_t

        /// Hundredths of a second that it and its children have worked; nil once it has ended.
        var worked: Int? {
            guard let own = Self.worked(identifier) else { return nil }
            let children = Self.line("/proc/\(identifier)/task/\(identifier)/children").split(separator: " ")
            return children.reduce(own) { $0 + (pid_t($1).flatMap(Self.worked) ?? 0) }
        }

        /// Whether a signal has been sent to it and no thread has taken it yet.
        func isPending(_ signal: Int32) -> Bool {
            guard let file = fopen("/proc/\(identifier)/status", "r") else { return false }
            defer { fclose(file) }
            var line = [CChar](repeating: 0, count: 1024)
            while fgets(&line, Int32(line.count), file) != nil {
                let text = String(
                    decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                guard text.hasPrefix("ShdPnd:") || text.hasPrefix("SigPnd:") else { continue }
                let mask = UInt64(text.split(whereSeparator: \.isWhitespace).last ?? "", radix: 16) ?? 0
                if mask >> UInt64(signal - 1) & 1 == 1 { return true }
            }
            return false
        }

        private static func worked(_ process: pid_t) -> Int? {
            let text = line("/proc/\(process)/stat")
            let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
            guard fields.count > 14, fields[1] != "Z" else { return nil }
            return Int(fields[12]).flatMap { user in Int(fields[13]).map { user + $0 } }
        }

        private static func line(_ path: String) -> String {
            guard let file = fopen(path, "r") else { return "" }
            defer { fclose(file) }
            var line = [CChar](repeating: 0, count: 1024)
            guard fgets(&line, Int32(line.count), file) != nil else { return "" }
            return String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }

        /// Waits for its end.
        func wait() -> Int32 {
            var status: Int32 = 0
            while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
            return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
        }
    }

    private var environment: [String] {
        [
            "HOME=\(folder)", "XDG_STATE_HOME=\(folder)/state", "XDG_CONFIG_HOME=\(folder)/config",
            "XDG_DATA_HOME=\(folder)/data", "XDG_CACHE_HOME=\(folder)/cache", "TERM=xterm", "NO_COLOR=1",
            "LYCEUM_LAB=\(folder)/lab", "PATH=/usr/bin:/bin", "INPUTRC=/dev/null", "LC_ALL=C.UTF-8",
            "VISUAL=sh \(folder)/editor", "PAGER=\(pager)",
        ]
    }

    /// Starts a program with the given descriptors, or with a terminal that becomes its controlling one.
    private func spawn(
        _ path: String, _ arguments: [String], input: Int32 = -1, output: Int32 = -1, errors: Int32 = -1,
        terminal: String? = nil, isSession: Bool = true
    ) throws -> Child {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let terminal {
            posix_spawn_file_actions_addopen(&actions, 0, terminal, O_RDWR, 0)
            posix_spawn_file_actions_adddup2(&actions, 0, 1)
            posix_spawn_file_actions_adddup2(&actions, 0, 2)
        } else {
            for (target, descriptor) in [input, output, errors].enumerated() {
                posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(target))
            }
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The worker threads of tests block signals; the child must not inherit that.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        // Nor what they ignore, under nohup for example.
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        let newSession: Int16 = 0x80  // POSIX_SPAWN_SETSID, a macro that Swift does not see.
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) | (isSession ? newSession : 0))
        var words = ([path] + arguments).map { strdup($0) } + [nil]
        var variables = environment.map { strdup($0) } + [nil]
        defer { for pointer in words + variables { free(pointer) } }
        var identifier: pid_t = 0
        try #require(
            posix_spawn(&identifier, path, &actions, &attributes, &words, &variables) == 0, "\(path)")
        return Child(identifier: identifier)
    }

    /// Everything that is left to read.
    static func drain(_ descriptor: Int32) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count <= 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
        }
    }
}

/// The screen and the keyboard of a program that runs.
final class PseudoTerminal {
    private let master: Int32
    private let process: Program.Child
    private var isCollected = false
    private var bytes: [UInt8] = []
    /// What was shown before the last `expect` matched is not looked at again.
    private var seen = 0

    init(master: Int32, process: Program.Child) {
        self.master = master
        self.process = process
    }

    /// A program that nobody waits for would stay as a process that has ended, and the exit tests of the testing library,
    /// which wait for any child, would look at it forever.
    deinit {
        close(master)
        if isCollected { return }
        kill(process.identifier, SIGKILL)
        _ = process.wait()
    }

    /// Everything shown so far, without escape sequences and carriage returns; a line that was erased stays, and what
    /// took its place is a line of its own.
    var transcript: String {
        let erasure = Array("\r\u{1B}[K".utf8)
        var text: [UInt8] = []
        var rest = bytes[...]
        while let byte = rest.first {
            if rest.starts(with: erasure) {
                rest = rest.dropFirst(erasure.count)
                if let last = text.last, last != UInt8(ascii: "\n") { text.append(UInt8(ascii: "\n")) }
                continue
            }
            rest = rest.dropFirst()
            if byte == 0x1B, rest.first == UInt8(ascii: "[") {
                rest = rest.drop { !(0x40...0x7E).contains($0) || $0 == UInt8(ascii: "[") }.dropFirst()
            } else if byte != UInt8(ascii: "\r") {
                text.append(byte)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Types.
    func type(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.write(master, bytes, bytes.count)
    }

    /// Sends a signal to the program.
    func send(_ signal: Int32) { kill(process.identifier, signal) }

    /// Gives the screen another width.
    func resize(columns: UInt16) {
        var size = winsize(ws_row: 40, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(master, UInt(TIOCSWINSZ), &size)
    }

    /// Waits until a text appears behind what was last expected.
    func expect(_ text: String, within seconds: Double = 10) throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < deadline {
            let rest = String(decoding: Array(transcript.utf8).dropFirst(seen), as: UTF8.self)
            if let range = rest.firstRange(of: text) {
                seen += rest[..<range.upperBound].utf8.count
                return
            }
            readSome()
        }
        throw Missing(text: text, screen: transcript)
    }

    /// Waits until the bar of a long job is on the screen: the work is then under way.
    func expectBar() throws { try expect("░", within: 60) }

    /// Waits until the program has worked so many more hundredths of a second.
    func expectWork(_ more: Int = 30) throws {
        let begun = process.worked ?? 0
        while let worked = process.worked, worked < begun + more { readSome() }
        if process.worked == nil { throw Missing(text: "work", screen: transcript) }
    }

    /// Waits until no signal of this kind is on its way to the program.
    func expectHeard(_ signal: Int32) throws {
        while process.isPending(signal) { readSome() }
    }

    /// Presses Ctrl-D until the program has gone: what is typed before the prompt stands there gets lost.
    func leave() -> Int32 {
        let deadline = ContinuousClock.now + .seconds(10)
        repeat { type("\u{04}") } while readSome() && ContinuousClock.now < deadline
        return end()
    }

    /// Waits for the end of the program; after ten seconds it is killed, which shows in the status.
    func end() -> Int32 {
        let deadline = ContinuousClock.now + .seconds(10)
        while readSome() {
            if ContinuousClock.now > deadline { kill(process.identifier, SIGKILL) }
        }
        isCollected = true
        return process.wait()
    }

    /// Reads what comes within a tenth of a second; false if the program has gone.
    @discardableResult
    private func readSome() -> Bool {
        var ready = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
        guard poll(&ready, 1, 100) > 0 else { return true }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(master, &buffer, buffer.count)
        guard count > 0 else { return false }
        bytes += buffer[..<count]
        return true
    }

    /// What was expected did not appear.
    struct Missing: Error, CustomStringConvertible {
        let text: String
        let screen: String
        var description: String { "'\(text)' did not appear; the screen:\n\(screen)" }
    }
}
