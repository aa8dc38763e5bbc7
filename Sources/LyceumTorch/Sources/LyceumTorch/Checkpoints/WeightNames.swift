/// How the checkpoints of an architecture name their weights, where that differs from the paths of its modules.
public struct WeightNames: Sendable {
    /// What some checkpoints put before every name and others leave out ("model."); "" for nothing.
    public var prefix: String
    /// Paths under which a checkpoint may repeat another weight, with that weight's path: tied weights.
    ///
    /// The repetition is read only if the weight itself is missing, and never if the network has a weight of this
    /// path after all.
    public var tied: [String: String]
    /// Paths that a checkpoint may hold in vain: leftovers of old versions.
    public var ignored: Set<String>
    /// Paths that a checkpoint may lack: they keep their initial value.
    public var optional: Set<String>
    /// Old ends of names with the ends that replaced them (".gamma": ".weight").
    public var oldEnds: [String: String]

    /// Declares the names of an architecture.
    public init(
        prefix: String = "", tied: [String: String] = [:], ignored: Set<String> = [],
        optional: Set<String> = [], oldEnds: [String: String] = [:]
    ) {
        self.prefix = prefix
        self.tied = tied
        self.ignored = ignored
        self.optional = optional
        self.oldEnds = oldEnds
    }

    /// Which name of a checkpoint gives which path of a network.
    struct Matching {
        /// Paths to names.
        var names: [String: String] = [:]
        /// Names that belong nowhere.
        var surplus: [String] = []
    }

    /// Finds the paths `wanted` among the names that a checkpoint holds.
    func match(_ held: [String], to wanted: Set<String>) -> Matching {
        var matching = Matching()
        var copies: [(path: String, name: String)] = []
        // A name that is right as it is wins over one that a prefix makes right.
        for name in held where wanted.contains(name) { matching.names[name] = name }
        for name in held.sorted() where matching.names[name] == nil {
            let spellings = spellings(of: name)
            if let path = spellings.first(where: { wanted.contains($0) && matching.names[$0] == nil }) {
                matching.names[path] = name
            } else if let copy = spellings.first(where: { tied[$0] != nil }), let path = tied[copy] {
                copies.append((path, name))
            } else if !spellings.contains(where: ignored.contains) {
                matching.surplus.append(name)
            }
        }
        for (path, name) in copies where wanted.contains(path) && matching.names[path] == nil {
            matching.names[path] = name
        }
        return matching
    }

    /// A name as it is and as it is written today, each with and without the prefix.
    private func spellings(of name: String) -> [String] {
        for (old, new) in oldEnds where name.hasSuffix(old) {
            return prefixed(name) + prefixed(String(name.dropLast(old.count)) + new)
        }
        return prefixed(name)
    }

    private func prefixed(_ name: String) -> [String] {
        if prefix.isEmpty { return [name] }
        return [name, prefix + name] + (name.hasPrefix(prefix) ? [String(name.dropFirst(prefix.count))] : [])
    }
}
