import Lab
import LuaBridge
import LyceumKit
import Scripting
import Workbench

/// A session of Lua whose lab is in `folder`; nil has none.
func session(_ folder: String?, _ notes: Notes = Notes()) throws -> LuaState {
    let state = try LuaState()
    try Scripting.install(
        into: state,
        environment: ScriptEnvironment(
            plugins: PluginHost(folders: []), listener: notes.listener, lab: LabSession(folder: folder),
            write: { _ in }))
    return state
}

/// Runs `body` with the path of a folder that does not exist yet and is removed afterwards.
func withLab(_ body: (String) throws -> Void) throws {
    let folder = "/tmp/lyceum-teaching-\(UInt64.random(in: 0...UInt64.max))"
    defer { Files.removeTree(folder) }
    try body(folder)
}
