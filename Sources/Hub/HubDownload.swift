import Glibc
import HTTP
import LyceumKit

/// One file on its way into the cache.
final class HubDownload {
    /// What the Hub says of a file.
    struct Metadata: Sendable, Equatable {
        /// The SHA-256 of a large file, the Git hash of a small one.
        let etag: String
        /// In bytes; nil if the Hub does not say.
        let size: Int?
    }

    private let repository: HubRepository
    private let commit: String
    private let path: String
    private let metadata: Metadata
    private let cache: HubCache
    private let connection: HubConnection
    /// Called with the bytes that this file has on the disk so far.
    private let progress: (Int) -> Void
    /// The bytes on the disk.
    private var offset = 0
    private var descriptor: Int32 = -1
    private var hash: HubHash
    private var failure: (any Error)?
    /// Whether the body of the running answer has begun.
    private var hasBegun = false

    init(
        _ repository: HubRepository, commit: String, path: String, metadata: Metadata, cache: HubCache,
        connection: HubConnection, progress: @escaping (Int) -> Void
    ) {
        self.repository = repository
        self.commit = commit
        self.path = path
        self.metadata = metadata
        self.cache = cache
        self.connection = connection
        self.progress = progress
        hash = HubHash(metadata)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// What the Hub says of a file.
    ///
    /// - Throws: `LyceumError`, `HubUnreachable`.
    static func metadata(
        _ repository: HubRepository, commit: String, path: String, connection: HubConnection
    ) throws -> Metadata {
        let response = try connection.head(repository.path(of: path, at: commit))
        guard (200..<400).contains(response.status) else {
            throw HubFault(repository: repository, connection: connection).error(response, file: path)
        }
        let headers = response.headers
        guard headers["x-repo-commit"] != nil, let field = headers["x-linked-etag"] ?? headers["etag"] else {
            throw LyceumError.failed(
                "\(connection.settings.endpoint) does not answer as a Hub does: x-repo-commit or etag is missing",
                remedy: "check HF_ENDPOINT")
        }
        let etag = (field.hasPrefix("W/") ? String(field.dropFirst(2)) : field).filter { $0 != "\"" }
        guard !etag.isEmpty, etag.utf8.count <= 200,
            etag.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x2F }), etag != ".", etag != ".."
        else {
            throw LyceumError.failed(
                "\(connection.settings.endpoint) sends an ETag that cannot name a file", remedy: nil)
        }
        // The length of a redirect's own body says nothing.
        let length = response.status < 300 ? headers["content-length"] : nil
        return Metadata(
            etag: etag,
            size: (headers["x-linked-size"] ?? length).flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil })
    }

    /// Downloads the file unless its blob is there, and puts it into the snapshot.
    func run() throws {
        let blob = cache.blob(repository, metadata.etag)
        if !Files.exists(blob) {
            try cache.withLock(repository, metadata.etag, job: connection.job) { isLocked in
                // Whoever had the lock may have brought it.
                if !Files.exists(blob) { try fetch(to: blob, isLocked: isLocked) }
            }
        }
        try cache.place(repository, commit, path, etag: metadata.etag)
    }

    /// How many bytes of a file lie in the cache from an earlier try.
    static func partialSize(_ repository: HubRepository, _ metadata: Metadata, cache: HubCache) -> Int {
        var status = stat()
        return stat(cache.blob(repository, metadata.etag) + ".incomplete", &status) == 0
            ? Int(status.st_size) : 0
    }

    private func fetch(to blob: String, isLocked: Bool) throws {
        // Without a lock nobody else may write to the same file, and nobody can take it over either.
        let unique = String(UInt32.random(in: 0...UInt32.max) | 0x1000_0000, radix: 16)
        let partial = isLocked ? blob + ".incomplete" : "\(blob).\(unique).incomplete"
        try Files.checkWritable(partial)
        descriptor = open(partial, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw failed("cannot be written (\(String(cString: strerror(errno))))") }
        defer {
            close(descriptor)
            descriptor = -1
            if !isLocked { unlink(partial) }
        }
        try readOld()
        var isResumed = offset > 0
        while true {
            try stream()
            let problem = hash.problem(size: offset)
            guard let problem else { break }
            try startOver()
            // What lay there may have been damaged; what came just now must not be.
            guard isResumed else {
                throw LyceumError.failed(
                    "\(path) of \(repository.title) is not what the Hub announced: \(problem)",
                    remedy:
                        "nothing of it was kept; try again, and check the proxy and HF_ENDPOINT if it comes again"
                )
            }
            isResumed = false
            connection.job.note("\(path): what was there from before is damaged; downloading it again")
        }
        guard fsync(descriptor) == 0, rename(partial, blob) == 0 else {
            throw failed("cannot be kept (\(String(cString: strerror(errno))))")
        }
    }

    /// Hashes what an earlier try left.
    private func readOld() throws {
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            offset += count
            buffer.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            try connection.job.checkCancelled(kept: "what was downloaded stays in the cache")
        }
        if let size = metadata.size, offset > size { try startOver() }
        progress(offset)
    }

    private func startOver() throws {
        guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
            throw failed("cannot be written (\(String(cString: strerror(errno))))")
        }
        offset = 0
        hash = HubHash(metadata)
    }

    /// Downloads until the file is as long as it should be.
    private func stream() throws {
        var attempt = 0
        while metadata.size.map({ offset < $0 }) ?? true {
            let start = offset
            failure = nil
            hasBegun = false
            let result: Result<HTTPResponse, HTTPFailure>
            do {
                result = try connection.download(repository.path(of: path, at: commit), from: offset) {
                    [self] status, headers, bytes in receive(status, headers, bytes)
                }
            } catch LyceumError.cancelled {
                throw LyceumError.cancelled(
                    "\(HubSize.text(offset)) of \(path) are kept; the same call goes on from there")
            }
            if let failure { throw failure }
            if case .success(let response) = result {
                switch response.status {
                case 200, 206:
                    if let size = metadata.size { if offset >= size { return } } else { return }
                case 416 where offset > 0: try startOver()
                default:
                    if HubConnection.pause(after: result, attempt: 0) == nil {
                        throw HubFault(repository: repository, connection: connection).error(
                            response, file: path)
                    }
                }
            }
            if offset > start { attempt = 0 }
            attempt += 1
            guard attempt < HubConnection.tries else { throw gaveUp(result) }
            if case .failure(.refused) = result { throw gaveUp(result) }
            if case .failure(.unreachable) = result, offset == 0 { throw gaveUp(result) }
            try connection.wait(
                HubConnection.pause(after: result, attempt: attempt - 1)
                    ?? RetryPolicy.wait(attempt: attempt - 1, after: nil))
        }
    }

    private func gaveUp(_ result: Result<HTTPResponse, HTTPFailure>) -> any Error {
        switch result {
        case .success(let response) where response.status != 200 && response.status != 206:
            return HubFault(repository: repository, connection: connection).error(response, file: path)
        case .success:
            return LyceumError.failed(
                "the download of \(path) ends after \(HubSize.text(offset)) again and again",
                remedy: "what came is kept; the same call goes on from there")
        case .failure(let failure):
            return HubUnreachable(
                host: HubAddress(connection.settings.endpoint)?.host ?? "the Hub", failure: failure)
        }
    }

    /// Takes a piece of the body.
    private func receive(_ status: Int, _ headers: [String: String], _ bytes: UnsafeRawBufferPointer) -> Bool
    {
        do {
            if status == 200, offset > 0, !hasBegun { try startOver() }
            if status == 206, !hasBegun, let range = headers["content-range"], Self.start(of: range) != offset
            {
                throw LyceumError.failed(
                    "the server sends another part of \(path) than was asked for", remedy: "try again")
            }
            hasBegun = true
            if let size = metadata.size, offset + bytes.count > size {
                throw LyceumError.failed(
                    "the server sends more of \(path) than the \(size) bytes it announced",
                    remedy: "try again")
            }
            try write(bytes)
            hash.update(bytes)
            offset += bytes.count
            progress(offset)
            return true
        } catch {
            failure = error
            return false
        }
    }

    private func write(_ bytes: UnsafeRawBufferPointer) throws {
        var written = 0
        while written < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
            let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let isFull = errno == ENOSPC || errno == EDQUOT
                throw failed(
                    isFull
                        ? "does not fit: the disk is full"
                        : "cannot be written (\(String(cString: strerror(errno))))")
            }
            written += count
        }
    }

    private func failed(_ problem: String) -> LyceumError {
        .file(
            path: Files.join(cache.folder(repository), path), line: nil, problem: problem,
            remedy: "check \(cache.root), or set HF_HUB_CACHE to a folder on another disk")
    }

    /// "bytes 100-199/200" begins at 100.
    private static func start(of range: String) -> Int? {
        guard range.hasPrefix("bytes ") else { return nil }
        return Int(range.dropFirst(6).prefix { $0 != "-" })
    }
}
