import Glibc

/// The clock for waits and deadlines: seconds since some moment, never set back.
public enum Uptime {
    /// Seconds.
    public static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
