import Hub
import LuaBridge
import LyceumKit

extension Scripting {
    /// `hub`: what is on the Hugging Face Hub, and what of it is in the cache.
    static func hubModule(_ environment: ScriptEnvironment) -> LuaModule {
        LuaModule(
            name: "hub",
            summary:
                "Models and data sets of the Hugging Face Hub; student.load(\"owner/name\") and data.load(\"hf:owner/name\") fetch by themselves; see help \"huggingface\".",
            functions: [list(environment), files(environment), fetch(environment), remove(environment)])
    }

    /// The options that say which repository is meant.
    private static let repositoryOptions: [OptionDeclaration] = [
        .choice("kind", HubRepository.Kind.allCases.map(\.rawValue), default: "model", "what the name names"),
        .string("revision", default: HubRepository.mainRevision, "a branch, a tag, refs/pr/N or a commit"),
    ]

    /// The option that gives access.
    static let hubToken = OptionDeclaration.string(
        "token", "an access token of the Hub; otherwise HF_TOKEN, or the file of `hf auth login`")

    private static func repository(_ call: LuaCall, _ options: Options) throws -> HubRepository {
        let kind = try options.choice("kind", as: HubRepository.Kind.self)
        return try HubRepository(kind, try call.string(1), revision: try options.string("revision"))
    }

    private static func list(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "list",
            summary: "What is in the cache, which huggingface_hub shares; asks no server.",
            returns:
                "a list of { id, kind, size (bytes), partial (bytes of downloads that were cut), revisions (names of commits), commits, path }",
            example: "for _, r in ipairs(hub.list()) do print(r.kind, r.id, r.size) end",
            body: { _ in
                let rows = try environment.hub.cached().map { entry -> Value in
                    [
                        "id": .string(entry.repository.id), "kind": .string(entry.repository.kind.rawValue),
                        "size": .integer(entry.size), "partial": .integer(entry.partialSize),
                        "revisions": .list(entry.commits.flatMap(\.revisions).map(Value.string)),
                        "commits": .list(entry.commits.map { .string($0.commit) }),
                        "path": .string(entry.path),
                    ]
                }
                return [.data(.list(rows))]
            })
    }

    private static func files(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "files", summary: "What a repository holds.",
            parameters: [
                LuaParameter("name", .string, "owner/name"),
                LuaParameter("options", .options(repositoryOptions + [hubToken]), "which", optional: true),
            ],
            returns: "a list of { name, size (bytes; nil if only the cache could be looked at) }",
            errors: ["no such repository or revision, no access, no answer"],
            example:
                "local ok, files = pcall(hub.files, \"google-t5/t5-small\")\nif ok then print(#files) end",
            body: { call in
                let options = try call.options(2).values
                let listing = try environment.hub.listing(
                    try repository(call, options), token: options.optionalString("token"),
                    job: environment.job("asking the Hub"))
                let rows = listing.files.map { name -> Value in
                    ["name": .string(name), "size": listing.sizes[name].map(Value.integer) ?? .null]
                }
                return [.data(.list(rows))]
            })
    }

    private static func fetch(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "fetch",
            summary:
                "Brings a repository into the cache: of a model what student.load needs, of a data set everything, or the files named.",
            parameters: [
                LuaParameter("name", .string, "owner/name"),
                LuaParameter(
                    "options",
                    .options(
                        repositoryOptions + [
                            .list(
                                "files", of: .string,
                                "names or patterns (\"*.json\", \"data/**\") of the files to fetch"),
                            hubToken,
                        ]), "which", optional: true),
            ],
            returns: "the folder that holds the files",
            errors: [
                "no such repository, revision or file; no access; no answer", "a disk that is too full",
                "a file that is not what the Hub announced (hash or size)",
                "Ctrl-C: what came is kept, the same call goes on from there",
            ],
            example:
                "local ok, folder = pcall(hub.fetch, \"google-t5/t5-small\", { files = { \"config.json\" } })\nif ok then print(folder) end",
            body: { call in
                let options = try call.options(2).values
                let folder = try environment.hub.fetch(
                    try repository(call, options), patterns: options.optionalStrings("files"),
                    token: options.optionalString("token"),
                    job: environment.job("downloading \(try call.string(1))"))
                return [.string(folder)]
            })
    }

    private static func remove(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "remove", summary: "Removes a repository, or one revision of it, from the cache.",
            parameters: [
                LuaParameter("name", .string, "owner/name"),
                LuaParameter(
                    "options",
                    .options([
                        .choice(
                            "kind", HubRepository.Kind.allCases.map(\.rawValue), default: "model",
                            "what the name names"),
                        .string("revision", "the revision or commit to remove; otherwise all"),
                    ]), "which", optional: true),
            ],
            returns: "the bytes that became free",
            errors: ["it is not in the cache (what is there is named)"],
            example: "local ok, why = pcall(hub.remove, \"nobody/nothing\")\nassert(not ok)",
            body: { call in
                let options = try call.options(2).values
                let kind = try options.choice("kind", as: HubRepository.Kind.self)
                let freed = try environment.hub.remove(
                    try HubRepository(kind, try call.string(1)), revision: options.optionalString("revision"))
                return [.data(.integer(freed))]
            })
    }
}
