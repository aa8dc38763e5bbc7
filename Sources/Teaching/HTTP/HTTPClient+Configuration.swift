import CCurl

extension HTTPClient {
    /// Sets up an easy handle for a transfer, which must outlive it there; false if libcurl refuses.
    func configure(_ easy: UnsafeMutableRawPointer, _ transfer: HTTPTransfer) -> Bool {
        let request = transfer.request
        let context = Unmanaged.passUnretained(transfer).toOpaque()
        let onBody: ccurl_write_callback = { bytes, size, count, context in
            guard let context else { return 0 }
            let transfer = Unmanaged<HTTPTransfer>.fromOpaque(context).takeUnretainedValue()
            let length = size &* count
            return transfer.receive(UnsafeRawBufferPointer(start: bytes, count: length)) ? length : 0
        }
        let onHeader: ccurl_write_callback = { bytes, size, count, context in
            guard let context else { return 0 }
            let transfer = Unmanaged<HTTPTransfer>.fromOpaque(context).takeUnretainedValue()
            let length = size &* count
            transfer.receiveHeader(UnsafeRawBufferPointer(start: bytes, count: length))
            return length
        }
        let codes = [
            ccurl_set_string(easy, CURLOPT_URL, request.url),
            ccurl_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https"),
            ccurl_set_string(easy, CURLOPT_USERAGENT, "lyceum"),
            // The empty list means all encodings that libcurl can undo.
            ccurl_set_string(easy, CURLOPT_ACCEPT_ENCODING, ""),
            ccurl_set_pointer(easy, CURLOPT_HTTPHEADER, transfer.headerList),
            ccurl_set_string(easy, CURLOPT_NOPROXY, request.bypassesProxy ? "*" : nil),
            ccurl_set_long(easy, CURLOPT_FOLLOWLOCATION, 0),
            ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1),
            ccurl_set_long(easy, CURLOPT_TIMEOUT_MS, Self.milliseconds(request.timeout)),
            ccurl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, Self.milliseconds(request.connectTimeout)),
            ccurl_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS)),
            // Waits for a connection that may be shared rather than opening one for each request.
            ccurl_set_long(easy, CURLOPT_PIPEWAIT, 1),
            ccurl_set_callback(easy, CURLOPT_WRITEFUNCTION, onBody),
            ccurl_set_pointer(easy, CURLOPT_WRITEDATA, context),
            ccurl_set_callback(easy, CURLOPT_HEADERFUNCTION, onHeader),
            ccurl_set_pointer(easy, CURLOPT_HEADERDATA, context),
        ]
        return codes.allSatisfy { $0 == CURLE_OK } && setBody(easy, request)
    }

    private func setBody(_ easy: UnsafeMutableRawPointer, _ request: HTTPRequest) -> Bool {
        if request.method == .get { return ccurl_set_long(easy, CURLOPT_HTTPGET, 1) == CURLE_OK }
        let codes = [
            ccurl_set_long(easy, CURLOPT_POST, 1),
            ccurl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count)),
            // libcurl copies the body, so that it need not stay where it is.
            request.body.withUnsafeBytes {
                ccurl_set_string(
                    easy, CURLOPT_COPYPOSTFIELDS, $0.baseAddress?.assumingMemoryBound(to: CChar.self))
            },
        ]
        return codes.allSatisfy { $0 == CURLE_OK }
    }

    /// Seconds in libcurl's unit; at least one, since 0 would mean no limit.
    private static func milliseconds(_ seconds: Double) -> Int {
        Int(max(1, min(seconds * 1000, 86_400_000)))
    }
}
