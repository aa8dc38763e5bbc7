import LyceumKit
import LyceumTorch

/// The mean of a text's embeddings: the smallest encoder that can tell texts apart.
final class BagEncoder: Module, SequenceClassificationModel {
    struct Configuration: NetworkConfiguration {
        @Setting("vocab_size", in: 16...1000, "pieces") var vocabularySize = 60
        @Setting("dropout_rate", in: 0...0.9, "dropout") var dropoutRate = 0.0
    }

    static let architecture = "bag"
    static let transformersClass = "BagForSequenceClassification"
    static let encoderName = "bag"

    let configuration: Configuration
    private let embedding: Embedding

    init(_ configuration: Configuration) throws {
        self.configuration = configuration
        embedding = try Embedding(
            weight: Initializer.normal([configuration.vocabularySize, 8], deviation: 1))
        super.init()
        register("embedding", embedding)
    }

    var padID: Int { 0 }
    var pooledSize: Int { 8 }
    var classifierDropout: Double { configuration.dropoutRate }
    var classifierDeviation: Double { 0.02 }

    func pool(_ source: TokenBatch) throws -> Tensor {
        let width = try source.ids.size(1)
        let flat = source.lengths.flatMap { length in
            (0..<width).map { Float($0 < length ? 1 : 0) / Float(max(length, 1)) }
        }
        let shares = try Tensor(flat, shape: [source.lengths.count, width, 1])
        return try (embedding(source.ids) * shares).sum(dim: 1)
    }
}

/// Short texts whose words tell the label.
enum Menagerie {
    static var registration: StudentArchitecture {
        SequenceClassificationStudent<BagEncoder>.registration(
            modelTypes: ["bag"], summary: "a bag of words", learningRate: 0.05)
    }

    static func pairs(_ count: Int, labels: [String] = ["bird", "cat", "dog"]) -> [Example] {
        let words = ["purr", "bark", "sing", "roar", "hiss"]
        return (0..<count).map { index in
            let kind = index % labels.count
            let rest = index / labels.count % 7
            return Example(
                input: String(repeating: words[kind % words.count] + " ", count: 1 + rest % 3)
                    + "in the garden",
                target: labels[kind])
        }
    }

    static func student(_ options: [String: Value] = [:]) throws -> SequenceClassificationStudent<BagEncoder>
    {
        SequenceClassificationStudent<BagEncoder>(
            try BagEncoder.Configuration(
                Options(options, declared: BagEncoder.Configuration.declarations, function: "student.new")))
    }

    static func train(
        _ student: SequenceClassificationStudent<BagEncoder>, _ pairs: [Example],
        _ given: [String: Value] = [:],
        valid: [Example]? = nil, job: Job = .silent()
    ) throws -> TrainingReport {
        let base: [String: Value] = ["precision": "fp32", "max_steps": 60, "batch_size": 8]
        return try student.train(
            on: ExampleSource(pairs), validation: valid.map { ExampleSource($0) },
            options: Options(
                base.merging(given) { _, new in new }, declared: registration.trainingOptions,
                function: "student:train"),
            job: job)
    }

    static func classify(
        _ student: SequenceClassificationStudent<BagEncoder>, _ texts: [String],
        _ given: [String: Value] = [:],
        job: Job = .silent()
    ) throws -> [Classification] {
        let base: [String: Value] = ["precision": "fp32"]
        return try student.classify(
            texts,
            options: Options(
                base.merging(given) { _, new in new }, declared: registration.classificationOptions,
                function: "student:classify"),
            job: job)
    }
}
