import LyceumKit

/// Checks a download against its ETag: SHA-256 for large files, Git's SHA-1 for small ones, the size for both.
struct HubHash {
    private let metadata: HubDownload.Metadata
    private var sha256: SHA256?
    private var sha1: SHA1?

    init(_ metadata: HubDownload.Metadata) {
        self.metadata = metadata
        let isHexadecimal = metadata.etag.allSatisfy { $0.isASCII && $0.isHexDigit }
        if isHexadecimal, metadata.etag.utf8.count == 64 { sha256 = SHA256() }
        if isHexadecimal, metadata.etag.utf8.count == 40, let size = metadata.size {
            // Git hashes a header in front of the content.
            var hash = SHA1()
            (Array("blob \(size)".utf8) + [0]).withUnsafeBytes { hash.update($0) }
            sha1 = hash
        }
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        sha256?.update(bytes)
        sha1?.update(bytes)
    }

    /// What is wrong with the bytes so far, if they are all; nil if nothing is.
    func problem(size: Int) -> String? {
        if let expected = metadata.size, size != expected { return "\(size) bytes instead of \(expected)" }
        let found: [UInt8]
        let name: String
        if let sha256 {
            (found, name) = (sha256.finish(), "SHA-256")
        } else if let sha1 {
            (found, name) = (sha1.finish(), "Git hash")
        } else {
            return nil
        }
        let text = found.hexadecimal
        return text == metadata.etag.lowercased() ? nil : "its \(name) is \(text) instead of \(metadata.etag)"
    }
}
