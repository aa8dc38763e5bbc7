/// The `output_dir` of a training run: folders `checkpoint-<step>`, each a student of its own, and `best`.
///
/// Every folder is marked with the run that wrote it. A run removes its own checkpoints and nobody else's; a new run
/// does not start among those of another, and a resumed one goes on only with what made them.
public final class RunFolder {
    /// The names of checkpoints, before the step.
    public static let prefix = "checkpoint-"
    private static let bestName = "best"
    /// The file that says which run wrote a folder.
    private static let markName = ".lyceum-run"

    /// The folder.
    public let path: String
    private var run: String
    /// The steps of this run's checkpoints, in order.
    private var steps: [Int] = []

    /// Names the folder of a new run; nothing is made yet.
    public init(_ path: String) {
        self.path = path
        run = String(UInt64.random(in: .min ... .max), radix: 16)
    }

    /// The newest checkpoint of this run; nil if it has none yet.
    public var newest: String? { steps.last.map { Self.checkpoint($0, in: path) } }

    /// The folder of the best weights.
    public var best: String { Files.join(path, Self.bestName) }

    /// The newest checkpoint that a folder holds, whoever wrote it; nil if there is none.
    public static func newest(in folder: String) -> String? {
        steps(in: folder).last.map { checkpoint($0, in: folder) }
    }

    /// Makes sure that a run that starts from the beginning can keep its checkpoints in a folder.
    ///
    /// - Throws: `LyceumError.file` if it holds those of another run, or something that would be in the way.
    public static func checkUnused(_ folder: String) throws {
        try Files.checkWritable(folder)
        if Files.exists(folder), !Files.isFolder(folder) {
            throw LyceumError.file(
                path: folder, line: nil, problem: "is a file", remedy: "name a folder as output_dir")
        }
        var taken = steps(in: folder).map { prefix + String($0) }
        if mark(of: Files.join(folder, bestName)) != nil { taken.append(bestName) }
        guard !taken.isEmpty else {
            return try Files.checkFolder(
                Files.join(folder, bestName), canTake: ["config.json", "model.safetensors", "model.json"])
        }
        let shown = taken.suffix(4).joined(separator: ", ")
        throw LyceumError.file(
            path: folder, line: nil, problem: "holds what an earlier run kept (\(shown))",
            remedy:
                "go on with that run by resume = true, name another output_dir, or move these folders away")
    }

    /// The checkpoint to go on from.
    ///
    /// - Throws: `LyceumError.file` if there is none.
    public static func checkpointToResume(in folder: String) throws -> String {
        if let newest = newest(in: folder) { return newest }
        throw LyceumError.file(
            path: folder, line: nil, problem: "holds no checkpoint to resume from",
            remedy: "train without resume first")
    }

    /// Goes on with the run that wrote a checkpoint.
    public func resume(from checkpoint: String) {
        guard let mark = Self.mark(of: checkpoint) else { return }
        run = mark
        steps = Self.steps(in: path).filter { Self.mark(of: Self.checkpoint($0, in: path)) == mark }
    }

    /// Writes a checkpoint, as a whole or not at all, then removes the oldest of this run beyond a limit.
    ///
    /// - Parameters:
    ///   - step: steps done; it names the checkpoint.
    ///   - limit: how many to keep.
    ///   - body: writes into the folder it is given.
    /// - Returns: the checkpoint's folder.
    public func writeCheckpoint(
        _ step: Int, keeping limit: Int, _ body: (_ folder: String) throws -> Void
    ) throws -> String {
        let checkpoint = Self.checkpoint(step, in: path)
        try write(checkpoint, body)
        steps = (steps.filter { $0 != step } + [step]).sorted()
        for old in steps.dropLast(max(1, limit)) { try Files.removeWritten(Self.checkpoint(old, in: path)) }
        steps = steps.suffix(max(1, limit))
        return checkpoint
    }

    /// Writes the best student so far to `best`, as a whole or not at all.
    public func writeBest(_ body: (_ folder: String) throws -> Void) throws { try write(best, body) }

    private func write(_ folder: String, _ body: (_ folder: String) throws -> Void) throws {
        try Files.writeFolderAtomically(folder) { folder in
            try body(folder)
            try Files.write(run + "\n", to: Files.join(folder, Self.markName))
        }
    }

    private static func checkpoint(_ step: Int, in folder: String) -> String {
        Files.join(folder, prefix + String(step))
    }

    private static func steps(in folder: String) -> [Int] {
        Files.list(folder).compactMap { name in
            guard name.hasPrefix(prefix), let step = Int(name.dropFirst(prefix.count)), step >= 0,
                name == prefix + String(step)
            else { return nil }
            return step
        }.sorted()
    }

    private static func mark(of folder: String) -> String? {
        guard let bytes = try? Files.read(Files.join(folder, markName)) else { return nil }
        return String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
    }
}

extension RunFolder {
    /// Makes sure that a run goes on with what made its checkpoint.
    ///
    /// - Parameters:
    ///   - now: what shapes this run: its data, its architecture, its options.
    ///   - then: the same as the checkpoint holds it.
    ///   - checkpoint: its folder, for the error.
    /// - Throws: `LyceumError.file` that names everything that differs, with both values.
    public static func compare(_ now: [String: Value], with then: [String: Value], in checkpoint: String)
        throws
    {
        let names = Set(now.keys).union(then.keys).sorted()
        let differences = names.compactMap { name -> String? in
            let (new, old) = (now[name] ?? .null, then[name] ?? .null)
            if isSame(new, old) { return nil }
            if name.hasSuffix("_fingerprint") {
                return "\(name.dropLast("_fingerprint".count)) data: other rows than in that run"
            }
            if let (new, old) = parts(new, old) {
                let keys = Set(new.keys).union(old.keys).sorted().filter {
                    !isSame(new[$0] ?? .null, old[$0] ?? .null)
                }
                return keys.prefix(8).map {
                    "\($0) was \(shown(old[$0])), is \(shown(new[$0]))"
                }.joined(separator: ", ")
            }
            return "\(name) was \(shown(old)), is \(shown(new))"
        }
        if differences.isEmpty { return }
        throw LyceumError.file(
            path: checkpoint, line: nil,
            problem: "is of a run with other data or options, so it cannot be resumed: "
                + differences.joined(separator: "; "),
            remedy:
                "resume with the data, the student and the options of that run, or name another output_dir")
    }

    private static func parts(_ a: Value, _ b: Value) -> ([String: Value], [String: Value])? {
        if case .object(let a) = a, case .object(let b) = b { return (a.values, b.values) }
        return nil
    }

    /// Equal, whether a number went through a file or not.
    private static func isSame(_ a: Value, _ b: Value) -> Bool {
        if a == b { return true }
        switch (a, b) {
        case (.list(let a), .list(let b)):
            return a.count == b.count && zip(a, b).allSatisfy { isSame($0, $1) }
        case (.object(let a), .object(let b)):
            return Set(a.names).union(b.names).allSatisfy { isSame(a[$0] ?? .null, b[$0] ?? .null) }
        default:
            guard let a = a.number, let b = b.number else { return false }
            return a == b
        }
    }

    private static func shown(_ value: Value?) -> String {
        guard let value, !value.isNull else { return "not set" }
        let text = value.string.map { "'\($0)'" } ?? JSON.encode(value)
        return text.count > 60 ? text.prefix(60) + "…" : text
    }
}
