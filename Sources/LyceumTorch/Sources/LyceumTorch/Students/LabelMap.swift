import LyceumKit

/// The labels of a classifier and their numbers: config.json's `id2label` and `label2id`.
public struct LabelMap: Sendable, Equatable {
    /// The labels by number.
    public let names: [String]
    private let numbers: [String: Int]

    /// Numbers labels in their order.
    ///
    /// - Parameter names: different ones; of equal ones the first counts.
    public init(_ names: [String]) {
        self.names = names
        numbers = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Learns the labels of examples, sorted by their bytes: the order of the rows does not matter.
    ///
    /// - Throws: `LyceumError.invalid` if there is only one.
    public init(of examples: ExampleSource) throws {
        var found: Set<String> = []
        for index in 0..<examples.count { found.insert(try examples.example(at: index).target) }
        self.init(found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        guard names.count >= 2 else {
            throw LyceumError.invalid(
                "the labels", expected: "at least two different ones",
                got: "'\(names.first ?? "")' for all \(examples.count) texts",
                remedy: "check the target column and how the data was split")
        }
    }

    /// Reads a config.json; nil if it says nothing about labels.
    ///
    /// - Throws: `LyceumError.file` if the ids are not 0, 1, 2, … or a label stands twice.
    init?(configuration: [String: Value], path: String) throws {
        guard let entries = configuration["id2label"]?.object else { return nil }
        func refuse(_ problem: String) -> LyceumError {
            .file(path: path, line: nil, problem: "id2label: \(problem)", remedy: "check the file")
        }
        var names: [String] = []
        for id in 0..<entries.count {
            guard let name = entries[String(id)]?.string else {
                throw refuse("expected a label for each of 0 to \(entries.count - 1), none for \(id)")
            }
            names.append(name)
        }
        self.init(names)
        guard numbers.count == names.count else { throw refuse("a label stands there twice") }
    }

    /// How many labels there are.
    public var count: Int { names.count }

    /// The number of a label; nil if it is not known.
    public func number(of name: String) -> Int? { numbers[name] }

    /// Refuses examples with labels that are not among these.
    ///
    /// - Parameter remedy: what to do about it.
    /// - Throws: `LyceumError.invalid`.
    func check(_ examples: ExampleSource, remedy: String) throws {
        for index in 0..<examples.count {
            let label = try examples.example(at: index).target
            guard number(of: label) == nil else { continue }
            throw LyceumError.invalid(
                "the label '\(label)' of example \(index + 1)",
                expected: "one of the \(count) that this student knows (\(Self.list(names)))",
                got: "a new one", remedy: remedy)
        }
    }

    /// The keys of config.json.
    var json: [String: Value] {
        [
            "id2label": .object(
                Dictionary(
                    names.enumerated().map { (String($0), .string($1)) },
                    uniquingKeysWith: { first, _ in first })),
            "label2id": .object(numbers.mapValues { .integer($0) }),
        ]
    }

    /// Some of the labels, to be read in one line.
    static func list(_ names: some Collection<String>) -> String {
        names.sorted().prefix(5).map { "'\($0)'" }.joined(separator: ", ") + (names.count > 5 ? ", …" : "")
    }
}
