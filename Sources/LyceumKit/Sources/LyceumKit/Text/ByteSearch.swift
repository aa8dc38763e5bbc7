import Glibc

/// Finds bytes in bytes in linear time, whatever they are.
public enum ByteSearch {
    private typealias Search =
        @convention(c) (UnsafeRawPointer, Int, UnsafeRawPointer, Int) -> UnsafeMutableRawPointer?

    /// glibc's memmem (two-way search), which its Swift module leaves out.
    private static let memmem = dlsym(nil, "memmem").map { unsafeBitCast($0, to: Search.self) }

    /// Where `part` begins in `whole` for the first time, at `start` or behind; nil if it does not.
    ///
    /// An empty part is everywhere.
    public static func firstIndex(
        of part: UnsafeRawBufferPointer, in whole: UnsafeRawBufferPointer, from start: Int = 0
    ) -> Int? {
        guard start >= 0, start <= whole.count else { return nil }
        guard let wanted = part.baseAddress, !part.isEmpty else { return start }
        guard let base = whole.baseAddress, part.count <= whole.count - start else { return nil }
        guard let memmem else { return nil }
        return memmem(base + start, whole.count - start, wanted, part.count).map {
            UnsafeRawPointer($0) - base
        }
    }

    /// Where `part` begins in `whole` for the first time, at `start` or behind; nil if it does not.
    public static func firstIndex(of part: [UInt8], in whole: [UInt8], from start: Int = 0) -> Int? {
        part.withUnsafeBytes { part in
            whole.withUnsafeBytes { firstIndex(of: part, in: $0, from: start) }
        }
    }
}
