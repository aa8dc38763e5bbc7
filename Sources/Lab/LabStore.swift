import GRDB
import Glibc
import LyceumKit
import Synchronization

/// The lab: one folder that remembers what was paid for and what was computed.
///
/// It holds one SQLite database (`lab.sqlite`, write-ahead log, foreign keys) and a folder for artifacts. The
/// folder is made when something is first stored; reading from a lab that does not exist gives nothing.
/// Several processes may use one lab at once, on one machine: SQLite's write-ahead log does not work over a
/// network file system.
///
/// What a method that stores something has returned from survives `kill -9` of this process at any moment. A
/// power failure may lose the last moments, never the consistency (`PRAGMA synchronous = NORMAL`).
///
/// Usable from any thread.
public final class LabStore: Sendable {
    /// The name of the folder in the working folder, unless told otherwise.
    public static let defaultFolder = ".lyceum"

    /// The folder, as an absolute path.
    public let folder: String
    /// How long another process's lock is waited for, in seconds.
    let patience: Double
    let state = Mutex(State())

    /// What is open.
    struct State {
        var connection: LabConnection?
        var mark: ProcessMark?
    }

    /// Names a lab; nothing is opened or made yet.
    ///
    /// - Parameters:
    ///   - folder: where it is or will be; relative to the current folder of this moment.
    ///   - patience: how long to wait for another process's lock, in seconds.
    public init(folder: String = LabStore.defaultFolder, patience: Double = 10) {
        self.folder = Self.absolute(folder)
        self.patience = max(patience, 0)
    }

    /// The database.
    public var path: String { Files.join(folder, "lab.sqlite") }

    /// The folder for what runs leave behind: checkpoints, models, reports.
    public var artifactsFolder: String { Files.join(folder, "artifacts") }

    /// Whether there is a database.
    public var exists: Bool { Files.exists(path) }

    /// Reads in a consistent view of the lab.
    ///
    /// - Parameters:
    ///   - nothing: the result if there is no lab yet.
    ///   - body: reads.
    func read<T>(ifMissing nothing: T, _ body: (Database) throws -> T) throws -> T {
        try explaining {
            let connection: LabConnection
            do {
                guard let open = try self.connection(makeIfMissing: false) else { return nothing }
                connection = open
            } catch let fault as DatabaseError where LabConnection.isRefusal(fault) {
                // Opening writes a little. Where that is refused (a full disk, another process's lock), reading
                // goes on; the next access tries again.
                connection = try LabConnection.openReadOnly(path, reason: "", patience: patience)
            }
            return try connection.reader.read { try LabConnection.listening($0) { db in try body(db) } }
        }
    }

    /// Gives `body` what reads the lab, outside any transaction; not called if there is no lab.
    func withReader(_ body: (any DatabaseReader) throws -> Void) throws {
        try explaining {
            if let open = try connection(makeIfMissing: false) { try body(open.reader) }
        }
    }

    /// Changes the lab in one transaction, committed when this returns; makes the lab if there is none.
    func write<T>(_ body: (Database) throws -> T) throws -> T {
        try explaining {
            guard let connection = try connection(makeIfMissing: true) else {
                throw LyceumError.failed("\(path): cannot be made", remedy: "check the folder's permissions")
            }
            guard let writer = connection.writer else {
                throw LabFault.readOnly(path, connection.whyReadOnly ?? "no permission")
            }
            return try writer.write {
                try LabConnection.listening($0, isWriting: true) { db in try body(db) }
            }
        }
    }

    /// Runs `body`; a database error becomes one for a person.
    func explaining<T>(_ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch {
            throw LabFault.explain(error, path: path, patience: patience)
        }
    }

    /// The open connection; opens it first where needed.
    ///
    /// - Returns: nil if there is no lab and none is to be made.
    private func connection(makeIfMissing: Bool) throws -> LabConnection? {
        try state.withLock { state in
            if let open = state.connection {
                if open.isStillInPlace { return open }
                // Somebody removed or replaced the folder: what the old connection writes would be lost.
                state.connection = nil
                state.mark = nil
            }
            guard makeIfMissing || exists else { return nil }
            let opened = try LabConnection.open(path, makeIfMissing: makeIfMissing, patience: patience)
            state.connection = opened
            closeAtExit()
            return opened
        }
    }

    static func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        guard getcwd(&buffer, buffer.count) != nil else { return path }
        let bytes = buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
        return Files.join(String(decoding: bytes, as: UTF8.self), path)
    }
}
