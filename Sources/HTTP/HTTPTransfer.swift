import CCurl
import LyceumKit

/// One request on its way: what libcurl's callbacks write into.
///
/// Lives as long as its easy handle is in the multi handle; used from one thread.
final class HTTPTransfer {
    /// The caller's number for it.
    let id: Int
    let request: HTTPRequest
    /// libcurl's header list; freed with this object.
    let headerList: UnsafeMutablePointer<curl_slist>?
    private(set) var body: [UInt8] = []
    private(set) var headers: [String: String] = [:]
    private(set) var isTooLarge = false
    private(set) var isHeaderTooLarge = false
    /// Where it goes: the request's address, or where the server pointed since.
    var url: String
    /// The redirects that were followed.
    var redirects = 0
    private var headerBytes = 0
    private(set) var isStopped = false
    /// Of the answer that has begun; 0 before.
    private(set) var status = 0
    private let receiver: HTTPReceiver?
    /// When no answer may be waited for any longer; nil if the request sets no such time, or one has begun.
    private(set) var silenceEnds: Double?

    init(id: Int, request: HTTPRequest, receiver: HTTPReceiver?) {
        self.id = id
        self.request = request
        url = request.url
        self.receiver = receiver
        var list: UnsafeMutablePointer<curl_slist>?
        for (name, value) in request.headers { list = curl_slist_append(list, "\(name): \(value)") }
        // libcurl would otherwise wait up to a second for "100 Continue" before a long body.
        headerList = curl_slist_append(list, "Expect:")
        silenceEnds = request.firstByteTimeout.map { Uptime.now + $0 }
    }

    deinit { curl_slist_free_all(headerList) }

    /// Takes a part of the body; false if it is too much.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if let receiver, status == 200 || status == 206 {
            isStopped = !receiver(status, headers, bytes)
            return !isStopped
        }
        guard bytes.count <= request.maximumBody - body.count else {
            isTooLarge = true
            return false
        }
        body.append(contentsOf: bytes)
        return true
    }

    /// Begins again at another address of the same server.
    func redirect(to url: String) {
        self.url = url
        redirects += 1
        body = []
        headers = [:]
    }

    /// Takes one line of the header, or of the trailers behind the body; false if it is too much.
    func receiveHeader(_ line: UnsafeRawBufferPointer) -> Bool {
        silenceEnds = nil
        headerBytes += line.count
        guard headerBytes <= request.maximumHeader else {
            isHeaderTooLarge = true
            return false
        }
        let text = String(decoding: line, as: UTF8.self)
        // A status line begins a new header: that of the answer after "100 Continue" or a proxy's.
        if text.hasPrefix("HTTP/") {
            headers = [:]
            let words = text.split(separator: " ")
            status = words.count > 1 ? Int(words[1].trimmed) ?? 0 : 0
        }
        guard let colon = text.firstIndex(of: ":") else { return true }
        let value = text[text.index(after: colon)...]
        headers[text[..<colon].lowercased()] = value.trimmed
        return true
    }
}
