import Glibc

/// A moment, to the millisecond; stored as UTC text, which SQLite's date functions read and which sorts by time.
public struct Timestamp: Sendable, Hashable, Comparable {
    /// Milliseconds since 1970-01-01 00:00 UTC.
    public let milliseconds: Int

    /// Makes a moment of milliseconds since 1970; clamped to the years 1 to 9999.
    public init(milliseconds: Int) {
        self.milliseconds = min(max(milliseconds, -62_135_596_800_000), 253_402_300_799_999)
    }

    /// This moment.
    public static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int(time.tv_sec) * 1000 + Int(time.tv_nsec) / 1_000_000)
    }

    /// What stands for a moment that cannot be read.
    static let unknown = Timestamp(milliseconds: 0)

    /// Reads what `text` wrote; nil if it is anything else.
    public init?(text: String) {
        let numbers = text.split(whereSeparator: { !$0.isASCII || !$0.isNumber }).compactMap { Int($0) }
        guard numbers.count == 7, text.utf8.count == 24, text.hasSuffix("Z"), (1...9999).contains(numbers[0]),
            numbers[1...].allSatisfy({ (0...999).contains($0) })
        else { return nil }
        var parts = tm()
        parts.tm_year = Int32(numbers[0] - 1900)
        parts.tm_mon = Int32(numbers[1] - 1)
        parts.tm_mday = Int32(numbers[2])
        parts.tm_hour = Int32(numbers[3])
        parts.tm_min = Int32(numbers[4])
        parts.tm_sec = Int32(numbers[5])
        self.init(milliseconds: timegm(&parts) * 1000 + numbers[6])
    }

    /// "2026-08-07T10:12:13.123Z", in UTC.
    public var text: String {
        var seconds = wholeSeconds
        var parts = tm()
        gmtime_r(&seconds, &parts)
        return "\(Self.date(parts))T\(Self.time(parts)).\(Self.padded(milliseconds - seconds * 1000, 3))Z"
    }

    /// "2026-08-07 12:12:13", in the time zone of this machine, for tables.
    public var localText: String {
        var seconds = wholeSeconds
        var parts = tm()
        localtime_r(&seconds, &parts)
        return "\(Self.date(parts)) \(Self.time(parts))"
    }

    /// The seconds from an earlier moment to this one.
    public func seconds(since earlier: Timestamp) -> Double {
        Double(milliseconds - earlier.milliseconds) / 1000
    }

    /// Whether `a` was before `b`.
    public static func < (a: Timestamp, b: Timestamp) -> Bool { a.milliseconds < b.milliseconds }

    private var wholeSeconds: Int {
        milliseconds / 1000 - (milliseconds % 1000 < 0 ? 1 : 0)
    }

    private static func date(_ parts: tm) -> String {
        let year = padded(Int(parts.tm_year) + 1900, 4)
        return "\(year)-\(padded(Int(parts.tm_mon) + 1, 2))-\(padded(Int(parts.tm_mday), 2))"
    }

    private static func time(_ parts: tm) -> String {
        let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { padded(Int($0), 2) }
        return clock.joined(separator: ":")
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
