import Evaluation
import LyceumKit
import Teaching

/// One answer of a workshop, as it is scored.
public struct WorkshopAnswer {
    /// What was answered.
    public let text: String
    /// The row that it answers.
    public let record: Record
    /// What should have been answered, if the data says so.
    public let references: [String]

    /// Describes an answer.
    public init(text: String, record: Record, references: [String]) {
        self.text = text
        self.record = record
        self.references = references
    }
}

/// How the answers of a workshop are scored: by a metric, by a check, by a judge.
public struct WorkshopMeasure {
    /// What it is called: "rouge", "short".
    public let name: String
    /// What has to be said for the figures to be repeatable.
    public let signature: String
    /// Whether it needs the reference column.
    public let needsReferences: Bool
    /// Scores answers: figures with a value for each, in order.
    let score: ([WorkshopAnswer], Job) throws -> [MetricFigure]
    /// The teacher that scoring asks, and what that would cost; nil for what asks nobody.
    let judge: (teacher: OpenTeacher, estimate: ([WorkshopAnswer]) throws -> GenerationEstimate)?

    /// Describes a measure.
    public init(
        name: String, signature: String = "", needsReferences: Bool = false,
        judge: (teacher: OpenTeacher, estimate: ([WorkshopAnswer]) throws -> GenerationEstimate)? = nil,
        score: @escaping ([WorkshopAnswer], Job) throws -> [MetricFigure]
    ) {
        self.judge = judge
        self.name = name
        self.signature = signature.isEmpty ? name : signature
        self.needsReferences = needsReferences
        self.score = score
    }

    /// Any metric: the figures that it has for each text, without their details.
    public static func metric(
        _ metric: Metric, options: Options, functions: [String: (String) throws -> Int] = [:],
        students: [String: any Student] = [:]
    ) -> WorkshopMeasure {
        WorkshopMeasure(
            name: metric.id, signature: "\(metric.id) \(JSON.encode(.object(options.values)))",
            needsReferences: metric.needsReferences
        ) { answers, job in
            if answers.isEmpty { return [] }
            let score = try Score(
                metric,
                of: MetricInput(
                    predictions: answers.map(\.text), references: answers.map(\.references), options: options,
                    functions: functions, students: students, resampling: Resampling(resamples: 1), job: job))
            return score.figures.filter { !RunText.isDetail($0.name) }
        }
    }

    /// A check that an answer passes or not, or a number.
    ///
    /// - Parameters:
    ///   - isShare: whether the values are 0 and 1.
    ///   - body: looks at one answer; what may take long ends with the job.
    public static func check(
        _ name: String, isShare: Bool = true, _ body: @escaping (WorkshopAnswer, Job) throws -> Double
    ) -> WorkshopMeasure {
        WorkshopMeasure(name: name, signature: "check \(name)") { answers, job in
            var values: [Double] = []
            for (place, answer) in answers.enumerated() {
                try job.checkCancelled()
                values.append(try body(answer, job))
                job.update(done: place + 1, of: answers.count, unit: "answers")
            }
            job.finish(done: answers.count, of: answers.count, unit: "answers")
            return [
                MetricFigure(name, values, isShare: isShare && values.allSatisfy { $0 >= 0 && $0 <= 1 })
            ]
        }
    }

    /// Whether an answer is what a declaration says: `{ schema = …, contains = …, regex = …, min_words = …, … }`.
    ///
    /// - Throws: `LyceumError.badOption` for what is not a rule, or cannot be read.
    public static func rule(_ name: String, _ rule: [String: Value]) throws -> WorkshopMeasure {
        let known = ["schema", "contains", "not_contains", "regex"] + AnswerLimits.names
        let function = "workshop: checks.\(name)"
        if let unknown = rule.keys.sorted().first(where: { !known.contains($0) }) {
            throw LyceumError.unknownOptions(function: function, options: [unknown], known: known, notes: [:])
        }
        func text(_ option: String) throws -> String? {
            guard let value = rule[option] else { return nil }
            guard let text = value.string else {
                throw LyceumError.badOption(
                    function: function, option: option, expected: "a string", got: value.text)
            }
            return text
        }
        let schema = try rule["schema"].map { try JSONSchema($0) }
        let (contained, excluded) = (try text("contains"), try text("not_contains"))
        let pattern = try text("regex").map { source in
            do {
                return try RegularExpression(source)
            } catch {
                throw LyceumError.badOption(
                    function: function, option: "regex", expected: "a regular expression",
                    got: "\(source) (\(error))")
            }
        }
        let limits = try AnswerLimits(rule, function: function)
        return check(name) { answer, job in
            if let contained, !answer.text.contains(contained) { return 0 }
            if let excluded, answer.text.contains(excluded) { return 0 }
            if let pattern, try !pattern.matches(answer.text, job: job) { return 0 }
            if let schema, !schema.accepts(answer.text) { return 0 }
            return limits.accept(answer.text) ? 1 : 0
        }
    }
}

/// How long an answer may be.
private struct AnswerLimits {
    static let names = ["min_words", "max_words", "min_chars", "max_chars"]
    private let limits: [String: Double]

    init(_ rule: [String: Value], function: String) throws {
        var limits: [String: Double] = [:]
        for name in Self.names {
            guard let value = rule[name] else { continue }
            guard let number = value.number else {
                throw LyceumError.badOption(
                    function: function, option: name, expected: "a number", got: value.text)
            }
            limits[name] = number
        }
        self.limits = limits
    }

    func accept(_ text: String) -> Bool {
        let (words, characters) = (Double(Words.count(text)), Double(text.count))
        return words >= limits["min_words"] ?? 0 && words <= limits["max_words"] ?? .infinity
            && characters >= limits["min_chars"] ?? 0 && characters <= limits["max_chars"] ?? .infinity
    }
}

extension JSONSchema {
    /// Whether a text is JSON that fits.
    fileprivate func accepts(_ text: String) -> Bool {
        guard let value = try? JSON.decode(text, name: "answer") else { return false }
        return mismatch(value) == nil
    }
}
