import LyceumKit
import LyceumTorch

/// The host's first call: what this plugin is.
@c(lyceum_plugin_info)
public func pluginInfo(_ out: UnsafeMutablePointer<lyceum_plugin_info_t>) {
    lyceum_plugin_describe(out, "bart", "0.1.0")
}

/// The host's second call: registers the student.
@c(lyceum_plugin_register)
public func pluginRegister(_ host: UnsafeMutableRawPointer, _ identity: UnsafeRawPointer) -> Int32 {
    Registry.receive(host, identity) { registry in
        registry.summary = "BART, the denoising encoder-decoder transformer"
        try registry.register(BART.registration)
    }
}

extension BART {
    /// How students of this architecture are made, trained and loaded.
    static var registration: StudentArchitecture {
        SequenceToSequenceStudent<BART>.registration(
            modelTypes: ["bart"],
            summary: "encoder-decoder transformer with learned positions (Lewis et al. 2019)",
            learningRate: 5e-5,
            trial: [
                "d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2,
                "decoder_attention_heads": 2, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32,
                "max_position_embeddings": 64, "vocab_size": 320,
            ])
    }
}
