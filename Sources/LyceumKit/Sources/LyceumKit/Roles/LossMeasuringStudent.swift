/// A student that can tell how probable it finds given answers.
public protocol LossMeasuringStudent: Student {
    /// The options of `student:loss(data, …)`, besides those that name columns.
    var lossOptions: [OptionDeclaration] { get }

    /// The mean loss of a token of the targets, in nats: the logarithm of the perplexity.
    ///
    /// - Parameters:
    ///   - examples: the pairs; nothing is learned from them.
    ///   - options: checked against `lossOptions`.
    ///   - job: progress and cancellation.
    /// - Throws: `LyceumError.empty` without examples, `LyceumError.unsupported` if it has not been trained.
    func loss(on examples: ExampleSource, options: Options, job: Job) throws -> Double
}
