import LyceumKit

/// A new plugin's package: one that builds and passes its tests as it is.
public struct PluginPackage {
    /// What it brings.
    public enum Kind: String, CaseIterable, Sendable {
        /// A small transformer that writes texts.
        case student
        /// A GRU that writes texts and copies words.
        case recurrent
        /// A transformer that writes texts and copies words.
        case copying
        /// A classifier without a neural network.
        case classifier
        /// A teacher.
        case teacher
        /// A metric.
        case metric
        /// A kind of file.
        case format

        var template: PluginTemplate {
            switch self {
            case .student: return .student
            case .recurrent: return .recurrent
            case .copying: return .copying
            case .classifier: return .classifier
            case .teacher: return .teacher
            case .metric: return .metric
            case .format: return .format
            }
        }
    }

    private let id: String
    private let kind: Kind
    private let sdk: SDK

    /// - Parameters:
    ///   - id: lower-case letters, digits and hyphens, a letter first.
    ///   - taken: names that plugins have already.
    /// - Throws: `LyceumError.invalid` for another id.
    public init(id: String, kind: Kind, sdk: SDK, taken: [String] = []) throws {
        let allowed = id.utf8.allSatisfy { ($0 >= 97 && $0 <= 122) || ($0 >= 48 && $0 <= 57) || $0 == 45 }
        guard allowed, let first = id.utf8.first, first >= 97, !id.hasSuffix("-"), id.utf8.count <= 40 else {
            throw LyceumError.invalid(
                "the name of the plugin", expected: "lower-case letters, digits and hyphens, a letter first",
                got: "'\(id)'", remedy: nil)
        }
        guard !taken.contains(id) else {
            throw LyceumError.invalid(
                "the name of the plugin", expected: "one that no plugin has yet",
                got: "'\(id)', which is taken",
                remedy:
                    "lyceum plugin list shows whose it is; `lyceum plugin remove NAME` removes one of yours")
        }
        self.id = id
        self.kind = kind
        self.sdk = sdk
    }

    /// "my-student" becomes "MyStudentPlugin": no module of Swift or Lyceum is called so.
    var module: String {
        id.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined() + "Plugin"
    }

    /// Writes the package into a new folder.
    ///
    /// - Throws: `LyceumError.file` if the folder exists or cannot be written.
    public func write(to folder: String) throws {
        guard !Files.exists(folder) else {
            throw LyceumError.file(
                path: folder, line: nil, problem: "is already there",
                remedy: "choose another name, or remove it")
        }
        let template = kind.template
        let files = [
            ("Package.swift", package(template)), ("README.md", PluginTemplate.readme),
            (".gitignore", PluginTemplate.ignored),
            ("Sources/\(module)/\(template.type).swift", PluginTemplate.text(template.source)),
            ("Sources/\(module)/Plugin.swift", PluginTemplate.plugin),
            ("Tests/\(module)Tests/\(template.type)Tests.swift", PluginTemplate.text(template.test)),
        ]
        try Files.writeFolderAtomically(folder) { folder in
            for (name, text) in files {
                let path = Files.join(folder, name)
                try Files.makeFolder(Files.parent(of: path))
                try Files.write(filled(text, template), to: path)
            }
        }
    }

    /// Package.swift, which links LyceumTorch only where it is used.
    private func package(_ template: PluginTemplate) -> String {
        let mark = "  // torch"
        return PluginTemplate.package.split(separator: "\n", omittingEmptySubsequences: false)
            .filter { template.needsTorch || !$0.hasSuffix(mark) }
            .map { $0.hasSuffix(mark) ? String($0.dropLast(mark.count)) : String($0) }.joined(separator: "\n")
    }

    private func filled(_ text: String, _ template: PluginTemplate) -> String {
        var text = text
        for (mark, value) in [
            ("USAGE", PluginTemplate.text(template.usage).trimmed), ("SOURCE", template.type),
            ("TYPE", template.type),
            ("PluginTemplates", module), ("SDK_FOLDER", sdk.folder), ("\"template\"", "\"\(id)\""),
            (".template\"", ".\(id)\""), ("check template", "check \(id)"),
            ("remove template", "remove \(id)"), ("# template", "# \(id)"),
        ] { text = text.replacing(mark, with: value) }
        return text
    }
}
