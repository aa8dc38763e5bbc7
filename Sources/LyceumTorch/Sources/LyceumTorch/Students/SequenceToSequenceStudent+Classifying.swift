import LyceumKit
import LyceumText

// Classification as text to text: of the labels, the one that the network would most probably write.
extension SequenceToSequenceStudent {
    /// The options of `student:classify`.
    static var classificationOptions: [OptionDeclaration] { LabelSettings.declarations.withoutInt8 }

    /// Names the class of each text; see `Student.classify`.
    ///
    /// Texts are decoded in a prefix tree of the labels' tokens. A label's probability is that of its whole token
    /// sequence, its end included, among those of all labels.
    public func classify(_ inputs: [String], options: Options, job: Job) throws -> [Classification] {
        try options.check(against: Self.classificationOptions)
        let (model, tokenizer) = try ready(to: "classify")
        let settings = try LabelSettings(options)
        let (labels, reading) = (try labels(settings, options), settings.reading)
        let spelled = try labels.names.map { try tokenizer.encode($0, addEOS: true) }
        try tokenizer.checkRows(spelled, of: labels.names)
        let tree = try LabelTree(spelled, labels: labels)
        sayPendingNotes(job)
        let sources = try encodeSources(inputs, for: model, tokenizer, reading, job)
        let precision = PrecisionSwitch(model)
        defer { precision.drop() }
        let prefixes = max(1, ChunkedCrossEntropy.limit / max(1, configuration.vocabularySize))
        let batchSize = max(1, min(reading.batchSize, prefixes / tree.width))
        let order = sources.ids.indices.sorted { sources.ids[$0].count > sources.ids[$1].count }
        var answers = [Classification](repeating: Classification(probabilities: []), count: inputs.count)
        try noGrad {
            try precision.set(reading.precision)
            for start in stride(from: 0, to: order.count, by: batchSize) {
                try job.checkCancelled(kept: "\(start) of \(inputs.count) texts were classified")
                let some = order[start..<min(start + batchSize, order.count)]
                let batch = try TokenBatch(some.map { sources.ids[$0] }, padID: model.padID)
                let logarithms = try tree.logProbabilities(
                    model, source: model.encode(batch.to(model.device)), limit: prefixes, job: job)
                for (input, logarithms) in zip(some, logarithms) {
                    let probabilities = try Tensor(logarithms).softmax(dim: 0).doubles()
                    answers[input] = Classification(
                        probabilities: Array(zip(labels.names, probabilities)).map { ($0, $1) })
                }
                job.update(done: start + some.count, of: inputs.count, unit: "texts")
            }
        }
        job.finish(done: inputs.count, of: inputs.count, unit: "texts")
        return answers
    }

    /// The labels to choose among: the options', or those of the training.
    private func labels(_ settings: LabelSettings, _ options: Options) throws -> LabelMap {
        if let names = settings.labels {
            guard names.count >= 2, Set(names).count == names.count else {
                throw LyceumError.badOption(
                    function: options.function, option: settings.$labels.name,
                    expected: "at least two different texts",
                    got: names.isEmpty ? "none" : LabelMap.list(names))
            }
            return LabelMap(names)
        }
        guard let labels else {
            throw LyceumError.unsupported(
                "this \(architecture) student knows no labels",
                remedy:
                    "give labels = {…}, or make one with task = \"classify\", which learns them in training")
        }
        return labels
    }

    /// The labels that a training learns or goes on with; nil for a student that is not made to classify.
    func learnLabels(_ examples: ExampleSource) throws -> LabelMap? {
        guard task == .classify else { return nil }
        guard let labels else { return try LabelMap(of: examples) }
        try labels.check(
            examples, remedy: "make a new student, and train it on all labels")
        return labels
    }

    /// Refuses labels that training would cut.
    func check(_ labels: LabelMap, _ tokenizer: any Tokenizer, limit: Int) throws {
        for name in labels.names {
            let length = try tokenizer.encode(name, addEOS: true).count
            guard length > limit else { continue }
            throw LyceumError.invalid(
                "max_target_length", expected: "at least \(length) tokens, the length of '\(name)'",
                got: String(limit), remedy: "give more, or shorter labels")
        }
    }
}
