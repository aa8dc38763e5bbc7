/// Work on valid UTF-8, which is what `String.withUTF8` gives.
enum UTF8Text {
    /// The scalar that begins at `position`, and its length in bytes.
    @inline(__always)
    static func scalar(
        in text: UnsafeBufferPointer<UInt8>, at position: Int
    ) -> (scalar: Unicode.Scalar, length: Int) {
        let lead = text[position]
        if lead < 0x80 { return (Unicode.Scalar(lead), 1) }
        let length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        var value = UInt32(lead) & (0x7F >> UInt32(length))
        for next in (position + 1)..<(position + length) { value = value << 6 | UInt32(text[next] & 0x3F) }
        return (Unicode.Scalar(value) ?? "\u{FFFD}", length)
    }

    /// Replaces every occurrence, from left to right, by bytes.
    static func replace(_ from: [UInt8], by to: [UInt8], in bytes: [UInt8]) -> [UInt8] {
        guard let first = from.first else { return bytes }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var position = 0
        while position < bytes.count {
            if bytes[position] == first, bytes[position...].starts(with: from) {
                result += to
                position += from.count
            } else {
                result.append(bytes[position])
                position += 1
            }
        }
        return result
    }
}
