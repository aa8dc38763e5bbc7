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
            return transfer.receiveHeader(UnsafeRawBufferPointer(start: bytes, count: length)) ? length : 0
        }
        let codes = [
            ccurl_set_string(easy, CURLOPT_URL, transfer.url),
            ccurl_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https"),
            ccurl_set_string(easy, CURLOPT_USERAGENT, "lyceum"),
            // The empty list means all encodings that libcurl can undo.
            ccurl_set_string(easy, CURLOPT_ACCEPT_ENCODING, request.acceptsCompression ? "" : nil),
            ccurl_set_pointer(easy, CURLOPT_HTTPHEADER, transfer.headerList),
            ccurl_set_string(easy, CURLOPT_NOPROXY, request.bypassesProxy ? "*" : nil),
            ccurl_set_long(easy, CURLOPT_FOLLOWLOCATION, 0),
            ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1),
            ccurl_set_long(easy, CURLOPT_TIMEOUT_MS, Self.milliseconds(request.timeout)),
            ccurl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, Self.milliseconds(request.connectTimeout)),
            ccurl_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS)),
            ccurl_set_long(easy, CURLOPT_LOW_SPEED_LIMIT, 1),
            ccurl_set_long(easy, CURLOPT_LOW_SPEED_TIME, Int(max(0, min(request.stallTimeout ?? 0, 86_400)))),
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
        switch request.method {
        case .get: return ccurl_set_long(easy, CURLOPT_HTTPGET, 1) == CURLE_OK
        case .head: return ccurl_set_long(easy, CURLOPT_NOBODY, 1) == CURLE_OK
        case .post: break
        }
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

    /// Where a redirect leads, if it stays at the same server.
    ///
    /// - Returns: nil for another server or scheme, and for what is not an address.
    static func redirection(from url: String, to location: String) -> String? {
        func read(_ part: CURLUPart, _ handle: OpaquePointer) -> String? {
            var text: UnsafeMutablePointer<CChar>?
            guard curl_url_get(handle, part, &text, UInt32(CURLU_DEFAULT_PORT)) == CURLUE_OK, let text else {
                return nil
            }
            defer { curl_free(text) }
            return String(cString: text)
        }
        guard let old = curl_url(), let new = curl_url() else { return nil }
        defer {
            curl_url_cleanup(old)
            curl_url_cleanup(new)
        }
        guard curl_url_set(old, CURLUPART_URL, url, 0) == CURLUE_OK,
            curl_url_set(new, CURLUPART_URL, url, 0) == CURLUE_OK,
            curl_url_set(new, CURLUPART_URL, location, 0) == CURLUE_OK
        else { return nil }
        for part in [CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT]
        where read(part, old) != read(part, new) {
            return nil
        }
        return read(CURLUPART_USER, new) == nil ? read(CURLUPART_URL, new) : nil
    }

    /// Seconds in libcurl's unit; at least one, since 0 would mean no limit.
    private static func milliseconds(_ seconds: Double) -> Int {
        Int(max(1, min(seconds * 1000, 86_400_000)))
    }
}
