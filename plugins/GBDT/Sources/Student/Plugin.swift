import LyceumKit

/// The host's first call: what this plugin is.
@c(lyceum_plugin_info)
public func pluginInfo(_ out: UnsafeMutablePointer<lyceum_plugin_info_t>) {
    lyceum_plugin_describe(out, "gbdt", "0.1.0")
}

/// The host's second call: registers the student.
@c(lyceum_plugin_register)
public func pluginRegister(_ host: UnsafeMutableRawPointer, _ identity: UnsafeRawPointer) -> Int32 {
    Registry.receive(host, identity) { registry in
        registry.summary =
            "gradient-boosted decision trees (XGBoost): classification, extractive summarisation"
        try registry.register(GBDTStudent.registration)
    }
}
