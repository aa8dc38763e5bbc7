import LyceumKit

/// A new plugin's package: one that builds and passes its tests as it is.
public struct PluginPackage {
    /// What it brings.
    public enum Kind: String, CaseIterable, Sendable {
        /// A small neural sequence-to-sequence student.
        case student
        /// A teacher.
        case teacher
        /// A metric.
        case metric
        /// A kind of file.
        case format

        var template: PluginTemplate.Kind {
            switch self {
            case .student: return PluginTemplate.studentKind
            case .teacher: return PluginTemplate.teacherKind
            case .metric: return PluginTemplate.metricKind
            case .format: return PluginTemplate.formatKind
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
                remedy: "lyceum plugin list shows whose it is; a plugin is removed by removing its folder")
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
                path: folder, line: nil, problem: "is there already",
                remedy: "choose another name, or remove it")
        }
        let template = kind.template
        let sources = "Sources/\(module)/"
        let files = [
            ("Package.swift", PluginTemplate.package), ("README.md", PluginTemplate.readme),
            (".gitignore", PluginTemplate.ignored),
            (sources + "\(module).swift", template.source),
            (sources + "Plugin.swift", PluginTemplate.plugin + template.registration),
            (sources + "plugin.json", PluginTemplate.manifest),
            ("Tests/\(module)Tests/\(module)Tests.swift", template.test),
        ]
        try Files.writeFolderAtomically(folder) { folder in
            for (name, text) in files {
                let path = Files.join(folder, name)
                try Files.makeFolder(Files.parent(of: path))
                try Files.write(filled(text, template), to: path)
            }
        }
    }

    private func filled(_ text: String, _ template: PluginTemplate.Kind) -> String {
        var text = text
        for (mark, value) in [
            ("__BRINGS__", template.manifest), ("__USAGE__", template.usage),
            ("__SUMMARY__", "the \(kind.rawValue) \(id)"),
            ("__IMPORT__", kind == .student ? "import LyceumTorch\n" : ""), ("__MODULE__", module),
            ("__ID__", id), ("__SDK__", sdk.folder),
        ] { text = text.replacing(mark, with: value) }
        return text
    }
}
