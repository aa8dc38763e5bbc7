/// # All that a plugin can bring
///
/// A plugin is a dynamic library with a `plugin.json`. It exports two C functions, written in Swift like this:
///
/// ```swift
/// import LyceumKit
///
/// @c(lyceum_plugin_info)
/// public func pluginInfo(_ out: UnsafeMutablePointer<lyceum_plugin_info_t>) {
///     lyceum_plugin_describe(out, "mine", "0.1.0")
/// }
///
/// @c(lyceum_plugin_register)
/// public func pluginRegister(_ host: UnsafeMutableRawPointer, _ identity: UnsafeRawPointer) -> Int32 {
///     Registry.receive(host, identity) { registry in
///         registry.summary = "what it is for"
///         try registry.register(myStudent)  // a StudentArchitecture
///         try registry.register(myTeacher)  // a TeacherKind
///         try registry.register(myMetric)   // a Metric
///         try registry.register(myFormat)   // a DataFormat
///     }
/// }
/// ```
///
/// `lyceum plugin build` builds the library, asks it what it registers and writes that into a `plugin.json` next to it:
/// ids, aliases, tasks, suffixes and summaries are said once, in Swift. `plugin.json` is all that is read until
/// somebody asks for what the plugin brings. The built-in plugins have theirs in a folder `<anything>.resources/`.
///
/// A neural student needs less: `SequenceToSequenceStudent` of LyceumTorch makes a `StudentArchitecture` of a
/// network that encodes a source and decodes a step.
@_exported import CLyceumPlugin
