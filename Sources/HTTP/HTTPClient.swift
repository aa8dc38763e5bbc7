import CCurl
import LyceumKit

/// Many HTTP requests at once from one thread, over libcurl's multi interface.
///
/// Connections are kept and shared (HTTP/2 where the server offers it), bodies come decompressed, proxies are
/// taken from the environment as curl does. Redirects are followed only where a request allows it, and never to another
/// server: a key must not travel there.
public final class HTTPClient {
    private let multi: OpaquePointer
    private var idle: [UnsafeMutableRawPointer] = []
    private var running: [UnsafeMutableRawPointer: HTTPTransfer] = [:]
    /// What came of requests that failed, until it is asked for.
    private var beginnings: [Int: HTTPResponse] = [:]
    /// When silent requests are looked for again.
    private var nextLook = 0.0

    /// libcurl's own set-up, once in a process.
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// Makes a client.
    ///
    /// - Parameter connections: the most connections at once.
    /// - Throws: `LyceumError.failed` if libcurl cannot start.
    public init(connections: Int) throws {
        guard Self.isReady, let multi = curl_multi_init() else {
            throw LyceumError.failed("libcurl could not be started", remedy: "check the free memory")
        }
        self.multi = OpaquePointer(multi)
        _ = ccurl_multi_set_long(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections)
        _ = ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, connections)
    }

    deinit {
        cancelAll()
        for easy in idle { curl_easy_cleanup(easy) }
        curl_multi_cleanup(UnsafeMutableRawPointer(multi))
    }

    /// How many requests are on their way.
    public var runningCount: Int { running.count }

    /// Sends a request; its result comes out of `wait`.
    ///
    /// - Parameters:
    ///   - request: what to send.
    ///   - id: the caller's number for it.
    ///   - receiver: takes the body of a successful answer as it comes; nil collects it.
    /// - Throws: `LyceumError.failed` if libcurl refuses.
    public func send(_ request: HTTPRequest, id: Int, receiver: HTTPReceiver? = nil) throws {
        guard let easy = idle.popLast() ?? curl_easy_init() else {
            throw LyceumError.failed("libcurl gave no handle", remedy: "check the free memory")
        }
        let transfer = HTTPTransfer(id: id, request: request, receiver: receiver)
        guard configure(easy, transfer),
            curl_multi_add_handle(UnsafeMutableRawPointer(multi), easy) == CURLM_OK
        else {
            curl_easy_cleanup(easy)
            throw LyceumError.failed("libcurl refused a request", remedy: nil)
        }
        running[easy] = transfer
    }

    /// Lets requests go on until one ends or the time is up.
    ///
    /// - Parameter milliseconds: the longest time to wait.
    /// - Returns: what ended, by the caller's number.
    /// - Throws: `LyceumError.failed` if libcurl itself fails.
    public func wait(milliseconds: Int) throws -> [(id: Int, result: Result<HTTPResponse, HTTPFailure>)] {
        let multi = UnsafeMutableRawPointer(self.multi)
        var active: Int32 = 0
        var code = curl_multi_perform(multi, &active)
        var ended = collect()
        if code == CURLM_OK, ended.isEmpty {
            code = curl_multi_poll(multi, nil, 0, Int32(clamping: max(0, milliseconds)), nil)
            if code == CURLM_OK { code = curl_multi_perform(multi, &active) }
            ended = collect()
        }
        guard code == CURLM_OK else {
            throw LyceumError.failed(
                "libcurl failed: \(String(cString: curl_multi_strerror(code)))", remedy: nil)
        }
        return ended + silent()
    }

    /// What of an answer has come so far; nil if that request is not on its way.
    public func received(_ id: Int) -> (headers: [String: String], body: [UInt8])? {
        running.values.first { $0.id == id }.map { ($0.headers, $0.body) }
    }

    /// Gives up all that is on its way.
    public func cancelAll() {
        for easy in Array(running.keys) { finish(easy) }
        beginnings = [:]
    }

    /// What had come of an answer when its request failed; nil if that was nothing.
    public func takeBeginning(_ id: Int) -> HTTPResponse? { beginnings.removeValue(forKey: id) }

    private func collect() -> [(id: Int, result: Result<HTTPResponse, HTTPFailure>)] {
        var ended: [(id: Int, result: Result<HTTPResponse, HTTPFailure>)] = []
        var left: Int32 = 0
        while let message = curl_multi_info_read(UnsafeMutableRawPointer(multi), &left) {
            var code = CURLE_OK
            guard let easy = ccurl_finished(message, &code), let transfer = running[easy] else { continue }
            let result = Self.result(easy, transfer, code)
            if case .success(let response) = result, follow(response, easy, transfer) { continue }
            if case .failure = result { keepBeginning(easy, transfer) }
            let bound = transfer.request.maximumRedirects
            if case .success(let response) = result, bound > 0, Self.isRedirect(response.status),
                transfer.redirects >= bound
            {
                ended.append((transfer.id, .failure(.tooManyRedirects(bound))))
            } else {
                ended.append((transfer.id, result))
            }
            finish(easy)
        }
        return ended
    }

    private static func isRedirect(_ status: Int) -> Bool { [301, 302, 307, 308].contains(status) }

    /// Sends a request on to where the server points, if it may be.
    private func follow(
        _ response: HTTPResponse, _ easy: UnsafeMutableRawPointer, _ transfer: HTTPTransfer
    ) -> Bool {
        guard Self.isRedirect(response.status), transfer.redirects < transfer.request.maximumRedirects,
            let location = response.headers["location"],
            let url = Self.redirection(from: transfer.url, to: location)
        else { return false }
        curl_multi_remove_handle(UnsafeMutableRawPointer(multi), easy)
        curl_easy_reset(easy)
        transfer.redirect(to: url)
        guard configure(easy, transfer),
            curl_multi_add_handle(UnsafeMutableRawPointer(multi), easy) == CURLM_OK
        else { return false }
        return true
    }

    private func keepBeginning(_ easy: UnsafeMutableRawPointer, _ transfer: HTTPTransfer) {
        guard !transfer.body.isEmpty else { return }
        var status = 0
        _ = ccurl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        beginnings[transfer.id] = HTTPResponse(
            status: status, headers: transfer.headers, body: transfer.body, seconds: 0)
    }

    /// Gives up requests whose answer should have begun by now.
    ///
    /// libcurl knows no such time limit. Looking at all requests each time would cost more than it is worth.
    private func silent() -> [(id: Int, result: Result<HTTPResponse, HTTPFailure>)] {
        let now = Uptime.now
        guard now >= nextLook else { return [] }
        nextLook = now + 0.02
        let overdue = running.filter { _, transfer in transfer.silenceEnds.map { $0 <= now } ?? false }
        return overdue.map { easy, transfer in
            finish(easy)
            return (transfer.id, .failure(.silent(transfer.request.firstByteTimeout ?? 0)))
        }
    }

    private func finish(_ easy: UnsafeMutableRawPointer) {
        curl_multi_remove_handle(UnsafeMutableRawPointer(multi), easy)
        running[easy] = nil
        curl_easy_reset(easy)
        idle.append(easy)
    }

    private static func result(
        _ easy: UnsafeMutableRawPointer, _ transfer: HTTPTransfer, _ code: CURLcode
    ) -> Result<HTTPResponse, HTTPFailure> {
        var status = 0
        var seconds = 0.0
        var secondsToConnection = 0.0
        _ = ccurl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        _ = ccurl_get_double(easy, CURLINFO_TOTAL_TIME, &seconds)
        _ = ccurl_get_double(easy, CURLINFO_PRETRANSFER_TIME, &secondsToConnection)
        if code == CURLE_OK {
            return .success(
                HTTPResponse(
                    status: status, headers: transfer.headers, body: transfer.body, seconds: seconds))
        }
        if transfer.isHeaderTooLarge { return .failure(.headerTooLarge(transfer.request.maximumHeader)) }
        if transfer.isStopped { return .failure(.stopped) }
        if transfer.isTooLarge { return .failure(.tooLarge(transfer.request.maximumBody)) }
        let reason = String(cString: curl_easy_strerror(code))
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT,
            CURLE_SSL_CONNECT_ERROR:
            return .failure(.unreachable(reason))
        case CURLE_OPERATION_TIMEDOUT where secondsToConnection == 0:
            return .failure(.unreachable("no connection within \((seconds * 10).rounded() / 10) s"))
        case CURLE_OPERATION_TIMEDOUT:
            return .failure(.timeout(seconds))
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_PEER_FAILED_VERIFICATION,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ENGINE_NOTFOUND:
            return .failure(.refused(reason))
        case CURLE_OUT_OF_MEMORY:
            // How libcurl says that one field is longer than it takes.
            return .failure(.headerTooLarge(min(transfer.request.maximumHeader, 100 << 10)))
        default:
            return .failure(.broken(reason))
        }
    }
}
