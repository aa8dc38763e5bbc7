import CLab
import GRDB
import GRDBSQLite
import Glibc
import LyceumKit

/// An open lab: a pool that writes and reads, or, where the folder cannot be written, something that reads.
struct LabConnection: Sendable {
    let reader: any DatabaseReader
    /// Nil if the lab is read-only here.
    let writer: DatabasePool?
    /// Why there is no writer.
    let whyReadOnly: String?
    private let path: String
    private let identity: FileIdentity?

    /// Whether the database that was opened is still the one of that name.
    var isStillInPlace: Bool { identity == FileIdentity(of: path) }

    /// Opens a lab for writing, or makes it; where permissions forbid that, for reading.
    ///
    /// - Throws: `LyceumError.file`, or a database error.
    static func open(_ path: String, makeIfMissing: Bool, patience: Double) throws -> LabConnection {
        let folder = Files.parent(of: path)
        try LabPlace.check(path)
        if makeIfMissing {
            let isNew = !Files.exists(folder)
            try Files.makeFolder(folder)
            // Replies can be confidential: nobody else reads what is kept here.
            if isNew { chmod(folder, 0o700) }
        }
        if let reason = obstacle(to: path, in: folder) {
            guard Files.exists(path) else { throw LabFault.readOnly(folder, reason) }
            return try openReadOnly(path, reason: reason, patience: patience)
        }
        // Two processes that make the same lab take turns.
        return try FolderLock.withLock(on: folder) {
            keepFromOthers(path)
            let pool = try DatabasePool(path: path, configuration: configuration(patience: patience))
            let version = try checkVersion(pool, path: path)
            if version < LabSchema.version { try LabSchema.migrator.migrate(pool) }
            return LabConnection(reader: pool, writer: pool, whyReadOnly: nil, path: path)
        }
    }

    /// Makes the database a file that only its user reads, and takes it from others who could read an older one. SQLite
    /// gives the log next to it the same permissions.
    private static func keepFromOthers(_ path: String) {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return }
        defer { Glibc.close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & 0o007 != 0 else { return }
        fchmod(descriptor, status.st_mode & 0o770)
    }

    /// Opens a lab for reading.
    ///
    /// The write-ahead log needs a file of shared memory next to the database. Where that can be neither found nor
    /// made, nobody is writing, so the database is read as a file that does not change.
    ///
    /// - Parameter reason: why not for writing.
    /// - Throws: `LyceumError.file`, or a database error.
    static func openReadOnly(_ path: String, reason: String, patience: Double) throws -> LabConnection {
        try LabPlace.check(path)
        func open(_ name: String) throws -> LabConnection {
            var configuration = configuration(patience: patience)
            configuration.readonly = true
            let queue = try DatabaseQueue(path: name, configuration: configuration)
            _ = try checkVersion(queue, path: path)
            return LabConnection(reader: queue, writer: nil, whyReadOnly: reason, path: path)
        }
        do {
            return try open(path)
        } catch let fault as DatabaseError where isRefusal(fault) && !hasLog(path) {
            let escaped = path.map { ["%": "%25", "?": "%3F", "#": "%23"][$0] ?? String($0) }.joined()
            return try open("file:\(escaped)?immutable=1")
        }
    }

    /// Whether the system refuses to write, while reading may still be possible.
    static func isRefusal(_ fault: DatabaseError) -> Bool {
        [.SQLITE_BUSY, .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_READONLY, .SQLITE_CANTOPEN].contains(
            fault.resultCode)
    }

    private static func hasLog(_ path: String) -> Bool {
        FileIdentity(of: path + "-wal").map { $0.byteCount > 0 } ?? false
    }

    private init(reader: any DatabaseReader, writer: DatabasePool?, whyReadOnly: String?, path: String) {
        self.reader = reader
        self.writer = writer
        self.whyReadOnly = whyReadOnly
        self.path = path
        identity = FileIdentity(of: path)
    }

    /// Why the lab cannot be written; nil if it can.
    private static func obstacle(to path: String, in folder: String) -> String? {
        do {
            // SQLite opens its files itself.
            try Files.checkWritable(path)
        } catch {
            return "the sandbox does not let it be written"
        }
        for place in [folder, path] where Files.exists(place) && access(place, W_OK) != 0 {
            return String(cString: strerror(errno))
        }
        return nil
    }

    /// The version of the tables; 0 for a database without any.
    ///
    /// - Throws: `LyceumError.file` for a database that is newer or not ours.
    private static func checkVersion(_ reader: some DatabaseReader, path: String) throws -> Int {
        let (application, version, tables) = try reader.read { db in
            (
                try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0,
                try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0,
                // A process that is killed while it makes a lab leaves no more than the migrator's own table.
                try Int.fetchOne(
                    db, sql: "SELECT count(*) FROM sqlite_master WHERE tbl_name <> 'grdb_migrations'") ?? 0
            )
        }
        if application != LabSchema.applicationID, tables > 0 || version != 0 || application != 0 {
            throw LabFault.foreign(path)
        }
        if version > LabSchema.version { throw LabFault.tooNew(path, version: version) }
        return version
    }

    private static func configuration(patience: Double) -> Configuration {
        var configuration = Configuration()
        configuration.busyMode = patience > 0 ? .timeout(patience) : .immediateError
        configuration.prepareDatabase { db in
            if let handle = db.sqliteConnection { clab_harden(handle, Int32(mostBytes)) }
        }
        return configuration
    }

    /// Bytes that one value may take: replies and their raw bodies stay far below.
    static let mostBytes = 64 << 20

    /// Runs `body` so that Ctrl-C ends whatever the database does for it.
    ///
    /// What is read after an interrupt (to say what was kept) and what is written obeys only a second, urgent one:
    /// results are kept first.
    static func listening<T>(
        _ db: Database, isWriting: Bool = false, _ body: (Database) throws -> T
    ) throws -> T {
        guard let handle = db.sqliteConnection else { return try body(db) }
        if isWriting || Interrupt.isRaised {
            sqlite3_progress_handler(handle, 10_000, { _ in Interrupt.isUrgent ? 1 : 0 }, nil)
        } else {
            sqlite3_progress_handler(handle, 10_000, { _ in Interrupt.isRaised ? 1 : 0 }, nil)
        }
        defer { sqlite3_progress_handler(handle, 0, nil, nil) }
        return try body(db)
    }
}

/// Which file a name stands for.
struct FileIdentity: Equatable, Sendable {
    private let device: UInt
    private let inode: UInt
    /// The size when this was taken.
    let byteCount: Int

    static func == (a: FileIdentity, b: FileIdentity) -> Bool { (a.device, a.inode) == (b.device, b.inode) }

    /// Nil if there is no such file.
    init?(of path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt(status.st_dev)
        inode = UInt(status.st_ino)
        byteCount = Int(status.st_size)
    }
}

/// An exclusive lock on a folder, which the kernel lifts when the process ends.
enum FolderLock {
    /// Waits for the lock and runs `body` under it. On a file system without locks there is none to wait for.
    ///
    /// - Throws: `LyceumError.file` if the folder cannot be opened, or what `body` throws.
    static func withLock<T>(on folder: String, _ body: () throws -> T) throws -> T {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw LyceumError.file(
                path: folder, line: nil, problem: "cannot be opened (\(String(cString: strerror(errno))))",
                remedy: "check its permissions")
        }
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
        return try body()
    }
}
