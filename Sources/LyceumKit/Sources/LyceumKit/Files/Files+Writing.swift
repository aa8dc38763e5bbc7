import Glibc

// Writing a file: as a whole or not at all, through symbolic links, with the mode that the old file had.
extension Files {
    /// Writes a file as a whole or not at all: to a temporary file next to it, flushed, then renamed.
    ///
    /// A symbolic link is followed and stays; a file that is replaced keeps its mode and, as far as the system
    /// allows, its owner. A terminal, a pipe or a device is written as it is.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - body: writes through the closure it is given, piece by piece.
    /// - Throws: `LyceumError.file`, or what `body` throws; the old file is then untouched.
    public static func writeAtomically(
        _ path: String, _ body: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        try checkWritable(path)
        var old = stat()
        let isThere = stat(path, &old) == 0
        if isThere, old.st_mode & S_IFMT == S_IFDIR {
            throw LyceumError.file(
                path: path, line: nil, problem: "is a folder", remedy: "name a file in it")
        }
        // What /dev and /proc name is open already: a rename would take the name from under it.
        let isSpecial =
            isThere && old.st_mode & S_IFMT != S_IFREG || path.hasPrefix("/dev/") || path.hasPrefix("/proc/")
        if isSpecial { return try writeInPlace(path, body) }
        if isThere, access(path, W_OK) != 0 { throw failure(path, "cannot be written") }

        let target = try followingLinks(path)
        let (temporary, descriptor) = try temporaryFile(nextTo: target, named: path)
        var isOpen = true
        do {
            try body { try write($0, to: descriptor, named: path) }
            if isThere {
                // Changing the owner may be forbidden; it also clears bits of the mode, so the mode comes last.
                _ = fchown(descriptor, old.st_uid, old.st_gid)
                guard fchmod(descriptor, old.st_mode & 0o7777) == 0 else {
                    throw failure(path, "cannot be written")
                }
            }
            guard fsync(descriptor) == 0 else { throw failure(path, "cannot be written") }
            isOpen = false
            guard close(descriptor) == 0 else { throw failure(path, "cannot be written") }
            guard rename(temporary, target) == 0 else { throw failure(path, "cannot be written") }
        } catch {
            if isOpen { close(descriptor) }
            unlink(temporary)
            throw error
        }
    }

    /// Writes bytes to a file, as a whole or not at all.
    public static func write(_ bytes: [UInt8], to path: String) throws {
        try writeAtomically(path) { write in try bytes.withUnsafeBytes { try write($0) } }
    }

    /// Writes a text to a file, as a whole or not at all.
    public static func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

    /// Writes a file that may hold replies, prompts or other confidential texts: if it is new, others cannot read it. One
    /// that was there before keeps its permissions as `body` leaves them.
    public static func keepFromOthers(_ path: String, _ body: () throws -> Void) rethrows {
        let isNew = !exists(path)
        try body()
        var status = stat()
        guard isNew, stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
        chmod(path, status.st_mode & 0o770)
    }

    /// Where a write to `path` ends up: symbolic links are followed, one that leads nowhere yet as well.
    static func followingLinks(_ path: String) throws -> String {
        var current = path
        for _ in 0..<40 {
            var status = stat()
            guard lstat(current, &status) == 0, status.st_mode & S_IFMT == S_IFLNK else { return current }
            var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
            let count = readlink(current, &buffer, buffer.count - 1)
            guard count > 0 else { throw failure(path, "cannot be followed") }
            let link = String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
            current = join(parent(of: current), link)
        }
        errno = ELOOP
        throw failure(path, "cannot be followed")
    }

    /// A name in the folder of `path` that nothing has; short, because a name may be 255 bytes long.
    static func temporaryName(nextTo path: String) -> String {
        join(parent(of: path), ".lyceum-\(String(UInt64.random(in: .min ... .max), radix: 36)).tmp")
    }

    private static func temporaryFile(nextTo target: String, named path: String) throws -> (String, CInt) {
        for _ in 0..<100 {
            let name = temporaryName(nextTo: target)
            let descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            if descriptor >= 0 { return (name, descriptor) }
            guard errno == EEXIST else { break }
        }
        throw failure(path, "cannot be written")
    }

    private static func writeInPlace(
        _ path: String, _ body: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path, "cannot be written") }
        do {
            try body { try write($0, to: descriptor, named: path) }
        } catch {
            close(descriptor)
            throw error
        }
        guard close(descriptor) == 0 else { throw failure(path, "cannot be written") }
    }

    private static func write(
        _ bytes: UnsafeRawBufferPointer, to descriptor: CInt, named path: String
    ) throws {
        var written = 0
        while written < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
            let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure(path, "cannot be written") }
            written += count
        }
    }
}
