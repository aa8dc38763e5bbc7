import Glibc

extension Double {
    /// The number in decimal notation, rounded to so many digits after the point: `3.14159.fixed(2)` is "3.14".
    public func fixed(_ digits: Int) -> String {
        let digits = Int32(clamping: min(max(digits, 0), 60))
        return withVaList([digits, self]) { arguments in
            // The longest double has 309 digits before the point.
            var buffer = [CChar](repeating: 0, count: 400)
            let count = vsnprintf(&buffer, buffer.count, "%.*f", arguments)
            let end = min(max(Int(count), 0), buffer.count - 1)
            return String(decoding: buffer[..<end].map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
    }
}
