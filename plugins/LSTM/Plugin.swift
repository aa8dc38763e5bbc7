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
        try registry.register(PointerGenerator.registration)
    }
}

extension PointerGenerator {
    /// How students of this architecture are made, trained and loaded.
    static var registration: StudentArchitecture {
        SequenceToSequenceStudent<PointerGenerator>.registration(
            aliases: ["pointer-generator"], modelTypes: ["lstm"],
            summary: "bidirectional LSTM with attention and a pointer to the source (See et al. 2017)",
            learningRate: 2e-3, trial: ["embedding_size": 16, "hidden_size": 16])
    }
}
