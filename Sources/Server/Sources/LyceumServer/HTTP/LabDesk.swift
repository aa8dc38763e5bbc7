import HTTPTypes
import Hummingbird
import LyceumKit
import Workbench

/// Shows the lab's pages to browsers, one after the other.
actor LabDesk {
    private let site: LabSite

    /// Opens a lab.
    init(_ make: @Sendable () throws -> LabSite) rethrows { site = try make() }

    /// The answer to a request for a page.
    ///
    /// - Parameter root: the path below which the lab's pages are.
    func response(to request: Request, below root: String) -> Response {
        var query: [String: [String]] = [:]
        for (name, value) in request.uri.queryParameters {
            query[String(name), default: []].append(String(value))
        }
        let path = String(request.uri.path.dropFirst(root.count))
        let page = site.page(path, query: query, root: root)
        var headers: HTTPFields = [
            .contentSecurityPolicy:
                "default-src 'none'; style-src 'unsafe-inline'; script-src '\(LabSite.scriptHash)'; connect-src 'self'; "
                + "img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
            .xContentTypeOptions: "nosniff", .cacheControl: "no-store",
        ]
        if let name = HTTPField.Name("referrer-policy") { headers[name] = "no-referrer" }
        return .bytes(Array(page.text.utf8), type: page.type, status: page.status, headers: headers)
    }
}

/// Answers requests for the lab's pages alone.
final class LabServer: HTTPResponder {
    typealias Context = ServerContext

    private let desk: LabDesk
    private let access: Access

    init(desk: LabDesk, access: Access) {
        self.desk = desk
        self.access = access
    }

    func respond(to request: Request, context: ServerContext) async throws -> Response {
        do {
            if request.uri.path == "/health" { return .json(["status": "ok"]) }
            if request.uri.path == Response.iconPath { return .noIcon }
            try access.check(request)
            guard request.method == .get || request.method == .head else {
                throw APIError(
                    status: 405, message: "the lab is only read; use GET", code: "method_not_allowed")
            }
            return await desk.response(to: request, below: "")
        } catch {
            return .error(.wrapping(error, isClients: false), challenge: access.challenge)
        }
    }
}
