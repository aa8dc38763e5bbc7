import LyceumKit

// Which files of a model repository a student needs.
extension Hub {
    /// Brings a checkpoint into the cache: configuration, tokenizer and the best weights that there are, nothing else.
    ///
    /// - Returns: the folder, which a student loads as any other.
    /// - Throws: `LyceumError`; a repository without weights that can be read is refused before anything large comes.
    public func checkpoint(_ repository: HubRepository, token: String? = nil, job: Job) throws -> String {
        let listing = try listing(repository, token: token, job: job)
        let names = try Self.checkpointFiles(listing)
        return try fetch(names, of: listing, token: token, job: job)
    }

    /// The files of a checkpoint: those of the top folder that describe model and tokenizer, and one set of weights,
    /// safetensors before pickles, as transformers chooses.
    ///
    /// - Throws: `LyceumError.failed` if there is no configuration or no weights.
    static func checkpointFiles(_ listing: Listing) throws -> [String] {
        let repository = listing.repository
        let top = listing.files.filter { !$0.contains("/") }
        guard top.contains("config.json") else {
            throw LyceumError.failed(
                "\(repository.title) has no config.json, so it is not a checkpoint of one model",
                remedy: "see its files with hub.files(\"\(repository.id)\")")
        }
        let described = top.filter { name in
            name != "model.safetensors.index.json" && name != "pytorch_model.bin.index.json"
                && (name.hasSuffix(".json") || name.hasSuffix(".model")
                    || ["vocab.txt", "merges.txt", "words.txt"].contains(name))
        }
        return described + (try weights(listing, top))
    }

    private static func weights(_ listing: Listing, _ top: [String]) throws -> [String] {
        for (single, index, stem, end) in [
            ("model.safetensors", "model.safetensors.index.json", "model-", ".safetensors"),
            ("pytorch_model.bin", "pytorch_model.bin.index.json", "pytorch_model-", ".bin"),
        ] {
            if top.contains(single) { return [single] }
            guard top.contains(index) else { continue }
            let shards = top.filter { $0.hasPrefix(stem) && $0.hasSuffix(end) }
            if let missing = Shards.missing(shards) {
                throw LyceumError.failed(
                    "\(listing.repository.title): \(missing)",
                    remedy: listing.isLocal ? "load it once with a network" : "its owner must complete it")
            }
            if !shards.isEmpty { return [index] + shards }
        }
        // Students of other kinds keep their model in a file of their own, which is among the descriptions.
        if top.contains(where: { $0.hasSuffix(".json") && $0.hasPrefix("model") }) { return [] }
        let others = top.filter { name in
            [".h5", ".msgpack", ".ot", ".onnx", ".gguf", ".bin", ".safetensors"].contains {
                name.hasSuffix($0)
            }
        }
        throw LyceumError.failed(
            "\(listing.repository.title) has no weights that can be read"
                + (others.isEmpty ? "" : " (it has \(others.prefix(4).joined(separator: ", ")))"),
            remedy: listing.isLocal
                ? "load it once with a network"
                : "model.safetensors or pytorch_model.bin would do; some repositories have one in a pull request: revision = \"refs/pr/1\""
        )
    }
}

/// Files that are parts of one: "model-00001-of-00003.safetensors".
enum Shards {
    /// Place and number of parts, by the name; nil if it is not part.
    static func part(_ name: String) -> (stem: String, number: Int, total: Int)? {
        guard let match = name.firstMatch(of: /^(.*?)-(\d{1,6})-of-(\d{1,6})/), let number = Int(match.2),
            let total = Int(match.3)
        else { return nil }
        return (String(match.1), number, total)
    }

    /// What is missing of the files that these are parts of, in words; nil if nothing is.
    static func missing(_ names: [String]) -> String? {
        let parts = names.compactMap(part)
        let groups = Dictionary(grouping: parts) { "\($0.stem)-of-\($0.total)" }
        for group in groups.values.sorted(by: { $0[0].stem < $1[0].stem }) {
            let found = Set(group.map(\.number)).count
            if let total = group.first?.total, found < total {
                return "only \(found) of the \(total) files \(group[0].stem)-… are there"
            }
        }
        return nil
    }
}
