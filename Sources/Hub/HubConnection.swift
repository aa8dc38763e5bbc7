import Glibc
import HTTP
import LyceumKit

/// Requests to one Hub, one after the other: redirects, repetitions, cancellation. The token goes to the Hub's own
/// address only.
final class HubConnection {
    /// How often a request is sent before its failure counts.
    static let tries = 5
    private static let mostRedirects = 8
    /// The longest that a server may make us wait, in seconds.
    private static let longestWait = 300.0

    let settings: HubSettings
    let job: Job
    private let token: HubToken?
    private let client: HTTPClient
    private let origin: HubAddress

    /// - Parameter token: instead of that of the environment.
    init(_ settings: HubSettings, token: HubToken?, job: Job) throws {
        self.settings = settings
        self.job = job
        self.token = token ?? settings.token
        client = try HTTPClient(connections: 4)
        guard let origin = HubAddress(settings.endpoint) else {
            throw LyceumError.invalid(
                "HF_ENDPOINT", expected: "an address like https://huggingface.co", got: "something else",
                remedy: "correct it, or unset it")
        }
        self.origin = origin
    }

    /// Whether requests carry a token.
    var hasToken: Bool { token != nil }

    /// A text that a server sent, without the token.
    func withoutToken(_ text: String) -> String { token?.removed(from: text) ?? text }

    /// The answer to a request for what the Hub knows. Redirects are followed; busy servers are asked again.
    ///
    /// - Parameter path: below the endpoint, or a whole address.
    func get(_ path: String) throws -> HTTPResponse {
        try repeating { try follow(.get, path, headers: []) }
    }

    /// The header of a file. Only redirects within the Hub are followed: those that lead elsewhere lead to the
    /// storage, and the header that sends us there is the one that counts.
    func head(_ path: String) throws -> HTTPResponse {
        try repeating { try follow(.head, path, headers: [], staysHome: true) }
    }

    /// A file from an offset on, given to `receiver`; sent once.
    func download(_ path: String, from offset: Int, receiver: @escaping HTTPReceiver) throws -> Result<
        HTTPResponse, HTTPFailure
    > {
        let range = offset > 0 ? [(name: "Range", value: "bytes=\(offset)-")] : []
        return try follow(.get, path, headers: range, receiver: receiver)
    }

    /// Waits, unless the job is cancelled.
    func wait(_ seconds: Double) throws {
        let end = Uptime.now + seconds
        while Uptime.now < end {
            try job.checkCancelled()
            usleep(UInt32(max(1000, min(0.05, end - Uptime.now) * 1e6)))
        }
    }

    /// How long to wait before asking again, if the answer says that asking again makes sense.
    static func pause(after result: Result<HTTPResponse, HTTPFailure>, attempt: Int) -> Double? {
        switch result {
        case .success(let response):
            guard response.status == 408 || response.status == 429 || response.status >= 500 else {
                return nil
            }
            let asked = RetryPolicy.wait(from: response.headers) ?? limitReset(response.headers)
            return min(RetryPolicy.wait(attempt: attempt, after: asked), longestWait)
        case .failure(.broken), .failure(.timeout): return RetryPolicy.wait(attempt: attempt, after: nil)
        case .failure: return nil
        }
    }

    /// The seconds until a rate limit is whole again: `ratelimit: "api";r=0;t=55`.
    private static func limitReset(_ headers: [String: String]) -> Double? {
        let parts = (headers["ratelimit"] ?? "").split(separator: ";").map { $0.trimmed }
        guard parts.contains("r=0") else { return nil }
        return parts.first { $0.hasPrefix("t=") }.flatMap { Double($0.dropFirst(2)) }
    }

    private func repeating(_ send: () throws -> Result<HTTPResponse, HTTPFailure>) throws -> HTTPResponse {
        var attempt = 0
        while true {
            let result = try send()
            attempt += 1
            if attempt < Self.tries, let pause = Self.pause(after: result, attempt: attempt - 1) {
                if pause > 2 { job.note("\(origin.host) is busy: on in \(Int(pause.rounded(.up))) s") }
                try wait(pause)
                continue
            }
            switch result {
            case .success(let response): return response
            case .failure(let failure): throw HubUnreachable(host: origin.host, failure: failure)
            }
        }
    }

    private func follow(
        _ method: HTTPRequest.Method, _ path: String, headers: [(name: String, value: String)],
        staysHome: Bool = false, receiver: HTTPReceiver? = nil
    ) throws -> Result<HTTPResponse, HTTPFailure> {
        var url = path.hasPrefix("/") ? settings.endpoint + path : path
        for _ in 0...Self.mostRedirects {
            guard let address = HubAddress(url) else {
                return .failure(.refused("an address that cannot be read"))
            }
            let isHome = address == origin
            let own = isHome ? token.map { [$0.header] } ?? [] : []
            let result = try send(method, url, headers + own, receiver: receiver)
            guard case .success(let response) = result, [301, 302, 303, 307, 308].contains(response.status),
                let place = response.headers["location"]
            else { return result }
            guard let next = HubAddress.resolve(place, from: url) else {
                return .failure(.refused("a redirect to an address that cannot be read"))
            }
            if staysHome, HubAddress(next) != origin { return result }
            url = next
        }
        return .failure(.refused("more than \(Self.mostRedirects) redirects"))
    }

    private func send(
        _ method: HTTPRequest.Method, _ url: String, _ headers: [(name: String, value: String)],
        receiver: HTTPReceiver?
    ) throws -> Result<HTTPResponse, HTTPFailure> {
        var request = HTTPRequest(
            method: method, url: url, headers: headers, body: [],
            timeout: receiver == nil ? 120 : 86_400, connectTimeout: settings.answerTimeout,
            firstByteTimeout: max(settings.answerTimeout, receiver == nil ? 0 : settings.stallTimeout),
            bypassesProxy: HubAddress(url)?.isLoopback ?? false)
        // What a range counts are the bytes of the file, not of its compressed form.
        request.acceptsCompression = method == .get && receiver == nil
        request.stallTimeout = receiver == nil ? nil : settings.stallTimeout
        try client.send(request, id: 0, receiver: receiver)
        do {
            while true {
                try job.checkCancelled()
                if let ended = try client.wait(milliseconds: 50).first { return ended.result }
            }
        } catch {
            client.cancelAll()
            throw error
        }
    }
}

/// The Hub gave no answer.
struct HubUnreachable: Error {
    let host: String
    let failure: HTTPFailure

    /// Why, in words.
    var reason: String {
        switch failure {
        case .unreachable(let reason), .refused(let reason): return reason
        case .timeout(let seconds), .silent(let seconds):
            return "no answer within \(Int(seconds.rounded())) s"
        case .broken(let reason): return "the connection broke: \(reason)"
        case .tooLarge, .headerTooLarge: return "the answer is too large"
        case .tooManyRedirects(let most): return "more than \(most) redirects"
        case .stopped: return "the answer was not taken"
        }
    }

    /// For the person who asked.
    var error: LyceumError {
        .failed(
            "\(host) does not answer: \(reason)",
            remedy:
                "check the network, a proxy (https_proxy) and HF_ENDPOINT; files that are in the cache load with HF_HUB_OFFLINE=1"
        )
    }
}
