import Foundation
import HTTP
import LyceumKit
import TestServers
import Testing

@testable import Teaching

@Suite("Limits by the minute and by the server")
struct RequestPacerTests {
    private func limits(_ options: [String: Value] = [:]) throws -> RequestLimits {
        try RequestLimits(Options(options, declared: RequestLimits.options, function: "teacher.open"))
    }

    /// How many requests of so many tokens a pacer lets through in so many seconds of a made-up clock.
    private func sent(_ pacer: RequestPacer, tokens: Int = 0, seconds: Double) -> Int {
        var count = 0
        var now = 0.0
        while true {
            // Rounding may leave a wait too short to move the clock.
            let wait = pacer.wait(tokens: tokens, at: now)
            if wait > 1e-9 {
                now += wait
                if now >= seconds { return count }
            } else {
                _ = pacer.send(tokens: tokens, at: now)
                count += 1
            }
        }
    }

    @Test("requests by the minute are spread over it", arguments: [3.0, 60, 600, 6000])
    func requestsPerMinute(_ limit: Double) throws {
        let pacer = RequestPacer(try limits(["requests_per_minute": .number(limit)]), at: 0)
        let count = Double(sent(pacer, seconds: 60))
        #expect((limit...(limit + max(1, limit / 60))).contains(count), "\(count)")
    }

    @Test("tokens by the minute hold, and a request larger than a second's worth still goes")
    func tokensPerMinute() throws {
        let pacer = RequestPacer(try limits(["tokens_per_minute": 6000]), at: 0)
        // 100 tokens a second: one of 1000 each 10 s, the first at once.
        #expect(sent(pacer, tokens: 1000, seconds: 60) == 6)
    }

    @Test("tokens that were expected and not used are spent on further requests")
    func tokensGivenBack() throws {
        let pacer = RequestPacer(try limits(["tokens_per_minute": 6000]), at: 0)
        let ticket = pacer.send(tokens: 1000, at: 0)
        #expect(abs(pacer.wait(tokens: 100, at: 0) - 10) < 1e-9)
        pacer.succeed(ticket, tokens: 200)
        #expect(abs(pacer.wait(tokens: 100, at: 0) - 2) < 1e-9)
    }

    @Test("what the headers say is left is not passed")
    func headers() throws {
        let pacer = RequestPacer(try limits(), at: 0)
        let first = pacer.send(tokens: 10, at: 0)
        let second = pacer.send(tokens: 10, at: 0)
        let headers = [
            "x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "2",
            "x-ratelimit-reset-requests": "58s",
        ]
        // One more was sent after the answered one: one is left.
        pacer.read(headers, of: first, at: 1)
        #expect(pacer.wait(tokens: 10, at: 1) == 0)
        _ = pacer.send(tokens: 10, at: 1)
        #expect(abs(pacer.wait(tokens: 10, at: 1) - 1) < 1e-9)
        #expect(pacer.wait(tokens: 10, at: 2.001) == 0)
        // A later answer knows more; an earlier one that comes late does not count.
        pacer.read(
            ["x-ratelimit-remaining-requests": "50", "x-ratelimit-reset-requests": "1s"], of: second, at: 2)
        pacer.read(headers, of: first, at: 2)
        #expect(pacer.wait(tokens: 10, at: 2) == 0)
    }

    @Test("an empty token limit is waited for until its reset, Anthropic's headers too")
    func tokenHeaders() throws {
        for headers in [
            ["x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s"],
            ["anthropic-ratelimit-tokens-remaining": "0", "anthropic-ratelimit-tokens-reset": "360"],
        ] {
            let pacer = RequestPacer(try limits(), at: 0)
            pacer.read(headers, of: pacer.send(tokens: 10, at: 0), at: 0)
            // No longer than a minute: then it is tried.
            #expect(pacer.wait(tokens: 10, at: 0) == 60)
            #expect(pacer.wait(tokens: 10, at: 61) == 0)
        }
    }

