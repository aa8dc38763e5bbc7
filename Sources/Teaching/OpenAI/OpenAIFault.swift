import LyceumKit

/// What went wrong with a request, by what to do about it.
enum OpenAIFault: Error {
    /// It concerns every request: stop.
    case stop(LyceumError)
    /// Send the request again, after so many seconds if the server said so. `stops` says whether the run ends
    /// (else only the row fails) when all tries are used up.
    case retry(LyceumError, after: Double?, stops: Bool)
    /// This request failed; others may not.
    case row(LyceumError)

    /// The longest wait that is obeyed, in seconds, as in openai-python.
    private static let longestWait = 120.0

    /// Judges an answer that is an error.
    ///
    /// - Parameters:
    ///   - status: its HTTP status.
    ///   - response: the answer.
    ///   - settings: names the server and the model in errors.
    init(status: Int, _ response: HTTPResponse, settings: OpenAISettings) {
        let said = ServerError(response.body, settings: settings)
        let server = settings.address.display
        let request =
            (response.headers["x-request-id"] ?? response.headers["request-id"]).map {
                " (request \(settings.shown($0, limit: 80)))"
            } ?? ""
        func error(_ remedy: String?) -> LyceumError {
            .failed("\(server) answered \(status): \(said.message)\(request)", remedy: remedy)
        }
        let after = RetryPolicy.wait(from: response.headers)
        if said.isOutOfFunds || status == 402 {
            self = .stop(error("the account is out of credit; see its billing page"))
            return
        }
        switch status {
        case 401:
            self = .stop(error("check the API key (\(settings.dialect.keyVariable) or the option api_key)"))
        case 403:
            self = .stop(error("this key may not use '\(settings.model)' there, or not from this place"))
        case 404, 405: self = .stop(error("check the model '\(settings.model)' and base_url"))
        case 300..<400:
            self = .stop(
                .failed(
                    "\(server) answered \(status) and points elsewhere\(Self.place(response, settings))",
                    remedy: "set base_url to where it leads; a key is never sent after a redirect"))
        case 429 where (after ?? 0) > Self.longestWait:
            self = .stop(error("the server wants a pause of \(Int(clamped: after ?? 0)) s; go on after it"))
        case _ where (after ?? 0) > Self.longestWait: self = .row(error("try again later"))
        case _ where response.headers["x-should-retry"] == "false": self = .row(error(nil))
        case 408, 409, 429, 500...: self = .retry(error("try again later"), after: after, stops: false)
        case _ where response.headers["x-should-retry"] == "true":
            self = .retry(error(nil), after: after, stops: false)
        default: self = .row(error(nil))
        }
    }

    /// Judges a request without an answer.
    init(_ failure: HTTPFailure, settings: OpenAISettings) {
        let server = settings.address.display
        switch failure {
        case .unreachable(let reason):
            let error = LyceumError.failed(
                "cannot reach \(server): \(reason)", remedy: "check base_url, the network and the server")
            self = .retry(error, after: nil, stops: true)
        case .refused(let reason):
            self = .stop(.failed("cannot talk to \(server): \(reason)", remedy: "check base_url"))
        case .timeout:
            let error = LyceumError.failed(
                "\(server) did not answer within \(settings.limits.timeout) s", remedy: "raise timeout")
            self = .retry(error, after: nil, stops: false)
        case .silent(let seconds):
            let error = LyceumError.failed(
                "\(server) did not begin to answer within \(seconds) s", remedy: "raise first_byte_timeout")
            self = .retry(error, after: nil, stops: false)
        case .broken(let reason):
            let error = LyceumError.failed("the connection to \(server) broke: \(reason)", remedy: nil)
            self = .retry(error, after: nil, stops: false)
        case .tooLarge(let bytes):
            self = .row(.failed("\(server) sent more than \(bytes >> 20) MB", remedy: "check base_url"))
        }
    }

    private static func place(_ response: HTTPResponse, _ settings: OpenAISettings) -> String {
        guard let location = response.headers["location"] else { return "" }
        // A query may hold anything, a key too.
        return ": " + settings.shown(String(location.prefix { $0 != "?" && $0 != "#" }), limit: 120)
    }
}

extension OpenAISettings {
    /// Why a server refuses the field that asks for a structure; nil if it does not.
    func refusalOfStructure(_ response: HTTPResponse) -> String? {
        // FastAPI answers 422 to fields that it cannot read.
        guard structure != nil, response.status == 400 || response.status == 422 else { return nil }
        let message = ServerError(response.body, settings: self).message
        return ["response_format", "json_schema"].contains { message.contains($0) } ? message : nil
    }
}

/// The error that a server's body describes.
struct ServerError {
    /// Its text, fit to be shown.
    let message: String
    /// Whether it says that the account has no money left, which no waiting heals.
    let isOutOfFunds: Bool

    init(_ body: [UInt8], settings: OpenAISettings) {
        let document = (try? JSON.decode(body, name: "error"))?.object
        let error = document?["error"]?.object
        // OpenAI and most others; Ollama and older servers; FastAPI; some proxies.
        let text =
            error?["message"]?.string ?? document?["error"]?.string ?? document?["detail"]?.string
            ?? document?["message"]?.string
        let marks = [error?["code"]?.string, error?["type"]?.string]
        let broke: Set<String> = ["insufficient_quota", "billing_hard_limit_reached", "billing_not_active"]
        // Anthropic has only words for it.
        isOutOfFunds =
            marks.contains { $0.map(broke.contains) == true }
            || text?.contains("credit balance is too low") == true
        if let text {
            message = settings.shown(text)
        } else {
            let excerpt = settings.shown(String(decoding: body.prefix(400), as: UTF8.self), limit: 120)
            message = excerpt.isEmpty ? "no explanation" : excerpt
        }
    }
}

extension Int {
    /// The nearest whole number that exists; 0 for NaN.
    init(clamped number: Double) { self = number.isNaN ? 0 : Int(Swift.max(-1e15, Swift.min(number, 1e15))) }
}
