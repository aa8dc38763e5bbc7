import LyceumKit

/// `model.safetensors.index.json` or `pytorch_model.bin.index.json`: which of several files holds which tensor.
///
/// Format: {"metadata": {…}, "weight_map": {"tensor": "model-00001-of-00002.safetensors", …}}.
struct ShardIndex {
    private let path: String
    private let fileOfTensor: [String: String]
    /// The files' names, sorted.
    let shards: [String]

    /// Reads an index.
    ///
    /// - Parameter suffix: what the names of its files end in: ".safetensors".
    /// - Throws: `LyceumError.file` if it is not such an index, or names a file outside its folder.
    init(path: String, suffix: String) throws {
        self.path = path
        guard let map = try JSON.decode(Files.read(path), name: path).object?["weight_map"]?.object,
            !map.isEmpty
        else {
            throw LyceumError.file(
                path: path, line: nil, problem: "is not an index of weights: it has no weight_map",
                remedy: "download it again")
        }
        fileOfTensor = try map.mapValues { value in
            guard let name = value.string, Self.isPlain(name, suffix) else {
                throw LyceumError.file(
                    path: path, line: nil,
                    problem:
                        "names \(value.text) as a file of weights, which is not a \(suffix) file next to it",
                    remedy: "download the checkpoint from a source that you trust")
            }
            return name
        }
        shards = Set(fileOfTensor.values).sorted()
    }

    /// Checks that a file holds exactly the tensors that the index puts there.
    func check(_ names: [String], of shard: String) throws {
        let expected = Set(fileOfTensor.filter { $0.value == shard }.keys)
        let faults =
            NameList.lines("missing", expected.subtracting(names).sorted())
            + NameList.lines("not in the index", Set(names).subtracting(expected).sorted())
        guard faults.isEmpty else {
            throw LyceumError.file(
                path: Files.join(Files.parent(of: path), shard), line: nil,
                problem: "does not hold what \(Files.name(of: path)) says: "
                    + faults.joined(separator: "; "),
                remedy: "download both again")
        }
    }

    /// Whether it names such a file in the index's own folder.
    private static func isPlain(_ name: String, _ suffix: String) -> Bool {
        name.hasSuffix(suffix) && !name.contains("/") && !name.contains("\0")
    }
}

/// Names in an error: the first few, and how many more.
enum NameList {
    private static let shown = 5

    /// "missing: a, b, c, d, e and 3 more", or nothing if there are none.
    static func lines(_ what: String, _ names: [String]) -> [String] {
        if names.isEmpty { return [] }
        let rest = names.count > shown ? " and \(names.count - shown) more" : ""
        return ["\(what): \(names.prefix(shown).joined(separator: ", "))\(rest)"]
    }
}
