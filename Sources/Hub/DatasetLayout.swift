import LyceumKit

/// Which files of a repository hold which split of which configuration.
///
/// Source: huggingface/datasets, `data_files.py`: the card first, else the names of files and folders.
struct DatasetLayout {
    /// A configuration and its splits, in order.
    struct Configuration {
        let name: String
        var isDefault = false
        /// Split and files.
        var splits: [(name: String, files: [String])]
    }

    private(set) var configurations: [Configuration] = []

    /// Finds them.
    ///
    /// - Parameters:
    ///   - files: of the repository.
    ///   - card: what its README says.
    ///   - isData: whether a file's name is one that can be read.
    init(files: [String], card: DatasetCard, isData: (String) -> Bool) {
        let data = files.filter(isData)
        for entry in card.configurations {
            var splits: [(name: String, files: [String])] = []
            for (name, patterns) in entry.splits {
                let found = data.filter { file in patterns.contains { PathPattern.matches(file, $0) } }
                splits += name.isEmpty ? Self.splits(of: found) : [(name, found)]
            }
            configurations.append(
                Configuration(
                    name: entry.name, isDefault: entry.isDefault, splits: splits.filter { !$0.files.isEmpty })
            )
        }
        if card.configurations.isEmpty, !data.isEmpty {
            configurations = [Configuration(name: "default", splits: Self.splits(of: data))]
        }
    }

    /// A repository of the branch refs/convert/parquet: `<configuration>/<split>/0000.parquet`.
    init(converted files: [String]) {
        for file in files where file.hasSuffix(".parquet") {
            let parts = file.split(separator: "/").map(String.init)
            guard parts.count == 3 else { continue }
            let split = parts[1].hasPrefix("partial-") ? String(parts[1].dropFirst(8)) : parts[1]
            let place =
                configurations.firstIndex { $0.name == parts[0] }
                ?? {
                    configurations.append(Configuration(name: parts[0], splits: []))
                    return configurations.count - 1
                }()
            if let known = configurations[place].splits.firstIndex(where: { $0.name == split }) {
                configurations[place].splits[known].files.append(file)
            } else {
                configurations[place].splits.append((split, [file]))
            }
        }
    }

    private static let words: [(split: String, words: [String])] = [
        ("train", ["train", "training"]), ("validation", ["validation", "valid", "dev", "val"]),
        ("test", ["test", "testing", "eval", "evaluation"]),
    ]

    /// Splits by the words in the names of files and folders; all is "train" if there are none.
    private static func splits(of files: [String]) -> [(name: String, files: [String])] {
        var found: [(name: String, files: [String])] = []
        for (split, words) in words {
            let own = files.filter { file in
                file.lowercased().split { !$0.isLetter }.contains { words.contains(String($0)) }
            }
            if !own.isEmpty { found.append((split, own)) }
        }
        return found.isEmpty ? [("train", files)] : found
    }

    /// The files of one split.
    ///
    /// - Throws: `LyceumError.badOption` or `LyceumError.unknownName` that lists what there is.
    func files(config: String?, split: String?, of title: String) throws -> [String] {
        let names = configurations.map(\.name)
        let chosen: Configuration
        if let config {
            guard let found = configurations.first(where: { $0.name == config }) else {
                throw LyceumError.unknownName(
                    kind: "configuration of \(title):", name: config, known: names, remedy: nil)
            }
            chosen = found
        } else if let found = configurations.first(where: \.isDefault) ?? configurations.first(where: {
            $0.name == "default"
        })
            ?? (configurations.count == 1 ? configurations.first : nil)
        {
            chosen = found
        } else {
            throw LyceumError.failed(
                "\(title) has several configurations",
                remedy: "choose one with config = \(Self.choices(names))")
        }
        let splits = chosen.splits.map(\.name)
        if let split {
            guard let found = chosen.splits.first(where: { $0.name == split }) else {
                throw LyceumError.unknownName(
                    kind: "split of \(title):", name: split, known: splits, remedy: nil)
            }
            return found.files
        }
        guard let only = chosen.splits.first, splits.count == 1 else {
            throw LyceumError.failed(
                splits.isEmpty
                    ? "\(title) has no files for this configuration" : "\(title) has several splits",
                remedy: splits.isEmpty ? nil : "choose one with split = \(Self.choices(splits))")
        }
        return only.files
    }

    private static func choices(_ names: [String]) -> String {
        names.prefix(20).map { "\"\($0)\"" }.joined(separator: ", ") + (names.count > 20 ? ", …" : "")
    }
}

/// A pattern of paths: `*` within a folder, `**` across folders, `?`, `[…]`.
enum PathPattern {
    /// Whether a path fits.
    static func matches(_ path: String, _ pattern: String) -> Bool {
        matches(Array(path.utf8)[...], Array(pattern.utf8)[...], budget: 100_000).isMatch
    }

    /// - Parameter budget: steps that may be taken; patterns come from strangers.
    private static func matches(
        _ text: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>, budget: Int
    ) -> (isMatch: Bool, budget: Int) {
        var (text, pattern, budget) = (text, pattern, budget - 1)
        guard budget > 0 else { return (false, 0) }
        while let wanted = pattern.first {
            switch wanted {
            case UInt8(ascii: "*"):
                let crosses = pattern.dropFirst().first == UInt8(ascii: "*")
                let rest = pattern.drop { $0 == UInt8(ascii: "*") }
                // "**/x" fits "x" as well.
                if crosses, rest.first == UInt8(ascii: "/") {
                    let whole = matches(text, rest.dropFirst(), budget: budget)
                    if whole.isMatch { return whole }
                    budget = whole.budget
                }
                if rest.isEmpty { return (crosses || !text.contains(UInt8(ascii: "/")), budget) }
                while true {
                    let attempt = matches(text, rest, budget: budget)
                    if attempt.isMatch || attempt.budget <= 0 { return attempt }
                    budget = attempt.budget
                    guard let next = text.first, crosses || next != UInt8(ascii: "/") else {
                        return (false, budget)
                    }
                    text = text.dropFirst()
                }
            case UInt8(ascii: "?"):
                guard let next = text.first, next != UInt8(ascii: "/") else { return (false, budget) }
                text = text.dropFirst()
                pattern = pattern.dropFirst()
            case UInt8(ascii: "["):
                guard let end = pattern.dropFirst(2).firstIndex(of: UInt8(ascii: "]")), let next = text.first
                else {
                    return (false, budget)
                }
                guard isIn(next, pattern[(pattern.startIndex + 1)..<end]) else { return (false, budget) }
                text = text.dropFirst()
                pattern = pattern[(end + 1)...]
            default:
                guard text.first == wanted else { return (false, budget) }
                text = text.dropFirst()
                pattern = pattern.dropFirst()
            }
        }
        return (text.isEmpty, budget)
    }

    private static func isIn(_ byte: UInt8, _ set: ArraySlice<UInt8>) -> Bool {
        let isNegated = set.first == UInt8(ascii: "!") || set.first == UInt8(ascii: "^")
        let members = Array(isNegated ? set.dropFirst() : set)
        var place = 0
        while place < members.count {
            if place + 2 < members.count, members[place + 1] == UInt8(ascii: "-") {
                if members[place] <= byte, byte <= members[place + 2] { return !isNegated }
                place += 3
            } else {
                if members[place] == byte { return !isNegated }
                place += 1
            }
        }
        return isNegated
    }
}
