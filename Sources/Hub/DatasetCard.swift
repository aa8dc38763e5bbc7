import LyceumKit

/// What the README.md of a data set says about its configurations: the `configs` of its front matter.
///
/// Source: huggingface/datasets, `utils/metadata.py`, MetadataConfigs.
struct DatasetCard: Sendable, Equatable {
    /// One configuration.
    struct Configuration: Sendable, Equatable {
        let name: String
        let isDefault: Bool
        /// The patterns of the files of each split, in order.
        let splits: [(name: String, patterns: [String])]

        static func == (a: Self, b: Self) -> Bool {
            a.name == b.name && a.isDefault == b.isDefault
                && a.splits.map(\.name) == b.splits.map(\.name)
                && a.splits.map(\.patterns) == b.splits.map(\.patterns)
        }
    }

    /// In the order of the card; empty if it says nothing.
    let configurations: [Configuration]

    /// Reads a README.
    init(readme: String) {
        guard let front = Self.frontMatter(readme), let fields = BlockYAML.parse(front).object,
            let entries = fields["configs"]?.list
        else {
            configurations = []
            return
        }
        configurations = entries.compactMap { entry in
            guard let entry = entry.object else { return nil }
            let folder = entry["data_dir"]?.string
            func placed(_ pattern: String) -> String {
                let pattern = pattern.hasPrefix("./") ? String(pattern.dropFirst(2)) : pattern
                return folder.map { Files.join($0, pattern) } ?? pattern
            }
            func patterns(_ value: Value?) -> [String] {
                (value?.list?.compactMap(\.scalarText) ?? [value?.scalarText].compactMap(\.self)).map(placed)
            }
            var splits: [(name: String, patterns: [String])] = []
            switch entry["data_files"] {
            case .list(let files)? where files.contains { $0.object != nil }:
                for file in files {
                    guard let split = file.object?["split"]?.scalarText else { continue }
                    splits.append((split, patterns(file.object?["path"])))
                }
            case .object(let files)?:
                splits = files.sorted { $0.key < $1.key }.map { ($0.key, patterns($0.value)) }
            case let value?: splits = [("train", patterns(value))]
            case nil: if let folder { splits = [("", ["\(folder)/**"])] }
            }
            return Configuration(
                name: entry["config_name"]?.scalarText ?? "default",
                isDefault: entry["default"]?.bool ?? false,
                splits: splits.filter { !$0.patterns.isEmpty })
        }
    }

    private static func frontMatter(_ text: String) -> String? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.hasSuffix("\r") ? line.dropLast() : line
        }
        guard lines.first?.trimmingSpaceBehind == "---",
            let end = lines.dropFirst().firstIndex(where: { $0.trimmingSpaceBehind == "---" })
        else { return nil }
        return lines[1..<end].joined(separator: "\n")
    }
}

extension Substring {
    fileprivate var trimmingSpaceBehind: String { String(self).trimmed }
}

extension Value {
    /// A scalar as it was written: YAML reads a version like 3.0 as a number.
    fileprivate var scalarText: String? {
        switch self {
        case .string(let text): return text
        case .bool, .integer, .number: return text
        default: return nil
        }
    }
}
