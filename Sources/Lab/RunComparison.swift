import LyceumKit

/// Runs side by side: first what they did differently, then how well they did.
public struct RunComparison: Sendable, Equatable {
    /// Something that the runs were given.
    public struct Setting: Sendable, Equatable {
        /// Its name: an option's, "seed", "commit", "data.train", "version.lyceum".
        public let name: String
        /// One place for each run; nil where it had no such setting.
        public let values: [Value?]
    }

    /// A score that at least one of the runs has.
    public struct Figure: Sendable, Equatable {
        /// The evaluation's name ("test").
        public let evaluation: String
        /// The fingerprint of the data that was scored; empty if unknown.
        public let data: String
        /// The score's name ("rouge1.fmeasure").
        public let name: String
        /// One place for each run, from its newest evaluation of that name and data; nil where there is none.
        public let values: [RunScore?]
        /// Whether all were scored in the same way; only then do they compare.
        public let isFair: Bool
    }

    /// The runs, in the order asked for.
    public let runs: [RunRecord]
    /// The settings in which they differ: options by name, then the rest.
    public let differing: [Setting]
    /// The settings that are the same in all of them.
    public let common: [Setting]
    /// The scores, in the order in which the first run that has them shows them.
    public let scores: [Figure]

    /// Compares runs.
    public init(_ runs: [RunRecord]) {
        self.runs = runs
        let settings = Self.settings(of: runs)
        differing = settings.filter { setting in setting.values.contains { $0 != setting.values.first } }
        common = settings.filter { setting in setting.values.allSatisfy { $0 == setting.values.first } }
        scores = Self.figures(of: runs)
    }

    private static func settings(of runs: [RunRecord]) -> [Setting] {
        func settings(_ prefix: String, _ fields: (RunRecord) -> [String: Value]) -> [Setting] {
            let all = runs.map(fields)
            let names = Set(all.flatMap(\.keys)).sorted()
            return names.map { name in Setting(name: prefix + name, values: all.map { $0[name] }) }
        }
        func single(_ run: RunRecord) -> [String: Value] {
            var fields: [String: Value] = ["kind": .string(run.kind.rawValue)]
            fields["seed"] = run.seed.map(Value.integer)
            fields["commit"] = run.commit.map(Value.string)
            fields["host"] = .string(run.host)
            return fields
        }
        return settings("", \.options) + settings("", single)
            + settings("data.") { $0.data.mapValues(Value.string) }
            + settings("version.") { $0.versions.mapValues(Value.string) }
    }

    /// Which evaluations belong in one row: scores on other data do not compare.
    private struct Key: Hashable {
        let name: String
        let data: String
    }

    private struct Place: Hashable {
        let evaluation: Key
        let name: String
    }

    private static func figures(of runs: [RunRecord]) -> [Figure] {
        var order: [Place] = []
        var seen: Set<Place> = []
        let newest: [[Key: RunEvaluation]] = runs.map { run in
            Dictionary(
                run.evaluations.map { (Key(name: $0.name, data: $0.data), $0) },
                uniquingKeysWith: { _, later in later })
        }
        for (run, evaluations) in zip(runs, newest) {
            for key in run.evaluations.map({ Key(name: $0.name, data: $0.data) }) {
                for score in evaluations[key]?.scores ?? [] {
                    let place = Place(evaluation: key, name: score.name)
                    if seen.insert(place).inserted { order.append(place) }
                }
            }
        }
        return order.map { place in
            let evaluations = newest.map { $0[place.evaluation] }
            return Figure(
                evaluation: place.evaluation.name, data: place.evaluation.data, name: place.name,
                values: evaluations.map { $0?.scores.first { $0.name == place.name } },
                isFair: Set(evaluations.compactMap { $0?.signature }).count <= 1)
        }
    }
}

extension LabStore {
    /// Runs side by side.
    ///
    /// - Parameter ids: their numbers, in the order of the columns.
    /// - Throws: `LyceumError.unknownName` if one of them does not exist, `LyceumError.empty` without any.
    public func compare(_ ids: [Int]) throws -> RunComparison {
        if ids.isEmpty { throw LyceumError.empty("the list of runs", remedy: "name at least one") }
        return RunComparison(try ids.map { try run($0) })
    }
}
