import Glibc
import LyceumKit

/// Models and data sets of the Hugging Face Hub, by name.
///
/// Files come once and are then found in huggingface_hub's own cache.
public struct Hub: Sendable {
    /// What a repository holds at a commit.
    public struct Listing: Sendable, Equatable {
        /// Whose.
        public let repository: HubRepository
        /// The commit.
        public let commit: String
        /// The paths of its files, sorted; of those in the cache only, if the Hub could not be asked.
        public let files: [String]
        /// Sizes in bytes, as far as they are known.
        public let sizes: [String: Int]
        /// Whether only the cache was looked at.
        public let isLocal: Bool
    }

    /// Where everything is.
    public var settings: HubSettings

    /// Opens nothing.
    public init(_ settings: HubSettings = HubSettings()) { self.settings = settings }

    /// The cache.
    ///
    /// - Throws: `LyceumError.failed` if there is no home folder.
    func cache() throws -> HubCache {
        guard let root = settings.cache else {
            throw LyceumError.failed(
                "there is no folder for files of the Hub", remedy: "set HOME, HF_HOME or HF_HUB_CACHE")
        }
        return HubCache(root: root)
    }

    /// What a repository holds. A commit that is in the cache asks nobody.
    ///
    /// - Parameters:
    ///   - token: instead of that of the environment; nil takes that one.
    ///   - job: cancellation, notes.
    /// - Throws: `LyceumError`: not found, gated, no such revision, no answer.
    public func listing(_ repository: HubRepository, token: String? = nil, job: Job) throws -> Listing {
        let cache = try cache()
        let local = cache.commit(repository).flatMap { commit -> Listing? in
            let files = cache.files(repository, commit)
            return files.isEmpty
                ? nil
                : Listing(repository: repository, commit: commit, files: files, sizes: [:], isLocal: true)
        }
        if settings.isOffline || !settings.mayDownload {
            if let local { return local }
            throw missingOffline(repository)
        }
        do {
            return try remoteListing(repository, HubConnection(settings, token: try checked(token), job: job))
        } catch let unreachable as HubUnreachable {
            guard let local else { throw unreachable.error }
            job.note(
                "\(unreachable.host) does not answer (\(unreachable.reason)): using what is in the cache")
            return local
        }
    }

    private func remoteListing(_ repository: HubRepository, _ connection: HubConnection) throws -> Listing {
        let response = try connection.get(repository.informationPath + "?blobs=true")
        guard response.status == 200 else {
            throw HubFault(repository: repository, connection: connection).error(response)
        }
        let answer = try JSON.decode(response.body, name: settings.endpoint).object
        guard let commit = answer?["sha"]?.string, HubRepository.isCommit(commit),
            let entries = answer?["siblings"]?.list
        else {
            throw LyceumError.failed(
                "\(settings.endpoint) does not answer as a Hub does: sha or siblings is missing",
                remedy: "check HF_ENDPOINT")
        }
        var sizes: [String: Int] = [:]
        let names = entries.compactMap { entry -> String? in
            guard let name = entry.object?["rfilename"]?.string, Self.isInside(name) else { return nil }
            sizes[name] = entry.object?["size"]?.integer
            return name
        }
        return Listing(
            repository: repository, commit: commit, files: names.sorted(), sizes: sizes, isLocal: false)
    }

    /// Whether a path stays in its folder; a server must not choose where we write.
    static func isInside(_ path: String) -> Bool {
        !path.isEmpty && !path.hasPrefix("/") && !path.contains("\0") && !path.contains("\\")
            && path.split(separator: "/", omittingEmptySubsequences: false)
                .allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
    }

    /// Brings files into the cache, those that are not there yet.
    ///
    /// - Parameters:
    ///   - names: of `listing.files`.
    ///   - token: see `listing`.
    ///   - job: progress and cancellation.
    /// - Returns: the folder of the snapshot.
    /// - Throws: `LyceumError`: no room, a wrong hash, a connection that breaks again and again; what came before is
    ///   kept, and the next call goes on from there.
    @discardableResult
    public func fetch(_ names: [String], of listing: Listing, token: String? = nil, job: Job) throws -> String
    {
        let (repository, commit) = (listing.repository, listing.commit)
        let cache = try cache()
        let missing = names.filter { cache.file(repository, commit, $0) == nil }
        let folder = cache.snapshot(repository, commit)
        if missing.isEmpty, listing.isLocal { return folder }
        guard settings.mayDownload, !settings.isOffline, !listing.isLocal else {
            throw missingOffline(repository, missing)
        }
        try cache.prepare(repository)
        do {
            let connection = try HubConnection(settings, token: try checked(token), job: job)
            try fetch(missing, repository, commit, cache, connection)
        } catch let unreachable as HubUnreachable {
            throw unreachable.error
        }
        // Last, so that a revision never names a commit of which nothing is there.
        if missing.isEmpty || cache.file(repository, commit, missing[0]) != nil {
            try cache.remember(repository, commit: commit)
        }
        return folder
    }

