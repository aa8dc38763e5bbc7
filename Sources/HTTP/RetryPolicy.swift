import CCurl
import Glibc

/// When a request is sent again. Source: openai-python, `_base_client.py`.
public enum RetryPolicy {
    /// The wait before a try, counted from 0 for the first repetition, in seconds.
    ///
    /// - Parameters:
    ///   - attempt: how many repetitions there were.
    ///   - after: what the server asked for, if it did.
    public static func wait(attempt: Int, after: Double?) -> Double {
        if let after, after > 0 { return after }
        let backoff = min(0.5 * Double(1 << max(0, min(attempt, 10))), 8)
        return backoff * (1 - 0.25 * Double.random(in: 0..<1))
    }

    /// What a server asks for: `retry-after-ms`, or `retry-after` in seconds or as an HTTP date.
    ///
    /// - Parameters:
    ///   - headers: by lower-case name.
    ///   - now: seconds since 1970.
    /// - Returns: seconds from now; nil if it said nothing that makes sense.
    public static func wait(from headers: [String: String], now: Double = Double(time(nil))) -> Double? {
        func positive(_ number: Double?) -> Double? { number.flatMap { $0.isFinite && $0 > 0 ? $0 : nil } }
        if let wait = positive(headers["retry-after-ms"].flatMap(Double.init)) { return wait / 1000 }
        guard let text = headers["retry-after"] else { return nil }
        if let seconds = Double(text) { return positive(seconds) }
        // -1 says that libcurl cannot read the date; as a time it lies in the past, too.
        return positive(Double(curl_getdate(text, nil)) - now)
    }
}
