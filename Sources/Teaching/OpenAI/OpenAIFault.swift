import HTTP
import LyceumKit

/// What went wrong with a request, by what to do about it.
enum OpenAIFault: Error {
    /// It concerns every request: stop.
    case stop(LyceumError)
    /// Send the request again, after so many seconds if the server said so. `stops` says whether the run ends
    /// (else only the row fails) when all tries are used up.
    case retry(LyceumError, after: Double?, stops: Bool)
    /// Send the request again as above; what came of this try is kept if no other brings more.
    case brokenOff(TeacherReply, LyceumError, after: Double?)
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
        let after = RetryPolicy.wait(from: response.headers) ?? said.after
        if said.isOutOfFunds || status == 402 {
            self = .stop(error("the account is out of credit; see its billing page"))
            return
        }
        let isRateLimit = status == 429 || said.isBusy
        // Where the status says whose fault it is, only being busy is passing trouble; a body of status 200 may say more.
        let isPassing = said.isBusy || (said.kind == .passing && (200..<300).contains(status))
        switch status {
        case 401 where !isPassing:
            self = .stop(error("check the API key (\(settings.dialect.keyVariable) or the option api_key)"))
        case 403 where !isPassing && after == nil:
            self = .stop(error("this key may not use '\(settings.model)' there, or not from this place"))
        case 404 where !isPassing && after == nil, 405:
            self = .stop(error("check the model '\(settings.model)' and base_url"))
        case 300..<400:
            self = .stop(
                .failed(
                    "\(server) answered \(status) and points elsewhere\(Self.place(response, settings))",
                    remedy: "set base_url to where it leads; a key is never sent after a redirect"))
        case _ where isRateLimit && (after ?? 0) > Self.longestWait:
            self = .stop(error("the server wants a pause of \(Int(clamped: after ?? 0)) s; go on after it"))
        case _ where (after ?? 0) > Self.longestWait: self = .row(error("try again later"))
        case _ where response.headers["x-should-retry"] == "false": self = .row(error(nil))
        case 408, 409, 425, 429, 500...: self = .retry(error("try again later"), after: after, stops: false)
        case _ where isPassing || after != nil:
            self = .retry(error("try again later"), after: after, stops: false)
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
        case .stopped:
            self = .stop(.failed("the answer of \(server) was not taken", remedy: nil))
        case .tooLarge(let bytes):
            self = .row(
                .failed(
                    "\(server) sent a body of more than \(Self.megabytes(bytes)) MB",
                    remedy: "check base_url, or raise max_body_mb"))
        case .headerTooLarge(let bytes):
            self = .row(
                .failed(
                    "\(server) sent more than \(bytes >> 10) kB of header fields",
                    remedy: "check base_url, or raise max_header_kb"))
        case .tooManyRedirects(let most):
            self = .stop(
                .failed(
                    "\(server) redirected more than \(most) times",
                    remedy: "check base_url, or raise max_redirects"))
        }
    }

    private static func megabytes(_ bytes: Int) -> String {
        let amount = (Double(bytes) / 1_048_576 * 1000).rounded() / 1000
        return Value.number(amount).integer.map(String.init) ?? String(amount)
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

extension Int {
    /// The nearest whole number that exists; 0 for NaN.
    init(clamped number: Double) { self = number.isNaN ? 0 : Int(Swift.max(-1e15, Swift.min(number, 1e15))) }
}
