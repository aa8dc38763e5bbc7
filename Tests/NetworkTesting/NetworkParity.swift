import LyceumKit
import LyceumTorch
import TestSupport
import Testing

// What every sequence-to-sequence network must have in common with its reference implementation.
extension NetworkFixture {
    /// The scores of the next token at each position that has a label, as logarithms of probabilities or, where the
    /// fixture has them so, as they are.
    public func scores() throws -> Tensor {
        let batch = try batch()
        return try noGrad {
            let source = try model.encode(batch.source)
            let states = try model.decode(batch.decoderInput, source: source, cache: nil)
            let scores = try Tensor.stack(
                (0..<states.size(1)).map {
                    try model.scores(states.select(dim: 1, index: $0), source: source)
                },
                dim: 1
            ).flatten(endDim: 1).indexSelect(dim: 0, indices: batch.positions)
            return tensors["logits"] == nil ? try scores.softmax(dim: 1) : scores
        }
    }

    /// What follows a target's end has no label, and is nobody's business.
    public func expectSameScores() throws {
        let known = try tensors["logits"] ?? tensor("log_probabilities").exp()
        let expected = try known.flatten(endDim: 1).indexSelect(dim: 0, indices: batch().positions)
        try expectClose(scores(), expected, "scores")
    }

    /// One step of training without dropout: the loss, and the gradient of each weight that the fixture has.
    ///
    /// - Parameters:
    ///   - multiple: of which lengths are made multiples: training pads further than the reference does.
    ///   - least: how many gradients there are at least; nil if each parameter has one.
    ///   - surplus: what is added to the loss that the fixture has.
    ///   - step: adds the gradients of `scale` times the loss and returns the loss; the network's own road if nil.
    public func expectSameGradients(
        multiple: Int, atLeast least: Int? = nil, surplus: Double = 0,
        step: ((_ batch: SequenceToSequenceBatch, _ scale: Double) throws -> Double)? = nil
    ) throws {
        let batch = try batch(multiple: multiple)
        let items = Double(batch.itemCount)
        model.train()
        model.setDropout(0)
        let step = step ?? { try model.backward($0, scale: $1, labelSmoothing: 0) }
        let loss = try number("loss")
        #expect(abs(try step(batch, 1 / items) / items - loss - surplus) < 1e-5 * loss)
        let measured = try noGrad { try model.loss(batch) } / items
        #expect(abs(measured - loss) < 1e-5 * loss)
        let parameters = Dictionary(
            uniqueKeysWithValues: model.namedParameters().map { ($0.name, $0.parameter) })
        let gradients = tensors.filter { $0.key.hasPrefix("grad.") }
        if let least {
            #expect(gradients.count >= least)
        } else {
            #expect(gradients.count == parameters.count)
        }
        for (name, expected) in gradients {
            let gradient = try #require(try parameters[String(name.dropFirst(5))]?.tensor.grad, "\(name)")
            try expectClose(gradient, expected, name)
        }
    }

    /// What the searches write, all at once and one by one: padding and dropped rows must not show.
    public func expectSameTexts(_ given: [String: Value], _ expected: [[Int]], _ what: String) throws {
        let options = try DecodingOptions(
            Options(given, declared: DecodingOptions.declarations, function: "test"))
        for batchSize in [8, 1] {
            let texts = try Generator.generate(
                model, sources: sources(), batchSize: batchSize, options: options, job: .silent())
            #expect(texts == expected, "\(folder), \(what), batch size \(batchSize)")
        }
    }

    /// A text of expected.json (`text`) and its answer (`text_answer`), as the prompt gives it.
    public func expectSameAnswer(_ trial: StudentTrial, _ options: [String: Value] = [:]) throws {
        let text = try #require(expected["text"]?.string)
        #expect(
            try trial.generate(student, [text], options).map(\.text) == [expected["text_answer"]?.string])
    }
}