    @Test(
        "headers without sense change nothing",
        arguments: [
            ["x-ratelimit-remaining-requests": "-1", "x-ratelimit-reset-requests": "1s"],
            ["x-ratelimit-remaining-requests": "0"],
            ["x-ratelimit-remaining-requests": "many", "x-ratelimit-limit-requests": "few"],
            ["x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "yesterday"],
        ])
    func nonsense(_ headers: [String: String]) throws {
        let pacer = RequestPacer(try limits(), at: 0)
        pacer.read(headers, of: pacer.send(tokens: 10, at: 0), at: 0)
        #expect(pacer.wait(tokens: 10, at: 0) == 0)
    }

    @Test("the number at once is halved once for a burst of refusals and recovers one by one")
    func halvesAndRecovers() throws {
        let pacer = RequestPacer(try limits(["concurrency": 16]), at: 0)
        let burst = (0..<16).map { _ in pacer.send(tokens: 10, at: 0) }
        #expect(pacer.turnedAway(burst[0]) == 8)
        #expect(burst.dropFirst().allSatisfy { pacer.turnedAway($0) == nil })
        #expect(pacer.concurrency == 8)
        #expect(pacer.turnedAway(pacer.send(tokens: 10, at: 0)) == 4)
        for _ in 0..<3 {
            #expect(pacer.turnedAway(pacer.send(tokens: 10, at: 0)) != nil)
        }
        #expect(pacer.concurrency == 1)
        for _ in 0..<3 { pacer.succeed(pacer.send(tokens: 10, at: 0), tokens: nil) }
        #expect(pacer.concurrency == 2)
        for _ in 0..<1000 { pacer.succeed(pacer.send(tokens: 10, at: 0), tokens: nil) }
        #expect(pacer.concurrency == 16)
    }

    @Test(
        "times of reset are read in every form that servers send",
        arguments: [
            ("1s", 1), ("6m0s", 360), ("2m52.8s", 172.8), ("547ms", 0.547), ("1h2m3s", 3723), ("12.5", 12.5),
            ("0", 0), ("2009-02-13T23:31:40Z", 10), ("2009-02-14T01:31:40.500+02:00", 10.5),
            ("2009-02-13T23:31:20Z", nil), ("", nil), ("soon", nil), ("-5", nil), ("5 apples", nil),
            ("nan", nil),
            ("s", nil), ("1x", nil),
        ] as [(String, Double?)])
    func resetTimes(_ text: String, _ expected: Double?) {
        let seconds = ResetTime.seconds(text, now: 1_234_567_890)
        #expect(seconds.map { ($0 * 1000).rounded() } == expected.map { ($0 * 1000).rounded() }, "\(text)")
    }

    @Test("Retry-After is read as seconds, as milliseconds and as a date")
    func retryAfter() {
        func wait(_ headers: [String: String]) -> Double? {
            RetryPolicy.wait(from: headers, now: 1_234_567_890)
        }
        #expect(wait(["retry-after": "7"]) == 7)
        #expect(wait(["retry-after": "0.5", "retry-after-ms": "250"]) == 0.25)
        #expect(wait(["retry-after": "Fri, 13 Feb 2009 23:31:40 GMT"]) == 10)
        for nonsense in ["", "soon", "-3", "0", "nan", "Fri, 13 Feb 2009 23:31:20 GMT"] {
            #expect(wait(["retry-after": nonsense]) == nil, "\(nonsense)")
        }
    }

    @Test("a server that turns requests away is asked by fewer at once, and every row is answered")
    func busyServer() throws {
        let busy = Counter()
        let server = try LoopbackServer { request in
            // More than three at once are too many for it.
            let active = busy.enter()
            defer { busy.leave() }
            Thread.sleep(forTimeInterval: 0.004)
            if active > 3 {
                return LoopbackServer.Reply(429, serverError("slow down"), headers: ["Retry-After-Ms": "10"])
            }
            return LoopbackServer.Reply(200, completion("x"))
        }
        defer { server.stop() }
        let notes = Notes()
        let job = Job("asking", obeysInterrupt: false, listener: notes.listener)
        let teacher = try open(server.baseURL, ["concurrency": 32, "retries": 100])
        let result = TeacherRun.run(questions(200), teacher: teacher, job: job)
        #expect(result.replyCount == 200 && result.failures.isEmpty)
        // 32 at once until the first refusal; blind repetition would be refused thousands of times.
        #expect(server.requests.count < 500, "\(server.requests.count)")
        #expect(notes.lines.count { $0.contains("is busy: on with") } == 1, "\(notes.lines)")
    }
}
