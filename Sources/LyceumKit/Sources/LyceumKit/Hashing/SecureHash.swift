internal import CDigest

/// The SHA-256 hash of a stream of bytes, computed by libcrypto.
///
/// Source: FIPS 180-4.
public struct SHA256: Sendable {
    private var digest = SecureDigest(CDIGEST_SHA256)

    /// Starts with no bytes.
    public init() {}

    /// The hash of a text's UTF-8 bytes: 32 bytes.
    public static func hash(_ text: String) -> [UInt8] {
        var hash = SHA256()
        var text = text
        text.withUTF8 { hash.update(UnsafeRawBufferPointer($0)) }
        return hash.finish()
    }

    /// Adds bytes.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        if !isKnownUniquelyReferenced(&digest) { digest = digest.copy() }
        digest.update(bytes)
    }

    /// The 32 bytes of the hash.
    public consuming func finish() -> [UInt8] { digest.copy().finish() }
}

/// The SHA-1 hash of a stream of bytes, by which Git names files and CNN/DailyMail its stories; not for secrets.
///
/// Source: FIPS 180-4.
public struct SHA1: Sendable {
    private var digest = SecureDigest(CDIGEST_SHA1)

    /// Starts with no bytes.
    public init() {}

    /// The hash of a text's UTF-8 as 40 hexadecimal digits.
    public static func hexadecimal(of text: String) -> String {
        var hash = SHA1()
        var text = text
        text.withUTF8 { hash.update(UnsafeRawBufferPointer($0)) }
        return hash.finish().hexadecimal
    }

    /// Adds bytes.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        if !isKnownUniquelyReferenced(&digest) { digest = digest.copy() }
        digest.update(bytes)
    }

    /// The 20 bytes of the hash.
    public consuming func finish() -> [UInt8] { digest.copy().finish() }
}

/// Owns a digest of CDigest.
///
/// Unchecked, because the pointer is only reached through a value that is copied before it is changed while shared.
private final class SecureDigest: @unchecked Sendable {
    private let pointer: OpaquePointer

    convenience init(_ kind: CDigestKind) { self.init(owning: cdigest_new(kind)) }

    private init(owning pointer: OpaquePointer) { self.pointer = pointer }

    deinit { cdigest_free(pointer) }

    func copy() -> SecureDigest { SecureDigest(owning: cdigest_copy(pointer)) }

    func update(_ bytes: UnsafeRawBufferPointer) { cdigest_update(pointer, bytes.baseAddress, bytes.count) }

    func finish() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 64) { buffer, count in
            cdigest_finish(pointer, buffer.baseAddress, &count)
        }
    }
}
