import LyceumKit
import LyceumTorch

/// The host's first call: what this plugin is.
@c(lyceum_plugin_info)
public func pluginInfo(_ out: UnsafeMutablePointer<lyceum_plugin_info_t>) {
    lyceum_plugin_describe(out, "lstm", "0.1.0")
}

/// The host's second call: registers the student.
@c(lyceum_plugin_register)
public func pluginRegister(_ host: UnsafeMutableRawPointer, _ identity: UnsafeRawPointer) -> Int32 {
    Registry.receive(host, identity) { registry in
        registry.summary = "LSTM with attention, pointer and coverage"
        try registry.register(LSTMStudents.registration)
    }
}

/// The students of this plugin: `PointerGenerator` writes, `PooledLSTM` classifies.
enum LSTMStudents {
    /// How they are made, trained and loaded.
    static var registration: StudentArchitecture {
        let writers = SequenceToSequenceStudent<PointerGenerator>.registration(
            modelTypes: ["lstm"],
            summary: "bidirectional LSTM with attention and a pointer to the source (See et al. 2017)",
            learningRate: 2e-3)
        let classifiers = SequenceClassificationStudent<PooledLSTM>.registration(
            modelTypes: ["lstm"], summary: writers.summary, learningRate: 2e-3)
        func isClassifier(_ options: Options) throws -> Bool {
            try options.choice("task") == StudentTask.classify
        }
        return StudentArchitecture(
            id: writers.id, aliases: ["pointer-generator"], modelTypes: writers.modelTypes,
            summary: writers.summary, tasks: writers.tasks, configuration: writers.configuration,
            trainingOptions: writers.trainingOptions.joined(with: classifiers.trainingOptions),
            generationOptions: writers.generationOptions,
            classificationOptions: writers.classificationOptions.joined(
                with: classifiers.classificationOptions),
            trial: writers.trial.merging(["embedding_size": 16, "hidden_size": 16]) { _, own in own },
            make: { try isClassifier($0) ? classifiers.make($0) : writers.make($0) },
            load: { try holdsClassifier($0) ? classifiers.load($0) : writers.load($0) })
    }

    /// Whether a saved folder is that of a student with an output layer of labels.
    private static func holdsClassifier(_ folder: String) throws -> Bool {
        let path = Files.join(folder, CheckpointFiles.configuration)
        return try JSON.decode(Files.read(path), name: path).object?["problem_type"] != nil
    }
}
