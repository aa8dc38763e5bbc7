import Glibc
import LyceumKit

/// Trees that tell the class of a text by its TF-IDF features.
struct Classifier {
    /// How texts become features.
    let features: TextFeatures
    /// The labels, sorted; their places are XGBoost's classes.
    let labels: [String]
    /// The trees.
    let booster: Booster

    /// The probability of every label for each text.
    ///
    /// - Throws: `LyceumError.cancelled`.
    func classify(_ texts: [String], threads: Int, job: Job) throws -> [Classification] {
        try booster.set([("nthread", String(threads))])
        let batch = 4096
        var results: [Classification] = []
        results.reserveCapacity(texts.count)
        for start in stride(from: 0, to: texts.count, by: batch) {
            try job.checkCancelled(kept: "\(start) of \(texts.count) texts were classified")
            let some = Array(texts[start..<min(start + batch, texts.count)])
            let matrix = try DMatrix(
                features.transform(some, threads: Threads.count(threads), job: job), threads: threads)
            let (values, outputs) = try booster.predict(matrix)
            for row in 0..<some.count {
                let given = values[(row * outputs)..<((row + 1) * outputs)].map(Double.init)
                // Of two classes XGBoost tells the second's probability alone.
                let all = outputs == 1 ? given.flatMap { [1 - $0, $0] } : given
                results.append(Classification(probabilities: zip(labels, all).map { ($0, $1) }))
            }
            job.update(done: results.count, of: texts.count, unit: "texts")
        }
        job.finish(done: results.count, of: texts.count, unit: "texts")
        return results
    }

