import HTTPTypes
import Hummingbird
import LyceumKit
import NIOCore

extension HTTPField.Name {
    static let requestID = HTTPField.Name("x-request-id")
    static let retryAfter = HTTPField.Name("retry-after")
}

extension Response {
    /// JSON.
    static func json(_ value: Value, status: Int = 200, headers: HTTPFields = [:]) -> Response {
        var bytes: [UInt8] = []
        JSON.append(value, to: &bytes)
        return .bytes(bytes, type: "application/json", status: status, headers: headers)
    }

    /// A body of some type.
    static func bytes(
        _ bytes: [UInt8], type: String, status: Int = 200, headers: HTTPFields = [:]
    ) -> Response {
        var headers = headers
        headers[.contentType] = type
        return Response(
            status: .init(code: status), headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// What browsers ask for unasked.
    static let iconPath = "/favicon.ico"

    /// The pages have no icon, which is not a fault.
    static var noIcon: Response { Response(status: .noContent) }

    /// An error in OpenAI's form.
    static func error(_ error: APIError, challenge: String) -> Response {
        var headers: HTTPFields = [:]
        if let seconds = error.retryAfter, let name = HTTPField.Name.retryAfter {
            headers[name] = String(seconds)
        }
        if error.status == 401 { headers[.wwwAuthenticate] = challenge }
        return .json(error.json, status: error.status, headers: headers)
    }
}

extension Request {
    /// The whole body.
    ///
    /// - Throws: `APIError` if it is larger than allowed.
    func bytes(limit: Int) async throws -> [UInt8] {
        if let length = headers[.contentLength].flatMap({ Int($0) }), length > limit {
            throw APIError.tooLarge(limit: limit)
        }
        var bytes: [UInt8] = []
        for try await buffer in body {
            guard bytes.count + buffer.readableBytes <= limit else { throw APIError.tooLarge(limit: limit) }
            bytes += buffer.readableBytesView
        }
        return bytes
    }

    /// The body as the fields of a JSON object.
    ///
    /// - Throws: `APIError`.
    func fields(limit: Int) async throws -> [String: Value] {
        let bytes = try await bytes(limit: limit)
        if bytes.isEmpty { throw APIError.invalid(nil, "the request has no body; expected a JSON object") }
        let value: Value
        do {
            value = try JSON.decode(bytes, name: "the body")
        } catch {
            throw APIError.invalid(nil, "the body is not JSON: \(error)", code: "invalid_json")
        }
        guard let fields = value.object else {
            throw APIError.invalid(nil, "the body is not a JSON object", code: "invalid_json")
        }
        return fields
    }
}
