// What users ask for by name; each look-up opens the plugin that promises it, if need be.
extension PluginHost {
    /// The architecture of that id or alias.
    ///
    /// - Throws: `LyceumError.unknownName` with the nearest names, or `LyceumError.plugin` if it is refused.
    public func student(named name: String) throws -> StudentArchitecture {
        try entry(
            "student", name, of: registry.student,
            promised: { $0.student(named: name) != nil },
            otherwise: .unknownName(
                kind: "student architecture", name: name,
                known: students.flatMap { [$0.id] + $0.aliases }, remedy: "see student.list()"))
    }

    /// The architecture that reads checkpoints whose config.json names this `model_type`.
    ///
    /// - Throws: as `student(named:)`.
    public func student(modelType: String) throws -> StudentArchitecture {
        if let entry = students.first(where: { $0.modelTypes.contains(modelType) }) {
            return try student(named: entry.id)
        }
        // A plugin that was left out or refused would read it.
        for plugin in plugins {
            guard let reason = plugin.refusal,
                plugin.manifest?.students.contains(where: { $0.modelTypes.contains(modelType) }) == true
            else { continue }
            throw LyceumError.plugin(
                path: plugin.path,
                problem:
                    "it reads checkpoints of the model_type '\(modelType)', but cannot be used: \(reason)",
                remedy: nil)
        }
        let shown = String(modelType.prefix(60))
        throw LyceumError.unsupported(
            "no plugin reads checkpoints of the model_type '\(shown)'\(Self.relative(of: modelType, among: students))",
            remedy:
                "those that are read are \(students.flatMap(\.modelTypes).sorted().joined(separator: ", ")); "
                + "a plugin of its own would read it (lyceum plugin new)")
    }

    /// What is known of architectures that are met in checkpoints, for which there may be no plugin.
    private static let families: [(kind: String, types: Set<String>, relative: String)] = [
        (
            "an encoder, like BERT",
            [
                "distilbert", "roberta", "xlm-roberta", "camembert", "electra", "albert", "deberta",
                "deberta-v2", "mpnet", "modernbert",
            ],
            "bert"
        ),
        ("an encoder-decoder, like T5", ["umt5", "longt5", "switch_transformers", "ul2"], "t5"),
        (
            "an encoder-decoder, like BART",
            ["mbart", "pegasus", "marian", "blenderbot", "led", "bigbird_pegasus", "m2m_100", "prophetnet"],
            "bart"
        ),
        (
            "a decoder alone, which no student here is; it could teach, behind an OpenAI-compatible server",
            [
                "gpt2", "gpt_neo", "gpt_neox", "llama", "mistral", "mixtral", "qwen2", "qwen3", "gemma",
                "gemma2", "gemma3", "phi", "phi3", "opt", "bloom", "falcon",
            ], ""
        ),
    ]

    /// What kind of model it is, and which plugin comes next to it.
    private static func relative(of type: String, among students: [PluginManifest.StudentEntry]) -> String {
        guard let family = families.first(where: { $0.types.contains(type) }) else { return "" }
        let near = students.first { $0.modelTypes.contains(family.relative) }
        return ": it is \(family.kind)"
            + (near.map { ", and the plugin '\($0.id)' reads \($0.modelTypes.joined(separator: ", ")) only" }
                ?? "")
    }

    /// The kind of teacher of that id.
    ///
    /// - Throws: as `student(named:)`.
    public func teacher(named name: String) throws -> TeacherKind {
        let kind = try entry(
            "teacher", name, of: registry.teacher, promised: { $0.teachers.contains { $0.id == name } },
            otherwise: .unknownName(kind: "teacher", name: name, known: teachers.map(\.id), remedy: nil))
        let versions = versions(bringing: { $0.teachers.contains { $0.id == name } })
        if versions.isEmpty { return kind }
        // What another build answered is not this one's answer.
        return TeacherKind(id: kind.id, summary: kind.summary, options: kind.options) { options in
            BuiltTeacher(try kind.open(options), versions: versions)
        }
    }

    /// What a run with a student is recorded with.
    public func versions(ofStudent name: String) -> [String: String] {
        versions(bringing: { $0.student(named: name) != nil })
    }

    /// The plugins that bring something, with their versions and builds: what a run is recorded with,
    /// ["plugin gru": "0.1.0 (9f86d081884c7d65)"].
    public func versions(bringing brings: (PluginManifest) -> Bool) -> [String: String] {
        let found = plugins.filter { $0.refusal == nil && $0.manifest.map(brings) == true }
        return Dictionary(
            found.map { ("plugin \($0.manifest?.id ?? "?")", $0.build) },
            uniquingKeysWith: { first, _ in first })
    }