    /// Prepares a training.
    ///
    /// - Parameter known: what was learned before; its vocabulary and labels are kept.
    /// - Throws: `LyceumError.invalid` for labels that no classifier can be made of.
    static func task(
        _ pairs: [Example], _ held: [Example]?, _ configuration: GBDTConfiguration,
        _ options: BoostingOptions,
        known: Classifier?, job: Job
    ) throws -> GBDTStudent.TrainingTask {
        let labels = try known?.labels ?? labels(of: pairs, atMost: configuration.maxClasses)
        try checkMemory(rows: pairs.count, classes: labels.count)
        let numbers = Dictionary(
            labels.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        let classes = try pairs.map { pair in
            guard let number = numbers[pair.target] else {
                throw LyceumError.invalid(
                    "the label '\(pair.target)'", expected: "one that this student was first trained with",
                    got: "a new one", remedy: "train a new student on all labels")
            }
            return number
        }
        let threads = Threads.count(options.threads)
        let texts = pairs.map(\.input)
        let features: TextFeatures
        let matrix: SparseMatrix
        if let known {
            features = known.features
            matrix = try features.transform(texts, threads: threads, job: job)
        } else {
            (features, matrix) = try TextFeatures.fit(
                texts, configuration.features, threads: threads, job: job)
        }
        let training = try DMatrix(matrix, threads: options.threads)
        try training.set("label", classes.map(Float.init))
        if options.balancesClasses { try training.set("weight", balancedWeights(classes, of: labels.count)) }
        let validation = try held.flatMap { try heldOut($0, numbers, features, options, job) }
        return GBDTStudent.TrainingTask(
            objective: objective(classes: labels.count), training: training, validation: validation
        ) { .classifier(Classifier(features: features, labels: labels, booster: $0)) }
    }

    private static func objective(classes: Int) -> Objective {
        Objective(
            parameters: classes == 2
                ? [("objective", "binary:logistic"), ("eval_metric", "logloss")]
                : [
                    ("objective", "multi:softprob"), ("num_class", String(classes)),
                    ("eval_metric", "mlogloss"),
                ], isScore: false)
    }

    private static func labels(of pairs: [Example], atMost limit: Int) throws -> [String] {
        let labels = Set(pairs.map(\.target)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        guard labels.count >= 2 else {
            throw LyceumError.invalid(
                "the labels", expected: "at least two different ones",
                got: "'\(labels.first ?? "")' for all \(pairs.count) texts",
                remedy: "check the target column and how the data was split")
        }
        guard labels.count <= limit else {
            throw LyceumError.invalid(
                "the labels", expected: "at most \(limit) different ones (max_classes)",
                got: "\(labels.count) among \(pairs.count) texts",
                remedy:
                    "check the target column; merge rare labels; or raise max_classes, at one tree for each "
                    + "label and round")
        }
        return labels
    }

    /// XGBoost holds two derivatives and some probabilities of every text and class, and dies without them.
    private static func checkMemory(rows: Int, classes: Int) throws {
        let bytesPerCell = 32.0
        let needed = Double(rows) * Double(classes) * bytesPerCell
        let present = Double(sysconf(Int32(_SC_PHYS_PAGES))) * Double(sysconf(Int32(_SC_PAGESIZE)))
        guard needed < present / 2 else {
            throw LyceumError.invalid(
                "\(classes) labels for \(rows) texts", expected: "what fits into half of the memory",
                got: "about \((needed / 1e9).fixed(0)) GB of \((present / 1e9).fixed(0)) GB",
                remedy: "merge rare labels or take fewer texts")
        }
    }

    /// The weights of scikit-learn's `class_weight="balanced"`: texts / (classes × texts of the class).
    private static func balancedWeights(_ classes: [Int], of count: Int) -> [Float] {
        var sizes = [Int](repeating: 0, count: count)
        for number in classes { sizes[number] += 1 }
        return classes.map { Float(Double(classes.count) / (Double(count) * Double(max(sizes[$0], 1)))) }
    }

    /// The validation rows; those whose label was never trained are left out, because they have no loss.
    private static func heldOut(
        _ pairs: [Example], _ numbers: [String: Int], _ features: TextFeatures, _ options: BoostingOptions,
        _ job: Job
    ) throws -> DMatrix? {
        let usable = pairs.filter { numbers[$0.target] != nil }
        if usable.count < pairs.count {
            let unseen = Set(pairs.map(\.target)).subtracting(numbers.keys).sorted()
            job.note(
                "gbdt: \(pairs.count - usable.count) of \(pairs.count) validation examples have labels unseen in "
                    + "training and are left out of eval_loss: \(unseen.prefix(5).joined(separator: ", "))")
        }
        if usable.isEmpty { return nil }
        let matrix = try features.transform(
            usable.map(\.input), threads: Threads.count(options.threads), job: job)
        let validation = try DMatrix(matrix, threads: options.threads)
        try validation.set("label", usable.map { Float(numbers[$0.target] ?? 0) })
        return validation
    }
}

/// How many threads to use.
enum Threads {
    /// The number that was asked for; all cores if it is 0.
    static func count(_ asked: Int) -> Int {
        asked > 0 ? asked : max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    }
}

extension GBDTStudent {
    func classify(_ inputs: [String], options: Options, job: Job) throws -> [Classification] {
        guard configuration.task == .classify else {
            throw LyceumError.unsupported(
                "this gbdt student was made to generate, not to classify",
                remedy: "make one with student.new(\"gbdt\", { task = \"classify\" })")
        }
        guard case .classifier(let classifier) = try trained(to: "classify") else { return [] }
        return try classifier.classify(inputs, threads: ThreadSettings(options).threads, job: job)
    }

    func generate(_ inputs: [String], options: Options, job: Job) throws -> [GeneratedText] {
        guard configuration.task == .generate else {
            throw LyceumError.unsupported(
                "this gbdt student was made to classify, not to generate",
                remedy: "make one with student.new(\"gbdt\", { task = \"generate\" })")
        }
        guard case .summarizer(let summarizer) = try trained(to: "generate") else { return [] }
        let settings = try SummarySettings(options)
        return try summarizer.summarize(
            inputs, sentences: settings.sentences, threads: settings.threads, job: job)
    }
}
