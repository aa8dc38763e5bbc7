import LyceumKit

// What makes it safe to run a script that one did not write.
extension LuaState {
    /// Takes away what a script could harm the machine with or learn secrets from: starting programs, native
    /// libraries, bytecode, finalizers (which no limit reaches), changing metatables of the host and of the standard
    /// library, all but a traceback of `debug`, environment variables except harmless ones, files that show processes,
    /// and file writes that are not allowed. `sandbox.lua` does it.
    ///
    /// To be called before anything else runs. Cannot be undone.
    ///
    /// - Parameters:
    ///   - checkWritable: throws if a file may not be written, removed or renamed.
    ///   - checkReadable: throws if a file may not be read.
    public func removeUnsafeLibraries(
        checkWritable: @escaping (_ path: String) throws -> Void = Files.checkWritable,
        checkReadable: @escaping (_ path: String) throws -> Void = Files.refuseProcesses
    ) throws {
        let source = String(decoding: PackageResources.sandbox_lua, as: UTF8.self)
        try call(
            try load(source, name: "sandbox"),
            [try refusal("write", checkWritable), try refusal("read", checkReadable)])
    }

    /// A Lua function that gives nothing if a path passes a check, else the reason.
    private func refusal(_ verb: String, _ check: @escaping (String) throws -> Void) throws -> LuaValue {
        try makeFunction(name: "sandbox") { arguments in
            guard let path = arguments.first?.string, !path.utf8.contains(0) else {
                return [.string("the path of a file to \(verb) must be text")]
            }
            do {
                try check(path)
                return []
            } catch {
                return [.string("\(error)")]
            }
        }
    }
}
