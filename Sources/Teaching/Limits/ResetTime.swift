import Glibc

/// When a limit is whole again, as `x-ratelimit-reset-*` headers say it.
///
/// OpenAI sends durations as Go prints them; others send seconds or RFC 3339 times, and some send nonsense.
enum ResetTime {
    /// Seconds from now.
    ///
    /// - Parameters:
    ///   - text: "1s", "6m0s", "547ms", "12.5" or "2026-08-07T10:12:13Z".
    ///   - now: seconds since 1970.
    /// - Returns: nil if it is none of these, or lies in the past.
    static func seconds(_ text: String, now: Double = Double(time(nil))) -> Double? {
        let seconds = Double(text) ?? goDuration(text) ?? moment(text).map { $0 - now }
        return seconds.flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
    }

    /// "2m52.8s" as seconds. Source: Go's `time.ParseDuration`.
    private static func goDuration(_ text: String) -> Double? {
        let units = ["h": 3600.0, "m": 60, "s": 1, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9]
        var total = 0.0
        var rest = text[...]
        if rest.isEmpty { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
            let unit = rest.dropFirst(digits.count).prefix { !$0.isNumber && $0 != "." }
            guard let number = Double(digits), let factor = units[String(unit)] else { return nil }
            total += number * factor
            rest = rest.dropFirst(digits.count + unit.count)
        }
        return total
    }

    /// An RFC 3339 time in UTC or with an offset, as seconds since 1970.
    private static func moment(_ text: String) -> Double? {
        let pattern = /(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)/
        guard let match = text.wholeMatch(of: pattern) else { return nil }
        var parts = tm()
        parts.tm_year = (Int32(match.1) ?? 0) - 1900
        parts.tm_mon = (Int32(match.2) ?? 0) - 1
        parts.tm_mday = Int32(match.3) ?? 0
        parts.tm_hour = Int32(match.4) ?? 0
        parts.tm_min = Int32(match.5) ?? 0
        parts.tm_sec = Int32(match.6) ?? 0
        let fraction = match.7.flatMap { Double("0\($0)") } ?? 0
        let offset = match.8.lowercased()
        var minutes = 0.0
        if offset != "z" {
            let numbers = offset.dropFirst().split(separator: ":").compactMap { Double($0) }
            minutes = (numbers.first ?? 0) * 60 + (numbers.last ?? 0)
            if offset.hasPrefix("-") { minutes = -minutes }
        }
        return Double(timegm(&parts)) + fraction - minutes * 60
    }
}
