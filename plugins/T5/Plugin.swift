import LyceumKit
import LyceumTorch

/// The host's first call: what this plugin is.
@c(lyceum_plugin_info)
public func pluginInfo(_ out: UnsafeMutablePointer<lyceum_plugin_info_t>) {
    lyceum_plugin_describe(out, "t5", "0.1.0")
}

/// The host's second call: registers the student.
@c(lyceum_plugin_register)
public func pluginRegister(_ host: UnsafeMutableRawPointer, _ identity: UnsafeRawPointer) -> Int32 {
    Registry.receive(host, identity) { registry in
        registry.summary = "T5, the text-to-text transfer transformer"
        try registry.register(T5.registration)
    }
}

extension T5 {
    /// How students of this architecture are made, trained and loaded.
    static var registration: StudentArchitecture {
        SequenceToSequenceStudent<T5>.registration(
            modelTypes: ["t5", "mt5"],
            summary: "encoder-decoder transformer with relative positions (Raffel et al. 2020)",
            learningRate: 1e-3,
            trial: ["d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 2])
    }
}
