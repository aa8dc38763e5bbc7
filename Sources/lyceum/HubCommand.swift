import ArgumentParser
import Console
import Hub
import LyceumKit

/// `lyceum hub`: what is in the cache of the Hugging Face Hub.
struct HubCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hub", abstract: "Show, fill and empty the cache of the Hugging Face Hub.",
        discussion: """
            The cache is huggingface_hub's own: HF_HUB_CACHE, or hub in HF_HOME, or ~/.cache/huggingface/hub. \
            HF_ENDPOINT names another Hub, HF_TOKEN gives access to private and gated repositories, and with \
            HF_HUB_OFFLINE=1 nothing is asked of the network.
            """,
        subcommands: [HubListCommand.self, HubFetchCommand.self, HubRemoveCommand.self])

    /// "1.2 MB".
    static func size(_ bytes: Int) -> String { HubSize.text(bytes) }
}

/// Which repository is meant.
struct HubNameOptions: ParsableArguments {
    @Argument(help: "owner/name.")
    var name: String

    @Flag(name: .customLong("dataset"), help: "The name is that of a data set.")
    var isDataset = false

    @Option(help: ArgumentHelp("A branch, a tag, refs/pr/N or a commit.", valueName: "name"))
    var revision: String?

    /// The repository.
    func repository() throws -> HubRepository {
        try HubRepository(
            isDataset ? .dataset : .model, name, revision: revision ?? HubRepository.mainRevision)
    }
}

/// `lyceum hub ls`.
struct HubListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "List what is in the cache. Asks no server.")

    func run() throws {
        try PluginCommand.reporting {
            let hub = Hub()
            let entries = try hub.cached()
            if entries.isEmpty { Terminal.write("nothing in \(hub.settings.cache ?? "")\n") }
            for entry in entries {
                let revisions = entry.commits.map { commit in
                    commit.revisions.isEmpty
                        ? String(commit.commit.prefix(8)) : commit.revisions.joined(separator: ", ")
                }
                let rest =
                    entry.partialSize > 0
                    ? ", \(HubCommand.size(entry.partialSize)) of a download that was cut" : ""
                Terminal.write(
                    DisplayWidth.fit(entry.repository.kind.rawValue, to: 9)
                        + DisplayWidth.fit(entry.repository.id, to: max(40, entry.repository.id.count + 2))
                        + DisplayWidth.fit(HubCommand.size(entry.size), to: 12)
                        + revisions.joined(separator: ", ")
                        + rest + "\n")
            }
        }
    }
}

/// `lyceum hub fetch`.
struct HubFetchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch", abstract: "Bring a repository into the cache and print its folder.",
        discussion: """
            Of a model, what student.load needs comes: configuration, tokenizer and one set of weights; of a data \
            set, everything. --file chooses otherwise. A download that was cut goes on where it stopped.
            """)

    @OptionGroup var name: HubNameOptions

    @Option(
        name: .customLong("file"),
        help: ArgumentHelp(
            "A file, or a pattern such as '*.json'; may be given several times.", valueName: "pattern"))
    var files: [String] = []

    @Flag(name: [.customShort("q"), .customLong("quiet")], help: "No progress.")
    var isQuiet = false

    func run() throws {
        try PluginCommand.reporting {
            let repository = try name.repository()
            let job = isQuiet ? Job("downloading") : PluginCommand.job("downloading \(repository.id)")
            let folder = try Hub().fetch(repository, patterns: files.isEmpty ? nil : files, job: job)
            Terminal.write(folder + "\n")
        }
    }
}

/// `lyceum hub rm`.
struct HubRemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Remove a repository, or one revision of it, from the cache.")

    @OptionGroup var name: HubNameOptions

    func run() throws {
        try PluginCommand.reporting {
            let repository = try HubRepository(name.isDataset ? .dataset : .model, name.name)
            let freed = try Hub().remove(repository, revision: name.revision)
            Terminal.write("\(HubCommand.size(freed)) became free\n")
        }
    }
}
