import LyceumKit

/// A data set of the Hub, as `data.load` names it: `hf:owner/name[:config][@revision]`.
public struct HubDataset: Sendable, Equatable {
    /// What such names begin with.
    public static let scheme = "hf:"

    /// The repository.
    public let repository: HubRepository
    /// The configuration; nil takes the default one.
    public let config: String?

    /// Reads a name.
    ///
    /// - Parameters:
    ///   - text: with the scheme.
    ///   - config: instead of one in the name.
    ///   - revision: instead of one in the name.
    /// - Throws: `LyceumError.invalid`.
    public init(_ text: String, config: String? = nil, revision: String? = nil) throws {
        var rest = text.hasPrefix(Self.scheme) ? String(text.dropFirst(Self.scheme.count)) : text
        var (ownConfig, ownRevision): (String?, String?)
        if let at = rest.firstIndex(of: "@") {
            ownRevision = String(rest[rest.index(after: at)...])
            rest = String(rest[..<at])
        }
        if let colon = rest.firstIndex(of: ":") {
            ownConfig = String(rest[rest.index(after: colon)...])
            rest = String(rest[..<colon])
        }
        repository = try HubRepository(
            .dataset, rest, revision: revision ?? ownRevision ?? HubRepository.mainRevision)
        self.config = config ?? ownConfig
    }
}

extension Hub {
    /// Brings one split of a data set into the cache.
    ///
    /// - Parameters:
    ///   - split: "train"; nil if there is only one.
    ///   - isData: whether a file's name is one that can be read.
    /// - Returns: the paths of its files, in order.
    /// - Throws: `LyceumError`: see `listing` and `fetch`; several splits or configurations of which none is chosen.
    public func files(
        of dataset: HubDataset, split: String?, token: String? = nil, job: Job, isData: (String) -> Bool
    ) throws -> [String] {
        var listing = try listing(dataset.repository, token: token, job: job)
        let title = dataset.repository.id
        let card = try card(listing, token: token, job: job)
        var layout = DatasetLayout(files: listing.files, card: card, isData: isData)
        if layout.configurations.isEmpty, dataset.repository.revision == HubRepository.mainRevision {
            // A data set that is a program: the Hub has run it and keeps the result.
            let converted = try HubRepository(.dataset, title, revision: "refs/convert/parquet")
            if let found = try? self.listing(converted, token: token, job: job) {
                listing = found
                layout = DatasetLayout(converted: found.files)
            }
        }
        guard !layout.configurations.isEmpty else {
            throw LyceumError.failed(
                "\(title) has no files that can be read, nor a branch refs/convert/parquet",
                remedy: "see its files with hub.files(\"\(title)\", { kind = \"dataset\" })")
        }
        let names = try layout.files(config: dataset.config, split: split, of: title)
        if let missing = Shards.missing(names) {
            throw LyceumError.failed(
                "\(dataset.repository.title): \(missing)",
                remedy: listing.isLocal ? "load it once with a network" : "its owner must complete it")
        }
        let folder = try fetch(names, of: listing, token: token, job: job)
        return names.map { Files.join(folder, $0) }
    }

    private func card(_ listing: Listing, token: String?, job: Job) throws -> DatasetCard {
        guard listing.files.contains("README.md") else { return DatasetCard(readme: "") }
        let folder = try fetch(["README.md"], of: listing, token: token, job: job)
        try job.checkCancelled()
        return DatasetCard(
            readme: String(decoding: try Files.read(Files.join(folder, "README.md")), as: UTF8.self))
    }
}
