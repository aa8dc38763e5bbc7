import LyceumKit
import LyceumText

// Folders as Hugging Face transformers reads and writes them.
extension SequenceToSequenceStudent {
    /// Writes a folder that transformers loads as it is; of a student whose weights are kept in eight bits, one that keeps
    /// them so.
    public func save(to path: String) throws {
        try save(to: path, precision: ready(to: "be saved").model.isRounded ? .int8 : .fp32)
    }

    private func save(to path: String, precision: Precision) throws {
        _ = try ready(to: "be saved")
        try Files.writeFolderAtomically(path) { try write(into: $0, precision: precision) }
    }

    /// Writes the student's files into a folder that exists.
    ///
    /// - Parameter precision: `fp32`, or `int8` for a folder that only writes texts; see `RoundedWeights`.
    func write(into folder: String, precision: Precision = .fp32) throws {
        let (model, tokenizer) = try ready(to: "be saved")
        let tokens: [String: Value] = [
            "pad_token_id": .integer(model.padID), "eos_token_id": .integer(model.eosID),
            "decoder_start_token_id": .integer(model.decoderStartID),
        ]
        var document = configuration.json.merging(tokens) { _, id in id }
        document["model_type"] = .string(Model.architecture)
        if !Model.transformersClass.isEmpty {
            document["architectures"] = [.string(Model.transformersClass)]
        }
        document["is_encoder_decoder"] = true
        if precision == .int8 { document[RoundedWeights.configurationKey] = RoundedWeights.configuration }
        document["torch_dtype"] = "float32"
        if task == .classify {
            document["task"] = .string(task.rawValue)
            document.merge(labels?.json ?? [:]) { _, label in label }
        }
        // `prefix` is transformers' own key; the length is ours, and transformers keeps what it does not know.
        document["prefix"] = .string(prefix)
        document["max_source_length"] = .integer(maxSourceLength)
        try Files.write(
            JSON.encode(.object(document), pretty: true),
            to: Files.join(folder, CheckpointFiles.configuration))
        try Files.write(
            JSON.encode(.object(generation.values.merging(tokens) { own, _ in own }), pretty: true),
            to: Files.join(folder, CheckpointFiles.generation))
        try Safetensors.write(
            precision == .int8
                ? RoundedWeights.tensors(of: model)
                : model.values().map { ($0.name, try $0.tensor.detach()) },
            to: Files.join(folder, CheckpointFiles.weights))
        try tokenizer.save(to: folder)
    }

    /// Reads a folder that `save` or transformers wrote.
    ///
    /// - Throws: `LyceumError.file` if something is missing, damaged or does not fit together.
    public convenience init(folder: String) throws {
        let (path, document, configuration, tokenizer) = try Model.describe(folder: folder)
        self.init(configuration)
        try RoundedWeights.check(document, path: path)
        let weights = try Checkpoint.open(folder)
        // Neither drawn nor filled with zeros: the file's memory becomes the weights.
        let model = try Initializer.shapesOnly { try Model(configuration) }
        try model.check(weights, names: Model.weightNames)
        // Ids above the vocabulary are words to copy: no other row may lie there.
        let isShort = tokenizer.vocabularySize < configuration.vocabularySize
        if isShort, model.copies, tokenizer is any CopyingTokenizer {
            throw LyceumError.file(
                path: path, line: nil,
                problem: "vocab_size is \(configuration.vocabularySize), the tokenizer next to it has only "
                    + "\(tokenizer.vocabularySize) pieces",
                remedy: "take config.json and tokenizer from the same checkpoint")
        }
        try model.load(weights, names: Model.weightNames, isNew: true)
        model.eval()
        self.tokenizer = tokenizer
        self.model = model
        weightFiles = weights
        generation = try GenerationConfiguration(
            folder: folder, model: document, defaults: Model.generationDefaults)
        // transformers writes labels into every config.json; only those of a training of ours mean something.
        if document["task"]?.string == StudentTask.classify.rawValue {
            task = .classify
            labels = try LabelMap(configuration: document, path: path)
        }
        readPrefix(document)
        let foreign = generation.unsupported.joined(separator: ", ")
        if !foreign.isEmpty {
            pendingNotes.append(
                "the checkpoint's generation_config asks for what is not done here: \(foreign)")
        }
        if let length = document["max_source_length"]?.integer ?? model.maxPositions, length > 0 {
            maxSourceLength = length
        }
    }

    /// Lets the weights leave the file that they were loaded from, before they are changed.
    ///
    /// - Throws: `LyceumError.unsupported` if they are kept in eight bits.
    func prepareForTraining() throws {
        guard let model else { return }
        if model.isRounded {
            throw LyceumError.unsupported(
                "this student's weights are kept in eight bits, which cannot be trained",
                remedy:
                    "train the student that it was made of; or save this one with precision = 'fp32', which writes the "
                    + "rounded weights as float32, and load that")
        }
        try leaveFiles()
    }

    /// What comes before every input: that of summarisation, which transformers' pipeline would add; or `prefix`.
    private func readPrefix(_ document: [String: Value]) {
        let task = document["task_specific_params"]?.object?["summarization"]?.object?["prefix"]?.string
        prefix = task ?? document["prefix"]?.string ?? ""
        if let task, !task.isEmpty {
            pendingNotes.append(
                "source_prefix is \"\(task)\", as config.json's task_specific_params say for summaries; "
                    + "source_prefix = \"\" is none")
        }
    }

    /// Takes over vocabulary, shape and weights of a checkpoint, to go on from it.
    func restore(_ checkpoint: String) throws {
        let saved = try SequenceToSequenceStudent(folder: checkpoint)
        // A student without a vocabulary learns how large it is from the same data.
        var own = configuration
        if model == nil { own.vocabularySize = saved.configuration.vocabularySize }
        try RunFolder.compare(
            ["configuration": .object(own.json), "task": .string(task.rawValue)],
            with: ["configuration": .object(saved.configuration.json), "task": .string(saved.task.rawValue)],
            in: checkpoint)
        (configuration, tokenizer, model) = (saved.configuration, saved.tokenizer, saved.model)
        weightFiles = saved.weightFiles
        (task, labels) = (saved.task, saved.labels)
    }
}

extension SequenceToSequenceStudent: PrecisionSavingStudent {
    /// As it is trained, and rounded.
    public static var savedPrecisions: [String] { [Precision.fp32, .int8].map(\.rawValue) }

    /// Writes the weights as float32, or in eight bits with a scale for each output.
    public func save(to path: String, precision: String) throws {
        guard Self.savedPrecisions.contains(precision), let precision = Precision(rawValue: precision) else {
            throw LyceumError.badOption(
                function: "save", option: Precision.option,
                expected: Self.savedPrecisions.joined(separator: " or "), got: precision)
        }
        try save(to: path, precision: precision)
    }
}

extension SequenceToSequenceStudent: FileBackedStudent {
    /// Copies the weights out of the files that they were loaded from.
    public func leaveFiles() throws {
        guard let files = weightFiles else { return }
        try files.checkUnchanged()
        for (_, parameter) in model?.namedParameters() ?? [] { try parameter.leaveFile() }
        // Whoever wrote to them meanwhile has left a mixture.
        try files.checkUnchanged()
        weightFiles = nil
    }
}
