import Foundation
import LyceumKit
import Testing

@testable import Teaching

@Suite("regular expressions of users on texts of models")
struct RegularExpressionTests {
    /// Tries every way to divide the text: the steps double with each character.
    private static let endless = ("(a+)+$", String(repeating: "a", count: 64) + "!")

    @Test(
        "they are found anywhere, in any script",
        arguments: [
            ("^[0-9]+$", "123", true), ("^[0-9]+$", "12 3", false), ("b+", "abbc", true), ("", "", true),
            ("^.$", "é", true), ("^.$", "😀", true), (#"^\p{L}+$"#, "naïveté日本", true),
            ("(?i)CAT", "a cat", true),
            (#"(\w)\1"#, "book", true), (#"(\w)\1"#, "cat", false),
            ("^(?=.*[0-9])(?=.*[a-z]).{3,}$", "ab1", true),
            ("^(?=.*[0-9])(?=.*[a-z]).{3,}$", "abc", false), ("(?<!un)known", "unknown", false),
            ("(?m)^b$", "a\nb\nc", true), ("^b$", "a\nb\nc", false), (#"\bcat\b"#, "concat", false),
        ] as [(String, String, Bool)])
    func matching(_ pattern: String, _ text: String, _ isFound: Bool) throws {
        #expect(try RegularExpression(pattern).matches(text) == isFound)
    }

    @Test(
        "what cannot be read is refused with the place",
        arguments: ["(", "a[", "a{3,1}", "*", #"\1"#, "(?<n>a", "a\\"])
    func mistakes(_ pattern: String) throws {
        let problem = #expect(throws: LyceumError.self) { try RegularExpression(pattern) }
        #expect("\(try #require(problem))".contains(pattern))
    }

    @Test("one that would match for years stops when its job is cancelled, and at its limit")
    func stopping() throws {
        let (pattern, text) = Self.endless
        let regex = try RegularExpression(pattern)
        let job = Job.silent()
        Thread.detachNewThread {
            usleep(50_000)
            job.cancel()
        }
        // Without a limit that it could reach: only the cancellation ends it.
        #expect(throws: LyceumError.cancelled("")) {
            try regex.matches(text, limit: Int(Int32.max), job: job)
        }
        let problem = #expect(throws: LyceumError.self) { try regex.matches(text, limit: 20) }
        #expect("\(try #require(problem))".contains("takes too long"))
        // It can be used again.
        #expect(try regex.matches("aaa"))
    }

    @Test("one that needs more than its memory says so")
    func memory() throws {
        let text = String(repeating: "ab", count: 1_000_000)
        let problem = #expect(throws: LyceumError.self) {
            try RegularExpression("^(a|b|ab)*$!").matches(text)
        }
        #expect("\(try #require(problem))".contains("takes too"))
    }

    @Test(
        "a schema whose pattern takes too long does not keep replies waiting: the text does not fit, and why is said"
    )
    func schemas() throws {
        let schema = try JSONSchema(["type": "string", "pattern": .string(Self.endless.0)])
        #expect(schema.mismatch("aaa") == nil)
        #expect(schema.mismatch(.string(Self.endless.1))?.contains("takes too long") == true)
        #expect(throws: LyceumError.self) { try JSONSchema(["type": "string", "pattern": "("]) }
    }
}
