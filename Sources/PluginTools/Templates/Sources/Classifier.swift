// A naive Bayes classifier of words: a student without a neural network.
// Source: Manning, Raghavan and Schütze, "Introduction to Information Retrieval" (2008), chapter 13.
import Glibc
import LyceumKit

/// Counts words by label; see `Student`.
final class NaiveBayes: Student {
    /// The options of `student.new("template", { … })`, and what config.json keeps.
    struct Configuration: Settings {
        @Setting("alpha", in: 1e-6...1000, "added to every count, so that no word is impossible") var alpha =
            1.0
        @Setting("lowercase", "ignore case") var lowercase = true
    }

    let architecture = "template"
    let tasks = [StudentTask.classify]
    private let configuration: Configuration
    /// By label, how often each word was seen, and how many texts.
    private var words: [String: [String: Int]] = [:]
    private var texts: [String: Int] = [:]
    /// By label, how many words were seen; and how many different ones in all.
    private var totals: [String: Double] = [:]
    private var vocabulary = 0.0

    init(_ configuration: Configuration) { self.configuration = configuration }

    var card: [(name: String, value: String)] { [("labels", String(words.count))] }

    private func split(_ text: String) -> [String] {
        (configuration.lowercase ? text.lowercased() : text).split { !$0.isLetter && !$0.isNumber }.map(
            String.init)
    }

    func train(
        on examples: ExampleSource, validation: ExampleSource?, options: Options, job: Job
    ) throws -> TrainingReport {
        guard examples.count > 0 else {
            throw LyceumError.empty("the training data", remedy: "give at least one text of each label")
        }
        // What was known stays untouched until all has been read: a cancelled run changes nothing.
        var (words, texts, tokens) = (words, texts, 0)
        for index in 0..<examples.count {
            try job.checkCancelled(kept: "nothing of this run")
            let example = try examples.example(at: index)
            texts[example.target, default: 0] += 1
            for word in split(example.input) {
                words[example.target, default: [:]][word, default: 0] += 1
                tokens += 1
            }
            words[example.target] = words[example.target] ?? [:]
            job.update(done: index + 1, of: examples.count, unit: "texts")
        }
        know(words, texts)
        var loss = 0.0
        for index in 0..<examples.count {
            let example = try examples.example(at: index)
            let answer = classify(example.input).probabilities.first { $0.label == example.target }
            loss -= log(max(answer?.probability ?? 0, 1e-300))
        }
        let point = TrainingReport.Point(step: 1, value: loss / Double(examples.count))
        return TrainingReport(steps: 1, epochs: 1, seconds: 0, tokens: tokens, history: ["loss": [point]])
    }

    /// Takes the counts over.
    private func know(_ words: [String: [String: Int]], _ texts: [String: Int]) {
        (self.words, self.texts) = (words, texts)
        totals = words.mapValues { Double($0.values.reduce(0, +)) }
        vocabulary = Double(words.values.reduce(into: Set<String>()) { $0.formUnion($1.keys) }.count)
    }

    func classify(_ inputs: [String], options: Options, job: Job) throws -> [Classification] {
        guard !texts.isEmpty else {
            throw LyceumError.unsupported(
                "this student is untrained", remedy: "train it with :train(…) first")
        }
        return try inputs.map { text in
            try job.checkCancelled()
            return classify(text)
        }
    }

    private func classify(_ text: String) -> Classification {
        let seen = split(text)
        let logarithms = texts.keys.sorted().map { label -> (String, Double) in
            let own = words[label] ?? [:]
            let total = (totals[label] ?? 0) + configuration.alpha * max(vocabulary, 1)
            let prior = log(Double(texts[label] ?? 0))
            let sum = seen.reduce(prior) { $0 + log((Double(own[$1] ?? 0) + configuration.alpha) / total) }
            return (label, sum)
        }
        let largest = logarithms.map(\.1).max() ?? 0
        let shares = logarithms.map { ($0.0, exp($0.1 - largest)) }
        let sum = shares.reduce(0) { $0 + $1.1 }
        return Classification(probabilities: shares.map { ($0.0, $0.1 / sum) })
    }

    func save(to path: String) throws {
        guard !texts.isEmpty else {
            throw LyceumError.unsupported(
                "this student is untrained", remedy: "train it with :train(…) first")
        }
        var document = configuration.settings
        document["model_type"] = .string(architecture)
        document["texts"] = .object(texts.mapValues(Value.integer))
        document["words"] = .object(words.mapValues { .object($0.mapValues(Value.integer)) })
        try Files.writeFolderAtomically(path) { folder in
            try Files.write(JSON.encode(.object(document)), to: Files.join(folder, "config.json"))
        }
    }

    /// Reads what `save` wrote.
    convenience init(folder: String) throws {
        let path = Files.join(folder, "config.json")
        let document = try JSON.decode(Files.read(path), name: path).object ?? [:]
        let declared = Configuration.declarations
        let known = document.filter { entry in declared.contains { $0.name == entry.key } }
        self.init(try Configuration(Options(known, declared: declared, function: path)))
        let words = (document["words"]?.object ?? [:]).compactMapValues {
            $0.object?.compactMapValues(\.integer)
        }
        know(words, (document["texts"]?.object ?? [:]).compactMapValues(\.integer))
        guard !texts.isEmpty, Set(texts.keys) == Set(words.keys), texts.values.allSatisfy({ $0 > 0 }) else {
            throw LyceumError.file(
                path: path, line: nil, problem: "does not hold the counts of each label",
                remedy: "take the file from a student that was saved")
        }
    }

    /// How students of this architecture are made, trained and loaded.
    static var registration: StudentArchitecture {
        StudentArchitecture(
            id: "template", modelTypes: ["template"], summary: "naive Bayes on words", tasks: [.classify],
            configuration: Configuration.declarations, trainingOptions: [],
            make: { NaiveBayes(try Configuration($0)) }, load: { try NaiveBayes(folder: $0) })
    }
}
