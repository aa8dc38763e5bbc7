import HTTP
import LyceumKit
import Testing

@testable import Teaching

@Suite("OpenAI-compatible teacher: settings")
struct OpenAISettingsTests {
    /// The error that opening a teacher gives.
    private func problem(
        _ base: String, _ options: [String: Value] = [:], environment: [String: String] = [:]
    ) -> String {
        do {
            _ = try open(base, options, environment: environment)
            return "no error"
        } catch { return "\(error)" }
    }

    @Test("a missing key says how to set it; a server on this machine needs none")
    func missingKey() throws {
        let error = problem("https://api.openai.com/v1")
        #expect(error.contains("no API key for api.openai.com") && error.contains("OPENAI_API_KEY"))
        for base in ["http://localhost:8000/v1", "http://127.0.0.1:1", "http://[::1]:11434/v1"] {
            #expect(problem(base) == "no error")
        }
    }

    @Test("an empty variable counts as unset, and a key with white space in it is refused unseen")
    func oddKeys() throws {
        let base = "https://example.org/v1"
        #expect(problem(base, environment: ["OPENAI_API_KEY": ""]).contains("no API key"))
        #expect(problem(base, environment: ["OPENAI_API_KEY": " good-key\n"]) == "no error")
        let error = problem(base, environment: ["OPENAI_API_KEY": "bad\nX-Evil: 1"])
        #expect(error.contains("white space") && !error.contains("Evil"))
    }

    @Test("the address comes from the option, the environment, or is OpenAI's")
    func address() throws {
        func server(_ options: [String: Value], _ environment: [String: String]) throws -> String? {
            let all = options.merging(["model": "m", "api_key": "key-12345"]) { $1 }
            let checked = try Options(all, declared: OpenAITeacher.options, function: "teacher.open")
            return try OpenAITeacher(checked) { environment[$0] }.card.first { $0.name == "server" }?.value
        }
        #expect(try server([:], [:]) == "api.openai.com")
        #expect(try server([:], ["OPENAI_BASE_URL": "https://a.example/v1"]) == "a.example")
        #expect(
            try server(["base_url": "http://b.example:8080"], ["OPENAI_BASE_URL": "https://a.example"])
                == "b.example:8080")
    }

    @Test(
        "an address that cannot be is refused, and a password in it is not shown",
        arguments: [
            "ftp://example.org", "not an address", "", "https://me:hidden@example.org/v1",
            "https://example.org/v1?key=hidden", "file:///etc/passwd",
        ])
    func badAddress(_ base: String) {
        let error = problem(base, ["api_key": "key-12345"])
        #expect(error.contains("option 'base_url'"), "\(error)")
        #expect(!error.contains("hidden"))
    }

    @Test("the key is in neither card nor description")
    func keyIsHidden() throws {
        let key = "secret-0123456789"
        let teacher = try open("https://example.org/v1", ["api_key": .string(key), "temperature": 0])
        #expect(!"\(teacher.card)".contains(key))
        var dumped = ""
        dump(teacher, to: &dumped)
        #expect(!dumped.contains(key))
    }

    @Test("an unknown option or a value out of range is refused")
    func badOptions() {
        #expect(
            problem("http://localhost", ["temprature": 1]).contains("did you mean 'temperature'"))
        #expect(problem("http://localhost", ["temperature": 3]).contains("from 0 to 2"))
        #expect(problem("http://localhost", ["concurrency": 0]).contains("from 1 to 1000"))
    }

    @Test("retry-after is read in its three forms")
    func retryAfter() {
        let now = 784_111_777.0  // Sun, 06 Nov 1994 08:49:37 GMT
        #expect(RetryPolicy.wait(from: ["retry-after": "Sun, 06 Nov 1994 08:50:07 GMT"], now: now) == 30)
        #expect(RetryPolicy.wait(from: ["retry-after": "2.5"], now: now) == 2.5)
        #expect(RetryPolicy.wait(from: ["retry-after-ms": "1500", "retry-after": "9"], now: now) == 1.5)
        for nonsense in ["", "soon", "-5", "0", "nan", "inf", "Sun, 06 Nov 1994 08:49:07 GMT"] {
            #expect(RetryPolicy.wait(from: ["retry-after": nonsense], now: now) == nil, "\(nonsense)")
        }
        for attempt in [0, 1, 3, 50] {
            let full = min(0.5 * Double(1 << min(attempt, 10)), 8)
            #expect((full * 0.75...full).contains(RetryPolicy.wait(attempt: attempt, after: nil)))
        }
    }
}
