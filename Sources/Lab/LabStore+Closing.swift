import GRDB
import Glibc
import LyceumKit
import Synchronization

// The end of a lab's use: what stands in the write-ahead log is moved into the database, so that lab.sqlite is whole
// as one file.
extension LabStore {
    /// Moves everything into lab.sqlite and closes it. The lab is opened again when it is used again.
    ///
    /// Another process that uses the lab keeps its log; what was stored until now is in lab.sqlite all the same.
    public func close() {
        let open = state.withLock { state in
            let open = state.connection
            state.connection = nil
            state.mark = nil
            return open
        }
        open?.close()
    }

    /// Closes every lab of this process.
    static func closeAll() {
        let stores = openStores.withLock { stores in
            let all = stores.compactMap(\.store)
            stores = []
            return all
        }
        for store in stores { store.close() }
    }

    /// Remembers that this lab is open, and closes it when the program ends, by whichever way but a kill.
    func closeAtExit() {
        let isFirst = Self.openStores.withLock { stores in
            stores.removeAll { $0.store == nil || $0.store === self }
            stores.append(WeakStore(store: self))
            return stores.count == 1
        }
        if isFirst, !Self.isWatching.exchange(true, ordering: .relaxed) { atexit { LabStore.closeAll() } }
    }

    private static let openStores = Mutex<[WeakStore]>([])
    private static let isWatching = Atomic<Bool>(false)

    private struct WeakStore {
        weak var store: LabStore?
    }
}

extension LabStore {
    /// Copies the database into one new file that can be used as a lab of its own, while others go on writing. The
    /// copy is of one moment. Artifacts are not in the database and are not copied.
    ///
    /// - Parameter path: the file; in a folder that exists, `lab.sqlite`.
    /// - Returns: the file.
    /// - Throws: `LyceumError.file` if there is no lab, or if the file is there already; `LyceumError.cancelled`.
    public func backup(to path: String, job: Job = .silent("backup")) throws -> String {
        let isFolder = Files.isFolder(path) || path.hasSuffix("/")
        let target = Self.absolute(isFolder ? Files.join(path, "lab.sqlite") : path)
        try Files.checkWritable(target)
        try job.checkCancelled(kept: "no backup was made")
        var status = stat()
        guard lstat(target, &status) != 0 else {
            throw LyceumError.file(
                path: target, line: nil, problem: "is there already, and a backup replaces nothing",
                remedy: "name a new file")
        }
        guard exists else {
            throw LyceumError.file(
                path: self.path, line: nil, problem: "does not exist: there is nothing to back up yet",
                remedy: "check runs.lab()")
        }
        try Files.makeFolder(Files.parent(of: target))
        let temporary = "\(target).\(String(UInt64.random(in: .min ... .max), radix: 36)).partial"
        try Files.checkWritable(temporary)
        defer { for suffix in ["", "-journal", "-wal", "-shm"] { unlink(temporary + suffix) } }
        try copy(to: temporary, job: job)
        // A link, unlike a rename, replaces nothing that has come meanwhile.
        guard link(temporary, target) == 0 || (errno != EEXIST && rename(temporary, target) == 0) else {
            throw LyceumError.file(
                path: target, line: nil, problem: "cannot be made (\(String(cString: strerror(errno))))",
                remedy: "name another file")
        }
        return target
    }

    private func copy(to path: String, job: Job) throws {
        struct Stopped: Error {}
        do {
            try withReader { reader in
                let copy = try DatabaseQueue(path: path)
                try reader.backup(to: copy, pagesPerStep: 512) { progress in
                    job.update(done: progress.completedPageCount, of: progress.totalPageCount, unit: "pages")
                    if job.isCancelled, !progress.isCompleted { throw Stopped() }
                }
                // One file, without a log next to it.
                try copy.writeWithoutTransaction { db in
                    _ = try String.fetchOne(db, sql: "PRAGMA journal_mode = DELETE")
                }
                try copy.close()
            }
        } catch is Stopped {
            throw LyceumError.cancelled("no backup was made")
        }
    }
}

extension LabConnection {
    /// Moves the log into the database, as far as nobody else reads it, and closes.
    func close() {
        // What fails here is kept in the log; the next use of the lab finds it there.
        _ = try? writer?.writeWithoutTransaction { db in
            try db.checkpoint(.passive)
            // Emptying the log needs a moment without readers; nobody is waited for.
            try db.execute(sql: "PRAGMA busy_timeout = 0")
            try db.checkpoint(.truncate)
        }
        try? reader.close()
    }
}
