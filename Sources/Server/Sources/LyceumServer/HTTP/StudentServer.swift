import CoreMetrics
import Glibc
import HTTPTypes
import Hummingbird
import LyceumKit
import NIOCore
import Synchronization

/// Answers requests for students, in the form of OpenAI's API.
final class StudentServer: HTTPResponder {
    typealias Context = ServerContext

    let engines: [StudentEngine]
    let limits: ServerLimits
    let connections: Connections
    let access: Access
    let registry: PrometheusRegistry
    /// The page of the lab, if it is shown here, too.
    let lab: LabDesk?
    private let inFlight = Atomic<Int>(0)

    init(
        engines: [StudentEngine], limits: ServerLimits, connections: Connections, access: Access,
        registry: PrometheusRegistry, lab: LabDesk?
    ) {
        self.engines = engines
        self.limits = limits
        self.connections = connections
        self.access = access
        self.registry = registry
        self.lab = lab
    }

    /// Requests that are not answered yet.
    var unanswered: Int { inFlight.load(ordering: .relaxed) }

    func began() { inFlight.add(1, ordering: .relaxed) }
    func ended() { inFlight.subtract(1, ordering: .relaxed) }

    func respond(to request: Request, context: ServerContext) async throws -> Response {
        began()
        // An answer that is a stream ends by itself.
        var isOver = true
        defer { if isOver { ended() } }
        var response: Response
        do {
            let answer = try await answer(request, context)
            response = answer.response
            isOver = !answer.isStream
        } catch {
            // A browser asks its user for the key, as a password.
            let isForBrowser = request.uri.path == "/" || request.uri.path.hasPrefix("/lab")
            response = .error(
                .wrapping(error, isClients: false),
                challenge: isForBrowser ? Access.browserChallenge : access.challenge)
        }
        if request.method == .head { response.body = .init() }
        if let name = HTTPField.Name.requestID { response.headers[name] = "req-" + ResponseForm.token() }
        if connections.isDraining { response.headers[.connection] = "close" }
        let labels = [("path", Self.label(request.uri.path)), ("status", String(response.status.code))]
        Counter(label: "lyceum:http_requests_total", dimensions: labels, factory: registry).increment()
        return response
    }

    struct Answer {
        let response: Response
        var isStream = false
    }

    private static let paths = [
        "/", "/health", "/metrics", "/v1/models", "/v1/completions", "/v1/chat/completions", "/v1/classify",
    ]

    /// A path for a metric: there are only so many, whatever clients ask for.
    private static func label(_ path: String) -> String {
        if paths.contains(path) { return path }
        if path.hasPrefix("/v1/models/") { return "/v1/models" }
        return path.hasPrefix("/lab") ? "/lab" : "other"
    }

    private func answer(_ request: Request, _ context: ServerContext) async throws -> Answer {
        let path = request.uri.path
        // Whoever watches the server needs no key.
        if path == "/health" { return Answer(response: health) }
        if path == Response.iconPath { return Answer(response: .noIcon) }
        try access.check(request)
        let isRead = request.method == .get || request.method == .head
        switch path {
        case "/" where isRead: return Answer(response: startPage)
        case "/metrics" where isRead:
            return Answer(
                response: .bytes(
                    Array(registry.text().utf8), type: "text/plain; version=0.0.4; charset=utf-8"))
        case "/v1/models" where isRead:
            return Answer(response: .json(["object": "list", "data": .list(engines.map { model($0) })]))
        case _ where isRead && path.hasPrefix("/v1/models/"):
            let name = path.dropFirst("/v1/models/".count).removingPercentEncoding ?? ""
            return Answer(response: .json(model(try engine(named: name))))
        case _ where isRead && lab != nil && (path == "/lab" || path.hasPrefix("/lab/")):
            guard let lab else { break }
            return Answer(response: await lab.response(to: request, below: "/lab"))
        case "/v1/chat/completions" where request.method == .post:
            return try await generate(request, .chat, context)
        case "/v1/completions" where request.method == .post:
            return try await generate(request, .completion, context)
        case "/v1/classify" where request.method == .post:
            return Answer(response: try await classify(request, context))
        case _ where Self.paths.contains(path):
            throw APIError(
                status: 405,
                message:
                    "\(request.method.rawValue.prefix(20)) is not for \(path); use \(path.hasPrefix("/v1/") && path != "/v1/models" ? "POST" : "GET")",
                code: "method_not_allowed")
        default: break
        }
        throw APIError.unknownPath(String(request.method.rawValue.prefix(20)), path)
    }

    /// The engine of a model's name.
    func engine(named name: String) throws -> StudentEngine {
        guard let engine = engines.first(where: { $0.name == name }) else {
            throw APIError.unknownModel(name, known: engines.map(\.name))
        }
        return engine
    }

    // MARK: What is served

    private var health: Response {
        let states = engines.map(\.state)
        let failed = states.contains { if case .failed = $0 { true } else { false } }
        let isLoading = states.contains { if case .loading = $0 { true } else { false } }
        let status = connections.isDraining ? "draining" : failed ? "failed" : isLoading ? "loading" : "ok"
        return .json(["status": .string(status)], status: status == "ok" ? 200 : 503)
    }

    private func model(_ engine: StudentEngine) -> Value {
        var fields: [(String, Value)] = [("id", .string(engine.name)), ("object", "model")]
        guard case .ready(let student) = engine.state else {
            return .object(ObjectFields(ordered: fields + [("created", 0), ("owned_by", "lyceum")]))
        }
        fields += [
            ("created", .integer(student.created)), ("owned_by", "lyceum"),
            ("architecture", .string(student.architecture)),
            ("tasks", .list(student.tasks.map { .string($0.rawValue) })),
        ]
        if let length = student.maxSourceLength { fields.append(("max_source_length", .integer(length))) }
        if let template = student.template.text { fields.append(("template", .string(template))) }
        return .object(ObjectFields(ordered: fields))
    }

    private var startPage: Response {
        let rows = engines.map { engine in
            let state =
                switch engine.state {
                case .loading: "loading"
                case .failed(let reason): "failed: \(reason)"
                case .ready(let student):
                    student.card.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
                }
            return (engine.name, state)
        }
        let page = StartPage(models: rows, hasLab: lab != nil)
        return .bytes(Array(page.html.utf8), type: "text/html; charset=utf-8", headers: StartPage.headers)
    }
}

extension StringProtocol {
    /// The text with %XX read; nil if that is not UTF-8.
    var removingPercentEncoding: String? {
        var bytes: [UInt8] = []
        var rest = Array(utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2, let value = UInt8(digits, radix: 16) else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
