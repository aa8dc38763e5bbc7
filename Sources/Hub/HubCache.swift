import Glibc
import LyceumKit

/// The folder in which huggingface_hub keeps what it downloaded, in its layout, so that each program finds the
/// other's files.
///
///     models--owner--name/
///       blobs/<etag>                   the content
///       refs/<revision>                the commit, without a line break
///       snapshots/<commit>/<path>      a symbolic link to a blob
///     .locks/models--owner--name/<etag>.lock
///
/// Source: huggingface_hub, `file_download.py`.
struct HubCache: Sendable {
    /// The folder of the whole cache.
    let root: String

    /// The folder of a repository.
    func folder(_ repository: HubRepository) -> String { Files.join(root, repository.folderName) }

    /// The folder of a commit's files.
    func snapshot(_ repository: HubRepository, _ commit: String) -> String {
        Files.join(folder(repository), "snapshots/\(commit)")
    }

    /// The commit that a revision had when it was last looked up; nil if it never was.
    func commit(_ repository: HubRepository) -> String? {
        if repository.isCommit { return repository.revision }
        let path = Files.join(folder(repository), "refs/\(repository.revision)")
        guard Files.exists(path), let bytes = try? Files.read(path) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self).trimmed
        return HubRepository.isCommit(text) ? text : nil
    }

    /// Remembers which commit a revision is.
    func remember(_ repository: HubRepository, commit: String) throws {
        if repository.isCommit || self.commit(repository) == commit { return }
        let path = Files.join(folder(repository), "refs/\(repository.revision)")
        try Files.makeFolder(Files.parent(of: path))
        try Files.write(commit, to: path)
    }

    /// Makes the folders of a repository.
    func prepare(_ repository: HubRepository) throws {
        for name in ["blobs", "refs", "snapshots"] {
            try Files.makeFolder(Files.join(folder(repository), name))
        }
        try Files.makeFolder(Files.join(root, ".locks/\(repository.folderName)"))
    }

    /// The file of a snapshot; nil if it is not there, or its blob is gone.
    func file(_ repository: HubRepository, _ commit: String, _ path: String) -> String? {
        let file = Files.join(snapshot(repository, commit), path)
        return Files.exists(file) && !Files.isFolder(file) ? file : nil
    }

    /// The paths of all files of a snapshot, sorted; none if there is no such snapshot.
    func files(_ repository: HubRepository, _ commit: String) -> [String] {
        Self.files(below: snapshot(repository, commit)).sorted()
    }

    private static func files(below folder: String, _ prefix: String = "", depth: Int = 0) -> [String] {
        Files.list(folder).flatMap { name -> [String] in
            let path = Files.join(folder, name)
            guard Files.isFolder(path) else { return Files.exists(path) ? [prefix + name] : [] }
            return depth < 32 ? files(below: path, prefix + name + "/", depth: depth + 1) : []
        }
    }

    func blob(_ repository: HubRepository, _ etag: String) -> String {
        Files.join(folder(repository), "blobs/\(etag)")
    }

    /// Puts a blob into a snapshot: by a relative link, or where those cannot be made by a copy.
    func place(_ repository: HubRepository, _ commit: String, _ path: String, etag: String) throws {
        let file = Files.join(snapshot(repository, commit), path)
        try Files.makeFolder(Files.parent(of: file))
        try Files.checkWritable(Files.parent(of: file))
        let depth = path.split(separator: "/").count + 1
        let target = String(repeating: "../", count: depth) + "blobs/\(etag)"
        // A link to an older blob, or one whose blob is gone, makes room; a rename replaces it in one step.
        let temporary = "\(file).\(getpid()).tmp"
        unlink(temporary)
        if symlink(target, temporary) == 0, rename(temporary, file) == 0 { return }
        unlink(temporary)
        try Files.writeAtomically(file) { write in
            let bytes = try Files.read(blob(repository, etag))
            try bytes.withUnsafeBytes { try write($0) }
        }
    }

    /// Runs `body` while no other process downloads the same content. Where the file system has no locks, it runs
    /// without.
    func withLock<T>(
        _ repository: HubRepository, _ etag: String, job: Job, _ body: (_ isLocked: Bool) throws -> T
    ) throws -> T {
        let path = Files.join(root, ".locks/\(repository.folderName)/\(etag).lock")
        try Files.checkWritable(path)
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { return try body(false) }
        defer { close(descriptor) }
        var isWaiting = false
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else { return try body(false) }
            if !isWaiting { job.note("another process downloads the same file: waiting for it") }
            isWaiting = true
            try job.checkCancelled(kept: "what was downloaded stays in \(root)")
            usleep(50_000)
        }
        defer { flock(descriptor, LOCK_UN) }
        return try body(true)
    }
}
