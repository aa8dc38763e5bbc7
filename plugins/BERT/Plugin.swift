import LyceumKit
import LyceumTorch

/// The host's first call: what this plugin is.
@c(lyceum_plugin_info)
public func pluginInfo(_ out: UnsafeMutablePointer<lyceum_plugin_info_t>) {
    lyceum_plugin_describe(out, "bert", "0.1.0")
}

/// The host's second call: registers the student.
@c(lyceum_plugin_register)
public func pluginRegister(_ host: UnsafeMutableRawPointer, _ identity: UnsafeRawPointer) -> Int32 {
    Registry.receive(host, identity) { registry in
        registry.summary = "BERT, the bidirectional encoder: classification"
        try registry.register(BERT.registration)
    }
}

extension BERT {
    /// How students of this architecture are made, trained and loaded.
    static var registration: StudentArchitecture {
        SequenceClassificationStudent<BERT>.registration(
            aliases: ["minilm"], modelTypes: ["bert"],
            summary: "bidirectional transformer encoder for classification (Devlin et al. 2019)",
            learningRate: 5e-5,
            trial: [
                "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32,
                "max_position_embeddings": 64, "learning_rate": 1e-3,
            ])
    }
}