    /// The metric of that id.
    ///
    /// - Throws: as `student(named:)`.
    public func metric(named name: String) throws -> Metric {
        try entry(
            "metric", name, of: registry.metric, promised: { $0.metrics.contains { $0.id == name } },
            otherwise: .unknownName(
                kind: "metric", name: name, known: metrics.map(\.id), remedy: "see metrics.list()"))
    }

    /// The kind of file by the end of this path, packed or not, as the manifests name it; nil if none fits.
    public func formatEntry(of path: String) -> PluginManifest.FormatEntry? {
        var name = path.lowercased()
        if name.hasSuffix(".gz") { name.removeLast(3) }
        return formats.first { $0.suffixes.contains(where: name.hasSuffix) }
    }

    /// The kind of file by the end of this path, packed or not; nil if none fits.
    ///
    /// - Throws: `LyceumError.plugin` if its plugin is refused.
    public func format(of path: String) throws -> DataFormat? {
        try formatEntry(of: path).map { try format(named: $0.id) }
    }

    /// The kind of file of that id.
    ///
    /// - Throws: as `student(named:)`.
    public func format(named name: String) throws -> DataFormat {
        try entry(
            "format", name, of: registry.format, promised: { $0.formats.contains { $0.id == name } },
            otherwise: .unknownName(kind: "format", name: name, known: formats.map(\.id), remedy: nil))
    }

    private func entry<E>(
        _ kind: String, _ name: String, of known: (String) -> E?,
        promised: (PluginManifest) -> Bool, otherwise unknown: @autoclosure () -> LyceumError
    ) throws -> E {
        if let entry = known(name) { return entry }
        let candidates = plugins.indices.filter { plugins[$0].manifest.map(promised) == true }
        if let index = candidates.first(where: { plugins[$0].refusal == nil }) {
            try open(index)
            if let entry = known(name) { return entry }
        }
        if let refused = candidates.first.map({ plugins[$0] }), let reason = refused.refusal {
            throw LyceumError.plugin(path: refused.path, problem: reason, remedy: nil)
        }
        throw unknown()
    }

    /// Opens the plugin of a manifest, or of a folder that holds one, wherever it lies.
    ///
    /// - Returns: its manifest.
    /// - Throws: `LyceumError.plugin` if it is refused, or an older build of it is already open.
    @discardableResult public func load(_ path: String) throws -> PluginManifest {
        let manifest = Files.isFolder(path) ? Files.join(path, "plugin.json") : path
        guard Files.exists(manifest) else {
            throw LyceumError.plugin(
                path: path, problem: "there is no plugin.json",
                remedy: "name a plugin's folder; a package is built with plugins.build")
        }
        let index = plugins.firstIndex { $0.path == manifest } ?? add(manifest)
        if plugins[index].isOutdated {
            throw LyceumError.plugin(
                path: path, problem: "it was rebuilt after this session had loaded it",
                remedy: "leave and start Lyceum again to use the new build")
        }
        if let refusal = plugins[index].refusal {
            throw LyceumError.plugin(path: path, problem: refusal, remedy: nil)
        }
        try open(index)
        guard let manifest = plugins[index].manifest else {
            throw LyceumError.plugin(path: path, problem: "it has no manifest", remedy: nil)
        }
        return manifest
    }
}

/// A plugin's teacher, whose answers are kept under the build that gave them.
private final class BuiltTeacher: Teacher {
    private let inner: any Teacher
    private let versions: [String: String]

    init(_ inner: any Teacher, versions: [String: String]) {
        self.inner = inner
        self.versions = versions
    }

    var kind: String { inner.kind }
    var name: String { inner.name }
    var card: [(name: String, value: String)] { inner.card }

    func sent(_ request: TeacherRequest) -> SentRequest? {
        inner.sent(request).map { sent in
            SentRequest(
                kind: sent.kind, server: sent.server, model: sent.model, messages: sent.messages,
                parameters: sent.parameters.merging(versions.mapValues(Value.string)) { _, build in build },
                sample: sent.sample)
        }
    }

    func answer(
        _ requests: [TeacherRequest], job: Job,
        receive: (_ index: Int, _ result: Result<TeacherReply, any Error>) throws -> Void
    ) throws { try inner.answer(requests, job: job, receive: receive) }
}
