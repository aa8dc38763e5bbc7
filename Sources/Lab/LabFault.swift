import GRDB
import LyceumKit

/// Turns what SQLite reports into an error that says what happened to the lab and what to do.
enum LabFault {
    /// The error for a person.
    ///
    /// - Parameters:
    ///   - error: what was thrown; anything but a database error comes back as it is.
    ///   - path: the database.
    ///   - patience: how long a lock was waited for, in seconds.
    static func explain(_ error: any Error, path: String, patience: Double) -> any Error {
        guard let fault = error as? DatabaseError else { return error }
        let detail = fault.message.map { " (\($0))" } ?? ""
        func file(_ problem: String, _ remedy: String) -> LyceumError {
            .file(path: path, line: nil, problem: problem, remedy: remedy)
        }
        switch fault.resultCode {
        case .SQLITE_FULL:
            return file("the disk is full", "free some space and try again; what was stored before is safe")
        case .SQLITE_IOERR:
            return file(
                "the disk refuses to read or write\(detail)",
                "check the free space, the quota and the disk; what was stored before is safe")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return file(
                "another process has kept it locked for \(patience.fixed(patience < 1 ? 1 : 0)) s",
                "try again, or end that process (fuser '\(path)' names it)")
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_CANTOPEN, .SQLITE_AUTH:
            return file(
                "cannot be opened for writing\(detail)", "check the folder's permissions, or use another lab")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            return damaged(path)
        case .SQLITE_INTERRUPT, .SQLITE_ABORT:
            return LyceumError.cancelled("")
        default:
            return file(
                "the database reports error \(fault.extendedResultCode.rawValue)\(detail)", "try again")
        }
    }

    /// The database cannot be understood.
    static func damaged(_ path: String) -> LyceumError {
        .file(
            path: path, line: nil, problem: "the database is damaged",
            remedy: "move the folder away to start a new lab; "
                + "`sqlite3 '\(path)' .recover | sqlite3 saved.sqlite` saves what is still readable")
    }

    /// The database was written by a later Lyceum.
    static func tooNew(_ path: String, version: Int) -> LyceumError {
        .file(
            path: path, line: nil,
            problem: "was written by a newer Lyceum (format \(version); this one knows \(LabSchema.version))",
            remedy: "update Lyceum, or use another lab")
    }

    /// The database belongs to another program.
    static func foreign(_ path: String) -> LyceumError {
        .file(
            path: path, line: nil, problem: "is a database of another program",
            remedy: "use another folder for the lab")
    }

    /// The lab can be read only.
    static func readOnly(_ path: String, _ reason: String) -> LyceumError {
        .file(
            path: path, line: nil, problem: "is read-only here (\(reason)), so nothing new can be stored",
            remedy: "check the folder's permissions, or use another lab")
    }
}
