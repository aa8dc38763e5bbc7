import LyceumKit

/// The files of a saved student.
private enum SavedFiles {
    /// `model_type` and the options.
    static let configuration = "config.json"
    /// The trees, as XGBoost writes and reads them.
    static let model = "model.json"
    /// The terms and their weights.
    static let vocabulary = "vocabulary.json"
    /// The labels in the order of XGBoost's classes.
    static let labels = "labels.json"
    /// The gain of each feature by name; for people, never read.
    static let importances = "feature_importances.json"
}

extension GBDTStudent {
    func save(to path: String) throws {
        _ = try trained(to: "be saved")
        try Files.writeFolderAtomically(path) { try write(into: $0) }
    }

    /// Writes the student's files into a folder that exists.
    func write(into folder: String) throws {
        func write(_ value: Value, _ name: String, pretty: Bool = false) throws {
            try Files.write(JSON.encode(value, pretty: pretty), to: Files.join(folder, name))
        }
        let model = try trained(to: "be saved")
        var document = configuration.settings
        document["model_type"] = .string(architecture)
        try write(.object(document), SavedFiles.configuration, pretty: true)
        try Files.write(model.booster.json(), to: Files.join(folder, SavedFiles.model))
        let vectorizers: [TfidfVectorizer]
        switch model {
        case .classifier(let classifier):
            vectorizers = classifier.features.blocks
            try write(.list(classifier.labels.map(Value.string)), SavedFiles.labels)
        case .summarizer(let summarizer): vectorizers = [summarizer.features.vectorizer]
        }
        try write(.list(vectorizers.map(\.json)), SavedFiles.vocabulary)
        let importances = try importances().map {
            Value.object(["feature": .string($0.feature), "gain": .number($0.gain)])
        }
        try write(.list(importances), SavedFiles.importances)
    }

    /// Reads a folder that `save` wrote.
    ///
    /// - Throws: `LyceumError.file` if something is missing, damaged or does not fit together.
    convenience init(folder: String) throws {
        func read(_ name: String) throws -> Value {
            let path = Files.join(folder, name)
            return try JSON.decode(Files.read(path), name: path)
        }
        func damaged(_ name: String, _ problem: String) -> LyceumError {
            .file(
                path: Files.join(folder, name), line: nil, problem: problem,
                remedy: "take all files from one saved student")
        }
        guard let document = try read(SavedFiles.configuration).object else {
            throw damaged(SavedFiles.configuration, "is not a JSON object")
        }
        let declared = GBDTConfiguration.declarations
        let known = Set(declared.map(\.name))
        let configuration = try GBDTConfiguration(
            Options(
                document.filter { known.contains($0.key) }, declared: declared,
                function: Files.join(folder, SavedFiles.configuration)))

        let trees = Files.join(folder, SavedFiles.model)
        let booster: Booster
        do {
            booster = try Booster(json: Files.read(trees))
        } catch LyceumError.failed(let reason, _) {
            throw damaged(SavedFiles.model, "is not a XGBoost model (\(reason))")
        }
        let options = configuration.task == .classify ? configuration.features : [SentenceFeatures.options]
        let entries = try read(SavedFiles.vocabulary).list ?? []
        let vectorizers = zip(options, entries).compactMap { TfidfVectorizer($0, json: $1) }
        guard vectorizers.count == options.count, entries.count == options.count else {
            throw damaged(SavedFiles.vocabulary, "does not hold what config.json promises")
        }

        let model: Model
        let (columns, outputs): (Int, Int)
        switch configuration.task {
        case .classify:
            let labels = (try read(SavedFiles.labels).list ?? []).compactMap(\.string)
            let features = TextFeatures(blocks: vectorizers)
            model = .classifier(Classifier(features: features, labels: labels, booster: booster))
            (columns, outputs) = (features.columnCount, labels.count == 2 ? 1 : labels.count)
        case .generate:
            model = .summarizer(
                Summarizer(features: SentenceFeatures(vectorizer: vectorizers[0]), booster: booster))
            (columns, outputs) = (SentenceFeatures.columnCount, 1)
        }
        guard try booster.columnCount == columns else {
            throw damaged(
                SavedFiles.model, "has \(try booster.columnCount) features, the vocabulary \(columns)")
        }
        // XGBoost has no question for the number of classes; an empty row answers it.
        var probe = SparseMatrix(columnCount: columns)
        probe.rowPlaces.append(0)
        guard try booster.predict(DMatrix(probe, threads: 1)).outputs == outputs else {
            throw damaged(SavedFiles.labels, "does not hold as many labels as model.json has classes")
        }
        self.init(configuration, model: model)
    }
}

extension TfidfVectorizer {
    /// The terms and their weights.
    fileprivate var json: Value {
        [
            "terms": .list((0..<vocabulary.count).map { .string(vocabulary.text(of: $0)) }),
            "idf": .list(idf.map(Value.number)),
        ]
    }

    /// Reads terms and weights; nil if they do not fit the options.
    fileprivate init?(_ options: TfidfOptions, json: Value) {
        guard let terms = json.object?["terms"]?.list, let weights = json.object?["idf"]?.list else {
            return nil
        }
        var vocabulary = TermTable()
        for case .string(let term) in terms { _ = vocabulary.insert(term) }
        let idf = weights.compactMap(\.number)
        self.init(options: options, vocabulary: vocabulary, idf: idf)
        guard vocabulary.count == terms.count, options.hashedColumns == nil || terms.isEmpty,
            idf.count == weights.count, idf.count == (options.useIDF ? columnCount : 0)
        else { return nil }
    }
}
