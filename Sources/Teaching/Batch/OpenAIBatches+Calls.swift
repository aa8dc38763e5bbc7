import HTTP
import LyceumKit

extension OpenAIBatches {
    /// Sends a request, again after a passing fault, and reads the object in the answer.
    ///
    /// - Parameters:
    ///   - path: behind the server's base address.
    ///   - type: of the body.
    ///   - retries: how often it is sent again; nil is as often as any.
    ///   - missing: what is thrown if the server has no such thing.
    func call(
        _ method: HTTPRequest.Method, _ path: String, body: [UInt8] = [], type: String = "application/json",
        retries: Int? = nil, missing: LyceumError
    ) throws -> Value {
        try object(
            try received(
                method, path, body: body, type: type, retries: retries, wantsObject: true, missing: missing))
    }

    /// Sends a request, again after a passing fault.
    func received(
        _ method: HTTPRequest.Method, _ path: String, body: [UInt8] = [], type: String = "application/json",
        maximumBody: Int? = nil, retries: Int? = nil, wantsObject: Bool = false, missing: LyceumError
    ) throws -> HTTPResponse {
        var attempt = 0
        while true {
            let fault: OpenAIFault
            switch try exchange(method, path, body: body, type: type, maximumBody: maximumBody) {
            case .success(let response) where (200..<300).contains(response.status):
                // A page of a proxy, an empty body or one that breaks off, in place of the object that was asked for.
                if !wantsObject || readable(response) != nil { return response }
                fault = emptyAnswer(response)
            case .success(let response): fault = self.fault(response, missing: missing)
            case .failure(let failure): fault = OpenAIFault(failure, settings: settings)
            }
            guard case .retry(_, let after, _) = fault, attempt < retries ?? settings.limits.retries else {
                throw fault.error
            }
            try pause(RetryPolicy.wait(attempt: attempt, after: after))
            attempt += 1
        }
    }

    /// Sends a request once.
    func exchange(
        _ method: HTTPRequest.Method, _ path: String, body: [UInt8] = [], type: String = "application/json",
        maximumBody: Int? = nil
    ) throws -> Result<HTTPResponse, HTTPFailure> {
        try job.checkCancelled()
        let client = teacher.client
        try client.send(
            HTTPRequest(
                method: method, url: settings.address.baseURL + path,
                headers: OpenAIExchange(settings: settings).headers(sending: type, for: "application/json"),
                body: body, timeout: settings.limits.timeout, connectTimeout: settings.limits.connectTimeout,
                firstByteTimeout: settings.limits.firstByteTimeout,
                maximumBody: maximumBody ?? settings.limits.maximumBody,
                maximumHeader: settings.limits.maximumHeader,
                bypassesProxy: settings.address.isLoopback), id: 0)
        defer { client.cancelAll() }
        while true {
            if let ended = try client.wait(milliseconds: 50).first { return ended.result }
            try job.checkCancelled()
        }
    }

    /// Waits, unless the user wants to stop.
    ///
    /// - Parameter seconds: how long.
    public func pause(_ seconds: Double) throws {
        let end = Uptime.now + seconds
        while Uptime.now < end {
            try job.checkCancelled()
            _ = try teacher.client.wait(milliseconds: Int(clamped: min(50, (end - Uptime.now) * 1000 + 1)))
        }
    }

    /// What went wrong with an answer that is an error.
    ///
    /// - Parameter missing: what it is if the server has no such thing.
    func fault(_ response: HTTPResponse, missing: LyceumError) -> OpenAIFault {
        if [404, 405, 501].contains(response.status) { return .stop(missing) }
        return OpenAIFault(status: response.status, response, settings: settings)
    }

    /// What went wrong with a body of status 200 that holds no object.
    private func emptyAnswer(_ response: HTTPResponse) -> OpenAIFault {
        if ServerJSON.read(response.body)?.object?["error"] != nil {
            return OpenAIFault(status: response.status, response, settings: settings)
        }
        do {
            return .retry(.failed("\(try object(response).typeName)", remedy: nil), after: nil, stops: false)
        } catch {
            let problem = error as? LyceumError ?? .failed("\(error)", remedy: nil)
            return .retry(problem, after: RetryPolicy.wait(from: response.headers), stops: false)
        }
    }

    /// The error of a server without the API.
    func noBatchAPI(_ path: String) -> LyceumError {
        .unsupported(
            "\(server) has no Batch API (it does not know POST \(path))",
            remedy: "leave out batch: every server answers at once")
    }

    /// The object that an answer holds; nil if it holds none, or an error in its place.
    private func readable(_ response: HTTPResponse) -> Value? {
        guard let value = ServerJSON.read(response.body), let fields = value.object,
            fields["error"]?.isNull ?? true || fields["id"] != nil
        else { return nil }
        teacher.hasAnswered = true
        return value
    }

    /// The object that an answer holds.
    func object(_ response: HTTPResponse) throws -> Value {
        if let value = readable(response) { return value }
        let excerpt = settings.shown(String(decoding: response.body.prefix(400), as: UTF8.self), limit: 120)
        throw LyceumError.failed(
            "\(server) answered with no JSON object" + (excerpt.isEmpty ? "" : ": \(excerpt)"),
            remedy: teacher.hasAnswered
                ? "try again later" : "check that base_url leads to a server with OpenAI's Batch API")
    }

    /// The server's name for a thing.
    func name(in document: Value, of what: String) throws -> String {
        try checked(document.object?["id"]?.string ?? "", of: what)
    }

    /// A server's name that may stand in an address.
    func checked(_ name: String, of what: String) throws -> String {
        let isPlain = name.utf8.allSatisfy { byte in
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
                || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "-_.:".utf8.contains(byte)
        }
        guard isPlain, !name.isEmpty, name.utf8.count <= 200, name != ".", name != ".." else {
            throw LyceumError.failed("\(server) gave the \(what) no name that can be used", remedy: nil)
        }
        return name
    }
}

extension OpenAIFault {
    /// The error, whatever is to be done about it.
    var error: LyceumError {
        switch self {
        case .stop(let error), .row(let error), .retry(let error, _, _), .brokenOff(_, let error, _):
            return error
        }
    }
}
