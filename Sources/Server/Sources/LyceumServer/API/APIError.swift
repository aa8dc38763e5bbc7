import LyceumKit

/// An error as OpenAI's API reports it.
public struct APIError: Error, Sendable, Equatable {
    /// The HTTP status.
    public let status: Int
    /// What went wrong and what to do.
    public let message: String
    /// OpenAI's class of the error: "invalid_request_error", "server_error".
    public let type: String
    /// The field of the request that is at fault, if one is.
    public let parameter: String?
    /// What programs look at: "model_not_found".
    public let code: String?
    /// After how many seconds another try makes sense.
    public let retryAfter: Int?

    init(
        status: Int, message: String, type: String = "invalid_request_error", parameter: String? = nil,
        code: String? = nil, retryAfter: Int? = nil
    ) {
        self.status = status
        self.message = message
        self.type = type
        self.parameter = parameter
        self.code = code
        self.retryAfter = retryAfter
    }

    /// `{"error": {"message": …, "type": …, "param": …, "code": …}}`
    var json: Value {
        let fields: [(String, Value)] = [
            ("message", .string(message)), ("type", .string(type)),
            ("param", parameter.map(Value.string) ?? .null), ("code", code.map(Value.string) ?? .null),
        ]
        return .object(ObjectFields(ordered: [("error", .object(ObjectFields(ordered: fields)))]))
    }
}

extension APIError {
    /// A field that does not fit.
    static func invalid(_ parameter: String?, _ message: String, code: String? = nil) -> APIError {
        APIError(status: 400, message: message, parameter: parameter, code: code)
    }

    /// A field whose value is of another type.
    static func wrongType(_ parameter: String, expected: String, got value: Value) -> APIError {
        let names = ["nil": "null", "table": "an object", "list": "a list"]
        let got = names[value.typeName] ?? "a \(value.typeName)"
        return .invalid(parameter, "'\(parameter)': expected \(expected), got \(got)", code: "invalid_type")
    }

    /// No student of that name is served.
    static func unknownModel(_ name: String, known: [String]) -> APIError {
        let shown = DisplayWidth.cut(DisplayWidth.oneLine(name), to: 80)
        return APIError(
            status: 404,
            message: "the model '\(shown)' does not exist; the models are \(known.joined(separator: ", "))",
            parameter: "model", code: "model_not_found")
    }

    /// No such address.
    static func unknownPath(_ method: String, _ path: String) -> APIError {
        APIError(
            status: 404,
            message:
                "there is no \(method) \(DisplayWidth.cut(DisplayWidth.oneLine(path), to: 80)); the API is "
                + "POST /v1/chat/completions, /v1/completions and /v1/classify, GET /v1/models, /health and "
                + "/metrics", code: "unknown_url")
    }

    /// A body beyond the limit.
    static func tooLarge(limit: Int) -> APIError {
        APIError(
            status: 413,
            message: "the request's body is larger than \(limit) bytes (--max-body)",
            code: "request_too_large")
    }

    /// More requests wait than may.
    static func queueFull(_ waiting: Int, retryAfter: Int) -> APIError {
        APIError(
            status: 429, message: "\(waiting) requests are waiting already; try again in \(retryAfter) s",
            type: "rate_limit_error", code: "queue_full", retryAfter: retryAfter)
    }

    /// The server is about to end.
    static let draining = APIError(
        status: 503, message: "the server is shutting down", type: "server_error", code: "shutting_down",
        retryAfter: 5)

    /// The student is not there yet.
    static let loading = APIError(
        status: 503, message: "the student is still being loaded", type: "server_error", code: "loading",
        retryAfter: 2)

    /// It took too long.
    static func timedOut(_ seconds: Double) -> APIError {
        APIError(
            status: 504, message: "the request was not answered within \(seconds) s (--timeout)",
            type: "server_error", code: "timeout")
    }

    /// Whoever asked has gone.
    static let gone = APIError(
        status: 499, message: "the client closed the connection", type: "server_error", code: "client_closed")

    /// What a student or a template threw.
    ///
    /// - Parameter isClients: whether only the request can be the reason.
    static func wrapping(_ error: any Error, isClients: Bool) -> APIError {
        if let error = error as? APIError { return error }
        guard let error = error as? LyceumError else {
            return APIError(status: 500, message: "internal error", type: "server_error")
        }
        switch error {
        case .unknownOptions(_, let options, _, _):
            return .invalid(options.first, "\(error)", code: "unknown_parameter")
        case .badOption(_, let option, let expected, let got):
            return .invalid(option, "'\(option)': expected \(expected), got \(got)", code: "invalid_value")
        default:
            return isClients
                ? .invalid(nil, "\(error)") : APIError(status: 500, message: "\(error)", type: "server_error")
        }
    }
}
