/// The clock for waits, deadlines and durations: seconds since the process first looked at it, never set back.
public enum Uptime {
    private static let start = ContinuousClock.now

    /// Seconds.
    public static var now: Double { (ContinuousClock.now - start).seconds }
}

extension Duration {
    /// In seconds.
    public var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
