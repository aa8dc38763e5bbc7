// Reading and writing scalars in UTF-8 that is known to be valid, because it comes out of a Swift string.
enum UTF8Text {
    /// The scalar that begins at `i`, and its length in bytes.
    @inline(__always) static func scalar(_ bytes: UnsafePointer<UInt8>, at i: Int) -> (
        value: UInt32, length: Int
    ) {
        let first = UInt32(bytes[i])
        if first < 0x80 { return (first, 1) }
        let second = UInt32(bytes[i + 1] & 0x3F)
        if first < 0xE0 { return ((first & 0x1F) << 6 | second, 2) }
        let third = UInt32(bytes[i + 2] & 0x3F)
        if first < 0xF0 { return ((first & 0x0F) << 12 | second << 6 | third, 3) }
        return ((first & 0x07) << 18 | second << 12 | third << 6 | UInt32(bytes[i + 3] & 0x3F), 4)
    }

    /// Eight bytes from `i` on as one number, the first one lowest; zeros behind `end`.
    @inline(__always) static func eight(_ bytes: UnsafePointer<UInt8>, at i: Int, of end: Int) -> UInt64 {
        if i + 8 <= end {
            return UInt64(littleEndian: UnsafeRawPointer(bytes + i).loadUnaligned(as: UInt64.self))
        }
        var result: UInt64 = 0
        for place in i..<end { result |= UInt64(bytes[place]) << UInt64(truncatingIfNeeded: 8 * (place - i)) }
        return result
    }

    /// Writes a scalar at `i`; returns its length in bytes.
    @inline(__always) static func write(_ scalar: UInt32, to bytes: UnsafeMutablePointer<UInt8>, at i: Int)
        -> Int
    {
        func tail(_ shift: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: 0x80 | (scalar >> shift) & 0x3F) }
        if scalar < 0x80 {
            bytes[i] = UInt8(truncatingIfNeeded: scalar)
            return 1
        }
        if scalar < 0x800 {
            bytes[i] = UInt8(truncatingIfNeeded: 0xC0 | scalar >> 6)
            bytes[i + 1] = tail(0)
            return 2
        }
        if scalar < 0x10000 {
            bytes[i] = UInt8(truncatingIfNeeded: 0xE0 | scalar >> 12)
            bytes[i + 1] = tail(6)
            bytes[i + 2] = tail(0)
            return 3
        }
        bytes[i] = UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18)
        bytes[i + 1] = tail(12)
        bytes[i + 2] = tail(6)
        bytes[i + 3] = tail(0)
        return 4
    }

    /// Moves `length` bytes to an earlier place, or leaves them where they are, and advances both places.
    @inline(__always) static func move(
        _ length: Int, in bytes: UnsafeMutablePointer<UInt8>, from source: inout Int, to target: inout Int
    ) {
        for offset in 0..<length { bytes[target + offset] = bytes[source + offset] }
        source += length
        target += length
    }

    /// The first place from `start` on that holds no space; `end` if there is none.
    @inline(__always) static func endOfSpace(
        in bytes: UnsafeMutablePointer<UInt8>, from start: Int, to end: Int
    ) -> Int {
        var i = start
        while i < end {
            let (value, length) = scalar(bytes, at: i)
            guard PythonCharacter.isSpace(value) else { break }
            i += length
        }
        return i
    }

    /// Copies a text in lower case, as Python's `str.lower` does it.
    ///
    /// - Parameters:
    ///   - source: valid UTF-8.
    ///   - target: room for twice the length of `source`; lower case never takes more.
    /// - Returns: the number of bytes written.
    static func lowercase(_ source: UnsafeBufferPointer<UInt8>, to target: UnsafeMutablePointer<UInt8>) -> Int
    {
        guard let bytes = source.baseAddress else { return 0 }
        var i = 0
        var out = 0
        while i < source.count {
            let byte = bytes[i]
            if byte < 0x80 {
                let isCapital = byte &- 0x41 < 26
                target[out] = isCapital ? byte | 0x20 : byte
                i += 1
                out += 1
                continue
            }
            let (value, length) = scalar(bytes, at: i)
            if let lower = PythonCharacter.simpleLowercase(value) {
                out += write(lower, to: target, at: out)
            } else {
                for lower in specialLowercase(value, in: source, at: i, length: length) {
                    out += write(lower.value, to: target, at: out)
                }
            }
            i += length
        }
        return out
    }

    /// The lower case of the scalar at `i` of a text, of `length` bytes, that has no simple one.
    static func specialLowercase(
        _ value: UInt32, in source: UnsafeBufferPointer<UInt8>, at i: Int, length: Int
    ) -> String.UnicodeScalarView {
        guard let scalar = Unicode.Scalar(value) else { return String.UnicodeScalarView() }
        // No word is longer than this: the context of a sigma need not be the whole of a long text.
        let reach = 256
        var low = max(0, i - reach)
        while low < i, source[low] & 0xC0 == 0x80 { low += 1 }
        var high = min(source.count, i + length + reach)
        while high > i + length, high < source.count, source[high] & 0xC0 == 0x80 { high -= 1 }
        let before = String(decoding: source[low..<i], as: UTF8.self).unicodeScalars
        let after = String(decoding: source[(i + length)..<high], as: UTF8.self).unicodeScalars
        return PythonCharacter.specialLowercase(scalar, before: before.reversed(), after: after)
            .unicodeScalars
    }
}
