import Testing

/// Whatever is typed, the prompt stays.
@Suite(.serialized) struct RandomInputTests {
    /// Numbers that only look random (xorshift), so that a failure can be had again.
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
    }

    private static let words = [
        "x", "t", "42", "0x1p-3", "'s'", "\"q\"", "[[long]]", "nil", "true", "f", "(", ")", "{", "}", "[",
        "]", ",",
        ";", ".", ":", "..", "...", "=", "==", "+", "-", "*", "/", "//", "%", "^", "#", "&", "|", "~", "<",
        ">", "and",
        "or", "not", "if", "then", "else", "end", "for", "in", "do", "while", "repeat", "until", "function",
        "local",
        "return", "break", "goto", "::a::", "print", "pairs", "string", "table", "math", "coroutine", "data",
        "from",
        "prompt", "student", "new", "teacher", "open", "metrics", "rouge", "json", "decode", "help", "--",
        "--[[", "]]",
        "\\", "é", "日本", "?", ":time", ":history", "error", "pcall", "setmetatable", "select", "tostring",
        "d", "_", "_1",
    ]

    /// Bytes that leave, stop, or start another program rather than being input.
    private static let keys: Set<UInt8> = [0x03, 0x04, 0x0A, 0x0D, 0x11, 0x13, 0x18, 0x1A, 0x1C, 0x1B]

    /// Closes whatever is open: the block, the comment and the string that lines before have begun.
    private static let closer = Array("]] x x\n".utf8)

    private func line(_ kind: Int, _ numbers: inout Numbers) -> [UInt8] {
        let length = Int.random(in: 0...12, using: &numbers)
        switch kind {
        case 0: return Array("return \(length) + 1".utf8)
        case 1, 2:
            return (0..<length).flatMap { _ in
                Array((Self.words.randomElement(using: &numbers) ?? "").utf8)
                    + (Bool.random(using: &numbers) ? [0x20] : [])
            }
        default:
            return (0..<length * 4).map { _ in UInt8.random(in: 0...255, using: &numbers) }
                .filter { !Self.keys.contains($0) }
        }
    }

    @Test("10,000 random lines, broken and binary ones among them")
    func lines() throws {
        let program = try Program()
        defer { program.remove() }
        var numbers = Numbers(state: 20_240_229)
        var input: [UInt8] = []
        for number in 0..<10_000 {
            input += line(number % 4, &numbers) + [0x0A]
            if number % 5 == 4 { input += Self.closer }
        }
        input += Array("print('still ' .. 'here')\n".utf8)
        // Loops among the lines must end: the start-up file sets a hook that stops them.
        _ = try program.run(["-e", "os.execute('mkdir -p $HOME/config/lyceum')"])
        _ = try program.write(
            "config/lyceum/init.lua",
            """
            local sethook, error, resume, create = debug.sethook, error, coroutine.resume, coroutine.create
            sethook(function() error("long enough", 0) end, "", 1000000)
            os.exit, os.execute, os.remove, os.rename, io, debug = nil
            """)
        let result = try program.run(["-q", "-i"], bytes: input)
        #expect(result.status == 0)
        #expect(result.output.contains("still here"), "\(result.output.suffix(2000))")
        #expect(result.output.contains("\n9\n"))
    }
}