    private func fetch(
        _ names: [String], _ repository: HubRepository, _ commit: String, _ cache: HubCache,
        _ connection: HubConnection
    ) throws {
        if names.isEmpty { return }
        let job = connection.job
        let files = try names.map { name in
            (name, try HubDownload.metadata(repository, commit: commit, path: name, connection: connection))
        }
        let absent = files.filter { !Files.exists(cache.blob(repository, $0.1.etag)) }
        let total = absent.reduce(0) { $0 + ($1.1.size ?? 0) }
        let needed = absent.reduce(0) { sum, file in
            sum + max(0, (file.1.size ?? 0) - HubDownload.partialSize(repository, file.1, cache: cache))
        }
        try checkRoom(for: needed, in: cache)
        var before = 0
        let clock = ContinuousClock()
        let start = clock.now
        var firstBytes: Int?
        func megabytes(_ bytes: Int) -> Int { (bytes + 500_000) / 1_000_000 }
        for (name, metadata) in files {
            try job.checkCancelled(kept: "what was downloaded stays in the cache")
            let download = HubDownload(
                repository, commit: commit, path: name, metadata: metadata, cache: cache,
                connection: connection
            ) { bytes in
                let first = firstBytes ?? bytes
                firstBytes = first
                let seconds = start.duration(to: clock.now) / .seconds(1)
                let rate = seconds > 0.5 ? Double(before + bytes - first) / seconds / 1e6 : 0
                job.update(
                    done: megabytes(before + bytes), of: max(1, megabytes(total)), unit: "MB",
                    figures: [("file", name)] + (rate > 0 ? [("MB/s", "\((rate * 10).rounded() / 10)")] : []))
            }
            let isNew = !Files.exists(cache.blob(repository, metadata.etag))
            try download.run()
            if isNew { before += metadata.size ?? 0 }
        }
        job.finish(done: megabytes(before), of: max(1, megabytes(total)), unit: "MB")
    }

    /// Looks at the free disk before the first byte comes.
    private func checkRoom(for bytes: Int, in cache: HubCache) throws {
        var status = statvfs()
        guard statvfs(cache.root, &status) == 0 else { return }
        let (free, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(
            by: UInt64(status.f_frsize))
        guard !overflow, UInt64(max(0, bytes)) > free else { return }
        throw LyceumError.file(
            path: cache.root, line: nil,
            problem: "the disk is too full: \(HubSize.text(bytes)) are to come, "
                + "\(HubSize.text(Int(clamping: free))) are free",
            remedy: "free some, or set HF_HUB_CACHE to a folder on another disk")
    }

    private func missingOffline(_ repository: HubRepository, _ files: [String] = []) -> LyceumError {
        let what =
            files.isEmpty
            ? "\(repository.title) is not in the cache"
            : "\(files.prefix(3).joined(separator: ", "))\(files.count > 3 ? ", …" : "") of \(repository.title) "
                + (files.count == 1 ? "is" : "are") + " not in the cache"
        if !settings.mayDownload {
            return .unsupported(
                "\(what), and this sandbox may not use the network",
                remedy: "allow it with --allow-host \(settings.host)")
        }
        return .failed(
            settings.isOffline
                ? "\(what), and HF_HUB_OFFLINE is set" : "\(what), and the Hub does not answer",
            remedy:
                "fetch it with a network: lyceum hub fetch \(repository.kind == .dataset ? "--dataset " : "")\(repository.id)"
        )
    }

    private func checked(_ token: String?) throws -> HubToken? {
        guard let token else { return nil }
        guard let made = HubToken(token) else {
            throw LyceumError.invalid(
                "token", expected: "an access token of the Hub (hf_…)", got: "something else", remedy: nil)
        }
        return made
    }
}

extension Hub {
    /// Brings a repository into the cache: the files that fit one of the patterns, or else of a model what a student
    /// needs, and of a data set everything.
    ///
    /// - Returns: the folder of the snapshot.
    /// - Throws: `LyceumError`; a pattern that no file fits.
    public func fetch(_ repository: HubRepository, patterns: [String]?, token: String? = nil, job: Job) throws
        -> String
    {
        if patterns == nil, repository.kind == .model {
            return try checkpoint(repository, token: token, job: job)
        }
        let listing = try listing(repository, token: token, job: job)
        var names = listing.files
        if let patterns {
            for pattern in patterns where !names.contains(where: { PathPattern.matches($0, pattern) }) {
                throw LyceumError.unknownName(
                    kind: "file of \(repository.title):", name: pattern, known: names, remedy: nil)
            }
            names = names.filter { name in patterns.contains { PathPattern.matches(name, $0) } }
        }
        return try fetch(names, of: listing, token: token, job: job)
    }
}
