import LyceumKit
import LyceumText

// Folders as Hugging Face transformers reads and writes them.
extension SequenceClassificationStudent {
    /// Writes a folder that transformers' `…ForSequenceClassification` loads as it is.
    public func save(to path: String) throws {
        _ = try ready(to: "be saved")
        try Files.writeFolderAtomically(path) { try write(into: $0) }
    }

    /// Writes the student's files into a folder that exists.
    func write(into folder: String) throws {
        let (network, tokenizer, labels) = try ready(to: "be saved")
        var document = configuration.json.merging(labels.json) { _, label in label }
        document["model_type"] = .string(Encoder.architecture)
        if !Encoder.transformersClass.isEmpty {
            document["architectures"] = [.string(Encoder.transformersClass)]
        }
        document["problem_type"] = "single_label_classification"
        document["pad_token_id"] = .integer(network.encoder.padID)
        document["torch_dtype"] = "float32"
        // Ours; transformers keeps what it does not know.
        document["max_source_length"] = .integer(maxSourceLength)
        try Files.write(
            JSON.encode(.object(document), pretty: true),
            to: Files.join(folder, CheckpointFiles.configuration))
        try Safetensors.write(
            network.state().map { ($0.name, try $0.tensor.detach()) },
            to: Files.join(folder, CheckpointFiles.weights))
        try tokenizer.save(to: folder)
    }

    /// Reads a folder that `save` or transformers wrote: a classifier, or an encoder alone, whose output layer the
    /// first training draws.
    ///
    /// - Throws: `LyceumError.file` if something is missing, damaged or does not fit together.
    public convenience init(folder: String) throws {
        let (path, document, configuration, tokenizer) = try Encoder.describe(folder: folder)
        self.init(configuration)
        try RoundedWeights.check(document, path: path)
        let weights = try Checkpoint.open(folder)
        try RoundedWeights(weights).refuse(for: Encoder.architecture)
        let rows = weights.shape(of: "classifier.weight")?.first ?? 0
        if rows > 0 {
            let maker = document["architectures"]?.list?.first?.string ?? Encoder.transformersClass
            guard maker == Encoder.transformersClass else {
                throw LyceumError.file(
                    path: path, line: nil,
                    problem: "its output layer is that of \(maker), not of \(Encoder.transformersClass)",
                    remedy: "load a classifier of texts, or an encoder without an output layer")
            }
        }
        try Initializer.shapesOnly {
            let network = ClassificationNetwork(try Encoder(configuration))
            if rows > 0 { try network.addClassifier(labels: rows) }
            try network.check(weights, names: Encoder.weightNames)
        }
        let network = try Self.network(configuration, weights)
        if rows > 0 {
            try Initializer.shapesOnly { try network.addClassifier(labels: rows) }
            let map = try LabelMap(configuration: document, path: path)
            // transformers leaves the names out of config.json when there are two labels without names.
            labels = map ?? LabelMap((0..<rows).map { "LABEL_\($0)" })
        }
        try network.load(weights, names: Encoder.weightNames, isNew: true)
        guard labels?.count ?? 0 == network.labelCount else {
            throw LyceumError.file(
                path: path, line: nil,
                problem:
                    "id2label names \(labels?.count ?? 0) labels, the weights score \(network.labelCount)",
                remedy: "take config.json and weights from the same checkpoint")
        }
        network.eval()
        (self.tokenizer, self.network, weightFiles) = (tokenizer, network, weights)
        if let length = document["max_source_length"]?.integer ?? network.encoder.maxPositions, length > 0 {
            maxSourceLength = length
        }
    }

    /// Lets the weights leave the file that they were loaded from, before they are changed.
    func prepareForTraining() throws { try leaveFiles() }

    /// The network without an output layer. What a checkpoint may lack is drawn, always the same.
    private static func network(
        _ configuration: Encoder.Configuration, _ weights: Checkpoint
    ) throws -> ClassificationNetwork<Encoder> {
        let network = try Initializer.shapesOnly { ClassificationNetwork(try Encoder(configuration)) }
        let held = Encoder.weightNames.match(weights.names, to: Set(network.state().map(\.name))).names
        if Encoder.weightNames.optional.allSatisfy({ held[$0] != nil }) { return network }
        return try Initializer.drawing(from: RandomSource(seed: 0)) {
            ClassificationNetwork(try Encoder(configuration))
        }
    }

    /// Takes over vocabulary, shape, labels and weights of a checkpoint, to go on from it.
    func restore(_ checkpoint: String) throws {
        let saved = try SequenceClassificationStudent(folder: checkpoint)
        // A student without a vocabulary learns how large it is from the same data.
        var own = configuration
        if network == nil { own.vocabularySize = saved.configuration.vocabularySize }
        try RunFolder.compare(
            ["configuration": .object(own.json)],
            with: ["configuration": .object(saved.configuration.json)],
            in: checkpoint)
        (configuration, tokenizer, network, labels) = (
            saved.configuration, saved.tokenizer, saved.network, saved.labels
        )
        weightFiles = saved.weightFiles
    }
}

extension SequenceClassificationStudent: FileBackedStudent {
    /// Copies the weights out of the files that they were loaded from.
    public func leaveFiles() throws {
        guard let files = weightFiles else { return }
        try files.checkUnchanged()
        for (_, parameter) in network?.namedParameters() ?? [] { try parameter.leaveFile() }
        // Whoever wrote to them meanwhile has left a mixture.
        try files.checkUnchanged()
        weightFiles = nil
    }
}
